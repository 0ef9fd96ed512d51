"""REST routes of the Shared Customer Database, under /api/scd."""
