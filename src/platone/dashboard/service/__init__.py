"""The people who visit, and the calls made in their names."""
