"""Routes under /api/dso."""
