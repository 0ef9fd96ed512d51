"""Phasors of voltage and current, and the power that they are: pure, also for a notebook."""
