"""Tables of the access layer."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Row,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.among import among_keys
from platone.infra.db import chunks
from platone.infra.migration import REVISIONS
from platone.infra.outbox import Outbox
from platone.infra.packed import PackedText
from platone.infra.whole import WholeNumber

MEASUREMENTS = "POST /api/scd/measurements"
"""Destination of measurements in the outbox: the Shared Customer Database."""
CERTIFICATION = "POST /api/certification"
"""Destination of certification batches in the outbox: the ledger."""

NODE_REVOCATION = "DELETE /api/contracts/nodes"
"""Destination of a device's revocation in the outbox, before its address: the ledger."""

metadata = MetaData(info={REVISIONS: Path(__file__).with_name("revision")})
outbox = Outbox(metadata)

devices = Table(
    "devices",
    metadata,
    Column("address", String, primary_key=True),
    Column("pod_id", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("contract_kw", Float, nullable=False),
    Column("status", String, nullable=False),
    Column("chain_transaction", String),
    Column("changed_at", String, nullable=False),
    Index("devices_pod", "pod_id"),
)

device_certificates = Table(
    "device_certificates",
    metadata,
    Column("address", String, primary_key=True),
    Column("ends_at", String, nullable=False),
)

messages = Table(
    "messages",
    metadata,
    Column("device", String, primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("message_hash", String, nullable=False),
    Column("envelope", PackedText, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("received_at", String, nullable=False),
    Column("is_certified", Boolean, nullable=False, default=False),
    Index("messages_uncertified", "received_at", sqlite_where=text("NOT is_certified")),
    sqlite_with_rowid=False,
)

reading_source = Table(
    "reading_source",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("pod_id", String, nullable=False),
    Column("device", String, nullable=False),
    UniqueConstraint("pod_id", "device"),
)
"""The numbers by which readings name their points of delivery and devices."""

readings = Table(
    "readings",
    metadata,
    Column("source", Integer, primary_key=True, autoincrement=False),
    Column("hour", Integer, primary_key=True, autoincrement=False),  # since 1970, UTC
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("minute", SmallInteger, primary_key=True, autoincrement=False),
    Column("duration_minutes", SmallInteger, primary_key=True, autoincrement=False),
    Column("quality", SmallInteger, primary_key=True, autoincrement=False),
    Column("energy_wh", BigInteger, nullable=False),
    Column("reactive_energy_varh", BigInteger),
    Column("sequence", BigInteger, nullable=False),
    PrimaryKeyConstraint("source", "hour", "minute", "duration_minutes", "quality", "revision"),
    sqlite_with_rowid=False,
)

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("id", WholeNumber, primary_key=True, autoincrement=True),
    Column("device", String, nullable=False),
    Column("raw_hash", String, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("reason", String, nullable=False),
    Column("detail", String, nullable=False),
    Column("received_at", String, nullable=False),
    Column("times", WholeNumber, nullable=False, default=1),
    Column("is_replayed", Boolean, nullable=False, default=False),
    UniqueConstraint("device", "raw_hash"),
)


closed_letters = Table(
    "closed_letters",
    metadata,
    Column("letter_id", WholeNumber, primary_key=True, autoincrement=False),
    Column("because", String, nullable=False),
)


async def rows_by_key(
    connection: AsyncConnection, columns: tuple[Column[Any], ...], keys: Iterable[tuple[Any, ...]]
) -> list[Row[Any]]:
    """Return the rows of a table whose columns have the values of one of the keys."""
    found: list[Row[Any]] = []
    for part in chunks(keys):
        query = select(columns[0].table).where(among_keys(connection, columns, part))
        found += (await connection.execute(query)).all()
    return found
