"""Profiles and forecasts of consumers, made of their metering."""
