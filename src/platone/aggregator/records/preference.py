"""Customers' preferences of market days in SQL."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta

import msgspec
from sqlalchemy import delete, select

from platone.aggregator.records.table import day_preference
from platone.infra.db import Database, chunks, replace_rows
from platone.messages.asset import AvailableSpan, DayPreference, StatedPreference

_KEPT = timedelta(days=31)
"""How long a preference is kept after its day: until that day's deliveries are settled."""


class PreferenceRecords:
    """The preferences of market days.

    Args:
        database: The aggregator's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_day(self, day: date, pods: Collection[str]) -> dict[str, DayPreference]:
        """Return the preferences that customers stated for a market day, by PoD."""
        stated = await self.stated_for(day, pods)
        return {pod: each.preference for pod, each in stated.items()}

    async def stated_for(self, day: date, pods: Collection[str]) -> dict[str, StatedPreference]:
        """Return the same preferences with all for which each came too late, by PoD."""
        found: dict[str, StatedPreference] = {}
        async with self._database.reading() as connection:
            for some in chunks(sorted(pods)):
                query = select(day_preference.c.content, day_preference.c.too_late).where(
                    day_preference.c.day == day.isoformat(), day_preference.c.pod_id.in_(some)
                )
                for row in await connection.execute(query):
                    said = msgspec.json.decode(row.content, type=DayPreference)
                    found[said.pod_id] = StatedPreference(
                        stated=True, preference=said, too_late=_spans(row.too_late)
                    )
        return found

    async def save(self, said: DayPreference, too_late: Sequence[AvailableSpan] = ()) -> None:
        """Keep a preference in place of an earlier one, and forget those of long ago.

        Args:
            said: The preference.
            too_late: The quarter-hours for which it came too late.
        """
        row = {
            "pod_id": said.pod_id,
            "day": said.day.isoformat(),
            "content": msgspec.json.encode(said),
            "too_late": msgspec.json.encode(too_late) if too_late else None,
        }
        oldest = (said.day - _KEPT).isoformat()
        async with self._database.transaction() as connection:
            await replace_rows(connection, day_preference, [row])
            await connection.execute(
                delete(day_preference).where(
                    day_preference.c.pod_id == said.pod_id, day_preference.c.day < oldest
                )
            )


def _spans(content: bytes | None) -> tuple[AvailableSpan, ...]:
    """Return the spans that a row holds; none where it holds nothing."""
    return msgspec.json.decode(content, type=tuple[AvailableSpan, ...]) if content else ()
