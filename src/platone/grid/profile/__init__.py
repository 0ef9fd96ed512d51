"""Profiles and forecasts of consumers: what a quarter-hour usually takes, and what comes next."""
