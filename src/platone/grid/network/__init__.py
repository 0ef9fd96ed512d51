"""The network: what it consists of, whether it can be calculated, and as what circuit."""
