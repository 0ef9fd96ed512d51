"""State estimation: the most likely state of the network behind uncertain measurements."""
