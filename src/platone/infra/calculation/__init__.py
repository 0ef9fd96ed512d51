"""Calculations in processes of their own, so that they never hold up the server."""
