"""What the DSO platform does, a verb each, and what it needs for that."""
