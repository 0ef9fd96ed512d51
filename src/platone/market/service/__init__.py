"""The market's use cases, and the partners they need."""
