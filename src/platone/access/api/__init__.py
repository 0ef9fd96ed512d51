"""The access layer's REST routes."""
