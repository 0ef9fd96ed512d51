"""Use cases of the DSO platform."""
