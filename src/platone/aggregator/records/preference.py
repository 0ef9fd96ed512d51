"""Customers' preferences of market days in SQL."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta

import msgspec
from msgspec import structs
from sqlalchemy import delete, select

from platone.aggregator.records.table import day_preference
from platone.infra.db import Database, chunks, replace_rows
from platone.messages.asset import AvailableSpan, DayPreference

_KEPT = timedelta(days=31)
"""How long a preference is kept after its day: until that day's deliveries are settled."""


class KeptPreference(DayPreference):
    """A stated preference, with the quarter-hours for which it came too late.

    Attributes:
        too_late: What was sold before, or offered in a session whose gate had closed.
    """

    too_late: tuple[AvailableSpan, ...] = ()

    @property
    def said(self) -> DayPreference:
        """The preference as its customer stated it."""
        names = DayPreference.__struct_fields__
        return DayPreference(**{name: getattr(self, name) for name in names})


class PreferenceRecords:
    """The preferences of market days.

    Args:
        database: The aggregator's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_day(self, day: date, pods: Collection[str]) -> dict[str, DayPreference]:
        """Return the preferences that customers stated for a market day, by PoD."""
        return {pod: kept.said for pod, kept in (await self.kept_of_day(day, pods)).items()}

    async def kept_of_day(self, day: date, pods: Collection[str]) -> dict[str, KeptPreference]:
        """Return the same preferences with that for which each came too late, by PoD."""
        found: dict[str, KeptPreference] = {}
        async with self._database.reading() as connection:
            for some in chunks(sorted(pods)):
                query = select(day_preference.c.content).where(
                    day_preference.c.day == day.isoformat(), day_preference.c.pod_id.in_(some)
                )
                for row in await connection.execute(query):
                    kept = msgspec.json.decode(row.content, type=KeptPreference)
                    found[kept.pod_id] = kept
        return found

    async def save(self, said: DayPreference, too_late: Sequence[AvailableSpan] = ()) -> None:
        """Keep a preference in place of an earlier one, and forget those of long ago.

        Args:
            said: The preference.
            too_late: The quarter-hours for which it came too late.
        """
        kept = KeptPreference(**structs.asdict(said), too_late=tuple(too_late))
        row = {
            "pod_id": said.pod_id,
            "day": said.day.isoformat(),
            "content": msgspec.json.encode(kept),
        }
        oldest = (said.day - _KEPT).isoformat()
        async with self._database.transaction() as connection:
            await replace_rows(connection, day_preference, [row])
            await connection.execute(
                delete(day_preference).where(
                    day_preference.c.pod_id == said.pod_id, day_preference.c.day < oldest
                )
            )
