"""Tables of the access layer, read and written with SQLAlchemy."""
