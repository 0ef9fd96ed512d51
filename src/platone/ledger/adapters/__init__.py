"""The ground of the ledger: an EVM chain, key files, JSON-RPC."""
