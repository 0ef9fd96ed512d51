"""Changes in SQL: who changed what, from what to what."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Row, Select, delete, insert, select

from platone.identity.records.table import change
from platone.infra.db import Database
from platone.infra.http.change import Change
from platone.infra.listing import Listed, Part, read_part
from platone.kernel.clock import Clock
from platone.messages.people import ChangeView

_KEPT = timedelta(days=10 * 365)
"""How long a change is kept: ten years, as long as the books that it explains."""
_LONGEST = 4000
"""Characters of a field's text that are kept: a reason has at most a thousand."""
_ABOUT_PERSON = ("person", "passkey", "secondFactor", "recoveryCodes", "password")
"""Kinds of changes whose subject is a person: its roles, and how it signs in."""


class ChangeRecords:
    """The log of changes.

    Args:
        database: Identity's database.
        clock: The machine's clock.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def record(self, made: Change) -> None:
        """Record a change; those that are too old are deleted."""
        now = self._clock.now()
        row = {
            "at_s": int(now.timestamp()),
            "party_id": made.party_id,
            "client_id": made.client_id,
            "kind": made.kind,
            "subject": made.subject[:_LONGEST],
            "before": _text(made.before),
            "after": _text(made.after),
        }
        is_old = change.c.at_s < int((now - _KEPT).timestamp())
        async with self._database.transaction() as connection:
            await connection.execute(insert(change).values(**row))
            await connection.execute(delete(change).where(is_old))

    async def select(self, kind: str | None, before: int, part: Part) -> Listed[ChangeView]:
        """Return changes with lesser numbers, the newest first, of one kind where given."""
        query = select(change).where(change.c.number < before)
        if kind is not None:
            query = query.where(change.c.kind == kind)
        return await self._listed(query, part)

    async def about_person(self, name: str, part: Part) -> Listed[ChangeView]:
        """Return changes of a person and of how it signs in, the newest first."""
        is_about = change.c.kind.in_(_ABOUT_PERSON) & (change.c.subject == name)
        return await self._listed(select(change).where(is_about), part)

    async def _listed(self, query: Select[Any], part: Part) -> Listed[ChangeView]:
        async with self._database.reading() as connection:
            found = await read_part(connection, query, [change.c.number], part, newest_first=True)
        return found.of(_view)


def _view(row: Row[Any]) -> ChangeView:
    return ChangeView(
        number=row.number,
        at=datetime.fromtimestamp(row.at_s, UTC),
        party_id=row.party_id,
        client_id=row.client_id,
        kind=row.kind,
        subject=row.subject,
        before=msgspec.json.decode(row.before, type=dict[str, str]),
        after=msgspec.json.decode(row.after, type=dict[str, str]),
    )


def _text(fields: object) -> str:
    told = msgspec.convert(fields, dict[str, str])
    return msgspec.json.encode({name: text[:_LONGEST] for name, text in told.items()}).decode()
