"""Where a Light Node keeps its messages and its credentials."""
