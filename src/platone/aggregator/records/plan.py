"""Plans of offers in SQL, as they were sent: what each asset is to give of what is taken."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import delete, select

from platone.aggregator.records.instant import utc_text
from platone.aggregator.records.table import plan
from platone.infra.db import Database, replace_rows
from platone.messages.base import MarketType, Message
from platone.messages.market import SessionReference
from platone.messages.plan import PlannedPod


class SentPlan(Message):
    """A plan of a point of delivery in a session.

    Attributes:
        session: The session.
        pod: What is offered.
    """

    session: SessionReference
    pod: PlannedPod


class PlanRecords:
    """The plans that were sent.

    Args:
        database: The aggregator's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def since(self, party: str, start: datetime) -> list[SentPlan]:
        """Return a party's plans of sessions that deliver from an instant on, or later."""
        query = (
            select(plan)
            .where(plan.c.party == party, plan.c.start_time >= utc_text(start))
            .order_by(plan.c.start_time, plan.c.pod_id)
        )
        async with self._database.reading() as connection:
            return [
                SentPlan(
                    session=SessionReference(
                        market_type=MarketType(row.market_type),
                        start_time=datetime.fromisoformat(row.start_time),
                    ),
                    pod=msgspec.json.decode(row.content, type=PlannedPod),
                )
                for row in await connection.execute(query)
            ]

    async def of(self, party: str, session: SessionReference) -> list[PlannedPod]:
        """Return the points of delivery of a party's plan of a session; none where it has none."""
        found = await self.since(party, session.start_time)
        return [each.pod for each in found if each.session == session]

    async def save(self, party: str, session: SessionReference, pods: Sequence[PlannedPod]) -> None:
        """Keep the plans of a session in place of earlier ones."""
        key = {
            "party": party,
            "market_type": session.market_type.value,
            "start_time": utc_text(session.start_time),
        }
        rows = [
            key | {"pod_id": each.pod_id, "content": msgspec.json.encode(each)} for each in pods
        ]
        earlier = delete(plan).where(*(plan.c[name] == value for name, value in key.items()))
        async with self._database.transaction() as connection:
            await connection.execute(earlier)
            await replace_rows(connection, plan, rows)
