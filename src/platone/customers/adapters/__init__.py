"""Calls of the Shared Customer Database beside the market: to push services of browsers."""
