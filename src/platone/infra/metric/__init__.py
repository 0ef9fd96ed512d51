"""Metrics of a running server for a monitoring system, in Prometheus' text format."""
