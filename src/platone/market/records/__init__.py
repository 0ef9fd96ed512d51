"""The market's own tables, read and written with SQLAlchemy."""
