"""Tables of the Shared Customer Database, read and written with SQLAlchemy."""
