"""Flexibility: what cures a grid, what is asked of a market, what of its outcome is taken."""
