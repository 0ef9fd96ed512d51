"""Identity's routes."""
