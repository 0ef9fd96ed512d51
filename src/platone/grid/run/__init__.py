"""Calculations spread over processors and machines."""
