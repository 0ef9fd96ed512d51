"""What our work costs, beside the bare limit and a peer, measured in one run: `make bench`."""
