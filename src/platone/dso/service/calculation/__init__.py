"""What processes of their own calculate for the DSO platform: pure work, from inputs to answers."""
