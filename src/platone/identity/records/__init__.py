"""Tables of identity, read and written with SQLAlchemy, and its files of keys and secrets."""
