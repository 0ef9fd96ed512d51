"""Traces of market sessions by OpenTelemetry, where that is chosen: one trace a session."""
