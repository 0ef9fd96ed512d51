"""A persistent in-process EVM chain: what executes is kept apart from what orders and seals."""
