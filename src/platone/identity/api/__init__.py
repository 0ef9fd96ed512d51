"""REST routes of identity."""
