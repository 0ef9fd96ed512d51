"""Routes under /api/scd."""
