"""Rules of registration and of series. Pure."""
