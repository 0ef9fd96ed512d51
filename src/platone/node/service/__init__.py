"""What a Light Node does: collect, deliver, obey."""
