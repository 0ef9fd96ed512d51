"""Use cases of the aggregator platform."""
