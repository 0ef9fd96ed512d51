"""Blockchain Access Layer: takes in signed readings, verifies, harmonises, certifies, shares."""
