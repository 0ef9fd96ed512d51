"""Results of calculations as messages."""
