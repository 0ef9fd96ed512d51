"""Tables of the DSO platform, read and written with SQLAlchemy."""
