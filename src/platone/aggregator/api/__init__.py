"""REST routes of the aggregator and their schemas."""
