"""The ledger's own tables, read and written with SQLAlchemy."""
