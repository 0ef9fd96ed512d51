"""Tables of the aggregator platform, read and written with SQLAlchemy."""
