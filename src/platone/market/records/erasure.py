"""Erasure of points of delivery from the market's records."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.db import Database, chunks
from platone.infra.erased_sum import erase_from_settlements
from platone.infra.erasure import erase_documents, erase_outbox, is_about, mentions
from platone.infra.packed import unpack
from platone.market.domain.delivery import LONGEST_WAIT_FOR_VALIDATION, LineState
from platone.market.records.news import READINGS, NewsRecords
from platone.market.records.outgoing import CERTIFICATION, WITH_ORDERS
from platone.market.records.table import (
    certificate,
    correction,
    counted_baseline,
    day_baseline,
    dispute,
    grid_limits,
    line,
    moved_baseline,
    offered,
    outbox,
    outcome,
    outcome_part,
    payment,
    pod,
    pod_before,
    qualification,
    qualified_pod,
    service,
    session,
    session_pod,
    settlement,
    settlement_input,
    topic_message,
)
from platone.messages.clearing import GridLimits
from platone.messages.ledger import SettlementOrder
from platone.messages.market import RecordedService
from platone.messages.outcome import MarketOutcome, TechnicalOutcome, ValidatedOutcome
from platone.messages.qualification import Qualification
from platone.messages.recording import MeteredDay

_UNDECIDED = ("created", "active", "closed", "outcome")
"""States of sessions whose trades are not final."""
_SETTLED = {LineState.PAID.value, LineState.REFUSED.value}
_DOCUMENTS = (
    (service, {"document": RecordedService}),
    (grid_limits, {"document": GridLimits}),
    (outcome, {"market": MarketOutcome, "technical": TechnicalOutcome}),
    (outcome, {"validated": ValidatedOutcome}),
    (outcome_part, {"technical": TechnicalOutcome}),
    (payment, {"order_document": SettlementOrder, "metered_days": list[MeteredDay]}),
    (qualification, {"document": Qualification}),
    (topic_message, {"content": object}),
)
_OWN_ROWS = (
    pod,
    pod_before,
    session_pod,
    day_baseline,
    moved_baseline,
    counted_baseline,
    offered,
    dispute,
    qualified_pod,
)
ERASED = b""
"""The rest of the recording of a clearing or settlement that an erased person took part in:
without that part it would not be what the outcome was made from."""


class ErasureRecords:
    """The records that the market has of points of delivery, and their erasure.

    Args:
        database: The market's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def undecided_until(self, pods: Collection[str], now: datetime) -> datetime | None:
        """Return the end of the last session that may yet trade flexibility of these; or None."""
        query = (
            select(session.c.ends)
            .join(offered, offered.c.session_id == session.c.id)
            .where(
                offered.c.pod_id.in_(pods),
                session.c.status.in_(_UNDECIDED),
                session.c.ends > now - LONGEST_WAIT_FOR_VALIDATION,
            )
            .order_by(session.c.ends.desc())
            .limit(1)
        )
        async with self._database.reading() as connection:
            found: datetime | None = (await connection.execute(query)).scalar()
            return found

    async def settled_until(self, pods: Collection[str]) -> tuple[datetime | None, datetime | None]:
        """Return when the last line that is not settled is delivered, and the last that is."""
        ends = select(line.c.state, func.max(line.c.window_end, type_=line.c.window_end.type))
        query = ends.where(line.c.pod.in_(pods)).group_by(line.c.state)
        latest: dict[bool, datetime] = {}
        async with self._database.reading() as connection:
            for state, end in await connection.execute(query):
                is_settled = state in _SETTLED
                latest[is_settled] = max(end, latest.get(is_settled, end))
        return latest.get(False), latest.get(True)

    async def offered_until(self, pods: Collection[str]) -> datetime | None:
        """Return the end of the last session in which these were offered; None: in none."""
        query = select(session.c.ends).join(offered, offered.c.session_id == session.c.id)
        query = query.where(offered.c.pod_id.in_(pods)).order_by(session.c.ends.desc()).limit(1)
        async with self._database.reading() as connection:
            found: datetime | None = (await connection.execute(query)).scalar()
            return found

    async def leaving_to(self, pods: Collection[str]) -> str | None:
        """Return where to the first message about these waits to be sent; None: none waits."""
        waiting = outbox.table.c.state == "waiting"
        sent = select(outbox.table.c.body, outbox.table.c.destination).where(waiting)
        async with self._database.reading() as connection:
            if await _certificates_about(connection, pods):
                return CERTIFICATION
            rows = await connection.stream(sent.order_by(outbox.table.c.id))
            async for row in rows:
                if is_about(row.body, pods):
                    return str(row.destination)
        return None

    async def erase(self, pods: Collection[str]) -> int:
        """Erase all that is kept of points of delivery; again: nothing more happens.

        Other workers are told, which may have something of them at hand; the number of such news
        is returned.
        """
        async with self._database.erasing() as connection:
            await _erase_certificates(connection, pods)  # they have their texts from what follows
            for table in _OWN_ROWS:
                await connection.execute(delete(table).where(table.c.pod_id.in_(pods)))
            await erase_from_settlements(connection, settlement, "document", pods)
            for table, kinds in _DOCUMENTS:
                await erase_documents(connection, table, kinds, pods)
            await _erase_lines(connection, pods)
            await _erase_recordings(connection, pods)
            await erase_outbox(connection, outbox, pods)
            news = await NewsRecords(connection).tell(READINGS)
        await self._database.compact()
        return news


async def _certificates_about(connection: AsyncConnection, pods: Collection[str]) -> list[int]:
    """Return the numbers of the records about these that wait to be certified."""
    text = func.coalesce(service.c.document, certificate.c.document)
    rows = await connection.stream(select(certificate.c.number, text).select_from(WITH_ORDERS))
    return [number async for number, found in rows if is_about(found, pods)]


async def _erase_certificates(connection: AsyncConnection, pods: Collection[str]) -> None:
    """Delete records that wait to be certified, where nobody has taken them until now."""
    for some in chunks(await _certificates_about(connection, pods)):
        await connection.execute(delete(certificate).where(certificate.c.number.in_(some)))


async def _erase_lines(connection: AsyncConnection, pods: Collection[str]) -> None:
    own = select(line.c.line_id).where(line.c.pod.in_(pods))
    await connection.execute(delete(correction).where(correction.c.of_line.in_(own)))
    await connection.execute(delete(line).where(line.c.pod.in_(pods)))


async def _erase_recordings(connection: AsyncConnection, pods: Collection[str]) -> None:
    rows = await connection.stream(select(outcome.c.id, outcome.c.recording))
    for name in [row.id async for row in rows if mentions(unpack(row.recording), pods)]:
        is_it = outcome.c.id == name
        await connection.execute(update(outcome).where(is_it).values(recording=ERASED))
        inputs = settlement_input.c.settlement_id.in_(
            select(settlement.c.settlement_id).where(
                or_(
                    settlement.c.outcome_id == name,
                    settlement.c.outcome_id.startswith(f"{name}."),  # a part
                )
            )
        )
        await connection.execute(update(settlement_input).where(inputs).values(document=ERASED))
