"""REST routes of the DSO platform, under /api/dso."""
