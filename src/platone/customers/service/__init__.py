"""Use cases of the Shared Customer Database."""
