"""Aggregator Platform: portfolio, baselines, offers, activation and remuneration."""
