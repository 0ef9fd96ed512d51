"""The months of measurements: on PostgreSQL each has tables of its own, so that old ones go whole.

SQLite has one table for all, and none is made or dropped there.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.customers.domain.instant import instant_at
from platone.infra.whole import POSTGRESQL

_MORE_THAN_A_MONTH = timedelta(days=32)
"""Added to a month's first day, it is a day of the next one."""
_MONTHS_A_YEAR = 12
"""Months of a year."""
_DROP_WAIT_MS = 1_000
"""How long a drop waits for readers, ms: whoever comes meanwhile waits behind it."""
NUMBERS_OF_MONTH = 2**32
"""Numbers of a month's messages, far more than come: they lie together, and go together."""
_MISSING = text(
    "SELECT name FROM unnest(CAST(:names AS text[])) AS name WHERE to_regclass(name) IS NULL"
)


async def make_months(connection: AsyncConnection, starts_s: Iterable[int]) -> None:
    """Make the tables of months, UTC, that are missing for measurements with these starts."""
    if connection.dialect.name != POSTGRESQL:
        return
    months = {_name(begin): begin for begin in {_month(each) for each in starts_s}}
    missing = (await connection.execute(_MISSING, {"names": sorted(months)})).scalars().all()
    for name in missing:
        begin = months[name]
        start_s = _seconds(begin)
        end_s = next_month(start_s)
        first, end = first_message_number(start_s), first_message_number(end_s)
        await _make(connection, "measurement_message", begin, (first, end))
        await _make(connection, "measurement", begin, (start_s, end_s))


async def drop_month(connection: AsyncConnection, start_s: int) -> None:
    """Drop the tables of a month, UTC, on PostgreSQL; readers are waited for briefly only.

    Raises:
        StorageUnavailable: Somebody still reads measurements. Try again.
    """
    await connection.execute(text(f"SET LOCAL lock_timeout = {_DROP_WAIT_MS}"))
    begin = _month(start_s)
    names = _name(begin), _name(begin, "measurement_message")
    await connection.execute(text(f"DROP TABLE {', '.join(names)}"))


def first_message_number(start_s: int) -> int:
    """Return the first number of messages whose readings are of the month, UTC, of a start."""
    begin = _month(start_s)
    return ((begin.year - 1970) * _MONTHS_A_YEAR + begin.month - 1) * NUMBERS_OF_MONTH


def first_second_of_month(instant: datetime) -> int:
    """Return the first second of the month, UTC, of an instant, since 1970."""
    return _seconds(_begin(instant.astimezone(UTC)))


def next_month(start_s: int) -> int:
    """Return the first second of the month, UTC, after that of a start, since 1970."""
    return _seconds(_begin(_month(start_s) + _MORE_THAN_A_MONTH))


def _month(start_s: int) -> datetime:
    return _begin(instant_at(start_s).astimezone(UTC))


def _begin(instant: datetime) -> datetime:
    """Return the first instant of the month of an instant."""
    return instant.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


async def _make(
    connection: AsyncConnection, table: str, begin: datetime, bounds: tuple[int, int]
) -> None:
    first, end = bounds
    made = f"CREATE TABLE IF NOT EXISTS {_name(begin, table)} PARTITION OF {table} "
    await connection.execute(text(f"{made}FOR VALUES FROM ({first}) TO ({end})"))


def _name(begin: datetime, table: str = "measurement") -> str:
    return f"{table}_{begin:%Y_%m}"


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())
