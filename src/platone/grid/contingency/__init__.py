"""Contingencies: what follows when a branch is out of service, and how to supply again."""
