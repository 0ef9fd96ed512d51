"""The market's REST interface."""
