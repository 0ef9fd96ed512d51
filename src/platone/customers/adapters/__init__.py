"""SQL records."""
