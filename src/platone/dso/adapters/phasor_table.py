"""The DSO platform's tables of phasors."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, String, Table

from platone.dso.adapters.table import metadata

phasors = Table(
    "phasors",
    metadata,
    Column("device", String, primary_key=True),
    Column("component", String, primary_key=True),
    Column("taken_us", BigInteger, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
    Index("phasors_of_device", "device", "taken_us"),
    Index("phasors_by_time", "taken_us"),
)

phasor_devices = Table(
    "phasor_devices",
    metadata,
    Column("device", String, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
