"""Calls of the aggregator platform to the other parties."""
