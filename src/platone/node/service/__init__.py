"""Use cases of a Light Node: collect readings, deliver them, handle setpoints."""
