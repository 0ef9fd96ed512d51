"""Use cases of the Shared Customer Database, and the ports that they need."""
