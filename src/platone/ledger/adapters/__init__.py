"""What the ledger stands on: an EVM chain, a database, key files, JSON-RPC."""
