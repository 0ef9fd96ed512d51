"""The months of measurements: on PostgreSQL each has a table of its own, so that old ones go whole.

SQLite has one table for all, and nothing of this is done there.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.customers.domain.instant import instant_at
from platone.infra.whole import POSTGRESQL

_MORE_THAN_A_MONTH = timedelta(days=32)
"""Added to a month's first day, it is a day of the next one."""
_DROP_WAIT_MS = 1_000
"""How long a drop waits for readers, ms: whoever comes meanwhile waits behind it."""
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
        bounds = f"FROM ({_seconds(begin)}) TO ({_seconds(_begin(begin + _MORE_THAN_A_MONTH))})"
        made = f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF measurement FOR VALUES {bounds}"
        await connection.execute(text(made))


async def drop_month(connection: AsyncConnection, start_s: int) -> None:
    """Drop the table of a month, UTC, on PostgreSQL; readers are waited for briefly only.

    Raises:
        StorageUnavailable: Somebody still reads measurements. Try again.
    """
    await connection.execute(text(f"SET LOCAL lock_timeout = {_DROP_WAIT_MS}"))
    await connection.execute(text(f"DROP TABLE {_name(_month(start_s))}"))


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


def _name(begin: datetime) -> str:
    return f"measurement_{begin:%Y_%m}"


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())
