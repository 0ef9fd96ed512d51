"""Copies of databases that are being written to, all as of one instant, and the way back."""
