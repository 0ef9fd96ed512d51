"""Who visits, and the calls made in its name."""
