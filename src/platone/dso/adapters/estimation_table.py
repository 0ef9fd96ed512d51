"""The DSO platform's tables of state estimation."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table

from platone.dso.adapters.table import metadata

estimations = Table(
    "estimations",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String, nullable=False, unique=True),
    Column("content", LargeBinary, nullable=False),
    Column("made_at", String, nullable=False),
)

telemetry = Table(
    "telemetry",
    metadata,
    Column("id", String, primary_key=True),
    Column("at_us", BigInteger, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
    Index("telemetry_by_time", "at_us"),
)
