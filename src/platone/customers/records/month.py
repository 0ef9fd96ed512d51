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


def _month(start_s: int) -> datetime:
    return _begin(instant_at(start_s).astimezone(UTC))


def _begin(instant: datetime) -> datetime:
    """Return the first instant of the month of an instant."""
    return instant.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _name(begin: datetime) -> str:
    return f"measurement_{begin:%Y_%m}"


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())
