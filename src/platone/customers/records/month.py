"""The months of measurements: on PostgreSQL each has a table of its own, so that old ones go whole.

SQLite has one table for all, and nothing of this is done there.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.customers.domain.instant import instant_at
from platone.infra.whole import POSTGRESQL

_DECEMBER = 12
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
        bounds = f"FROM ({_seconds(begin)}) TO ({_seconds(_next(begin))})"
        made = f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF measurement FOR VALUES {bounds}"
        await connection.execute(text(made))


def _month(start_s: int) -> datetime:
    return instant_at(start_s).astimezone(UTC).replace(day=1, hour=0, minute=0, second=0)


def _next(begin: datetime) -> datetime:
    year, month = (begin.year + 1, 1) if begin.month == _DECEMBER else (begin.year, begin.month + 1)
    return begin.replace(year=year, month=month)


def _name(begin: datetime) -> str:
    return f"measurement_{begin:%Y_%m}"


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())
