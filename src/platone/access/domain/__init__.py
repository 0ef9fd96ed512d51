"""What makes a message of readings believable: pure functions."""
