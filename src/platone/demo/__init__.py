"""The demonstrations: their data and a simulated field."""
