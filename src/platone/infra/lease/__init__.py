"""Leases: of several servers that share a context's records, one at a time does each step."""
