"""Auditors' accesses in SQL: each is durable before its call is answered."""

from datetime import UTC, datetime

from sqlalchemy import delete, insert, select

from platone.identity.domain.access import ACCESSES_KEPT, RecordedAccess
from platone.identity.records.table import access
from platone.infra.db import Database
from platone.infra.http.security import AuditAccess
from platone.infra.listing import Listed, Part, read_part
from platone.kernel.clock import Clock

_LONGEST_CALL = 4000
"""Characters of a call that are kept: some two hundred points of delivery named in a query."""


class AccessRecords:
    """The log of auditors' calls.

    Args:
        database: Identity's database.
        clock: The machine's clock.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def record(self, made: AuditAccess) -> None:
        """Record a call; those that are too old are deleted."""
        now = self._clock.now()
        row = {
            "at_s": int(now.timestamp()),
            "party_id": made.party_id,
            "client_id": made.client_id,
            "audit_case": made.case,
            "call": made.call[:_LONGEST_CALL],
        }
        is_old = access.c.at_s < int((now - ACCESSES_KEPT).timestamp())
        async with self._database.transaction() as connection:
            await connection.execute(insert(access).values(**row))
            await connection.execute(delete(access).where(is_old))

    async def select(
        self, party_id: str | None, case: str | None, part: Part
    ) -> Listed[RecordedAccess]:
        """Return accesses by number, of one party and case where given."""
        query = select(access)
        if party_id is not None:
            query = query.where(access.c.party_id == party_id)
        if case is not None:
            query = query.where(access.c.audit_case == case)
        async with self._database.reading() as connection:
            found = await read_part(connection, query, [access.c.number], part)
        return found.of(
            lambda row: RecordedAccess(
                row.number,
                datetime.fromtimestamp(row.at_s, UTC),
                row.party_id,
                row.client_id,
                row.audit_case,
                row.call,
            )
        )
