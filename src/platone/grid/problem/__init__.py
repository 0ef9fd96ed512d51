"""Errors of the grid engine, by family: each is a documented problem type."""
