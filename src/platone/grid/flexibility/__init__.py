"""Flexibility requests and technical validation, and the optimiser behind both."""
