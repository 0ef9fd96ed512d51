"""REST routes and JSON-RPC of the ledger."""
