"""Use cases of the aggregator, and the ports that they need."""
