"""Lines of settlement, payments and statements as they are stored."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.aside import aside
from platone.infra.db import add_if_missing, chunks
from platone.infra.packed import pack, packed_json
from platone.kernel.line_version import version_of
from platone.kernel.session_window import MarketType, session_windows
from platone.market.domain.calendar import Status
from platone.market.domain.delivery import (
    LONGEST_WAIT_FOR_VALIDATION,
    DeliveryLine,
    LineState,
)
from platone.market.domain.metering import Metered
from platone.market.domain.problem.outcome import RecordingErased
from platone.market.domain.progress import Unpaid
from platone.market.domain.session import Session
from platone.market.records.correction import CorrectionRecords
from platone.market.records.line_change import answered_changes, line_rows, ordered_changes
from platone.market.records.news import TRADES, NewsRecords
from platone.market.records.progress import first_unpaid, progress_of
from platone.market.records.stored_line import StoredLine, StoredPayment, decode, read_lines
from platone.market.records.table import (
    InstantTable,
    as_number,
    line,
    payment,
    session,
    settlement,
    settlement_input,
)
from platone.messages.ledger import SettlementOrder, SettlementReceipt
from platone.messages.recording import MeteredDay, SettlementInputs
from platone.messages.settlement import Settlement

_LINES_AT_ONCE = 1_000
"""Lines stored in one statement: 20 ms of making it."""
_PODS_AT_ONCE = 100
"""PoDs whose trades are looked up in one statement: of a day up to 10,000 lines, some 10 ms."""
_UNDECIDED = [status.value for status in Status if status.may_bring_trades]


class SettlementRecords:
    """The stored lines, payments and settlements, within one transaction.

    Args:
        connection: The transaction.

    Attributes:
        corrections: Corrections of paid lines.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self.corrections = CorrectionRecords(connection)

    async def add_lines(self, traded: Session, lines: Sequence[DeliveryLine]) -> None:
        """Store the lines of a validated session, and tell the workers."""
        windows = session_windows(MarketType.REAL_TIME, traded.plan.window.day)
        ends = {each.start: each.end for each in windows}
        for start in range(0, len(lines), _LINES_AT_ONCE):  # others have their turn between
            chunk = lines[start : start + _LINES_AT_ONCE]
            rows = await aside(len(chunk), line_rows, chunk, traded.plan.gate_closes, ends)
            await self._connection.execute(insert(line), rows)
        await NewsRecords(self._connection).tell(TRADES)

    async def due(self, now: datetime) -> list[tuple[str, datetime]]:
        """Return (outcome, start of window) of open lines in windows that have ended, in order."""
        query = (
            select(line.c.outcome_id, line.c.window_start)
            .where(line.c.state == LineState.OPEN.value, line.c.window_end <= now)
            .group_by(line.c.outcome_id, line.c.window_start)
            .order_by(line.c.window_start, func.min(line.c.traded_at), line.c.outcome_id)
        )
        return [(row[0], row[1]) for row in await self._connection.execute(query)]

    async def awaited(self, window_start: datetime, now: datetime) -> bool:
        """Return whether a session that delivers in a window may yet bring trades to it."""
        query = select(func.count()).where(
            session.c.starts <= window_start,
            session.c.ends > window_start,
            session.c.used.is_(True),
            session.c.status.in_(_UNDECIDED),
            session.c.ends > now - LONGEST_WAIT_FOR_VALIDATION,
        )
        return bool((await self._connection.execute(query)).scalar_one())

    async def lines_beside(self, outcome_id: str, window_start: datetime) -> list[StoredLine]:
        """Return all lines of a window from an outcome's first quarter-hour there to its last one.

        Those of all sessions, in the order in which they were traded.
        """
        in_window = line.c.window_start == window_start
        at = line.c.starts
        ends = select(func.min(at, type_=at.type), func.max(at, type_=at.type))
        own = ends.where(in_window, line.c.outcome_id == outcome_id)
        first, last = (await self._connection.execute(own)).one()
        if first is None:
            return []
        beside = line.c.starts.between(first, last)
        return await read_lines(self._connection, in_window, beside)

    async def progress(self, names: Collection[str]) -> tuple[int, int] | None:
        """Return how many lines are done, and how many there are; None while some are not due."""
        return await progress_of(self._connection, names)

    async def lines_of(self, outcome_id: str) -> list[StoredLine]:
        """Return all lines of an outcome."""
        return await read_lines(self._connection, line.c.outcome_id == outcome_id)

    async def newest_paid(self, line_id: str) -> str | None:
        """Return the newest version of a line that was paid; None where none was."""
        found = await read_lines(self._connection, line.c.line_id == version_of(line_id)[0])
        paid = [each.quantity for each in found if each.state is LineState.PAID]
        return paid[0].line_id if paid and paid[0] is not None else None

    async def count_payments(self, outcome_id: str) -> int:
        """Return how many payments were decided for an outcome."""
        query = select(func.count()).where(payment.c.outcome_id == outcome_id)
        return int((await self._connection.execute(query)).scalar_one())

    async def next_id(self, outcome_id: str) -> str:
        """Return the identifier of an outcome's next settlement: the outcome, and its number."""
        return f"{outcome_id}.{await self.count_payments(outcome_id) + 1}"

    async def add_payment(
        self, decided: StoredPayment, window_start: datetime, metered: Mapping[str, Metered]
    ) -> bool:
        """Store a decided payment: its lines are ordered now, each with what it rests on.

        Return False, and store nothing, where another worker has decided meanwhile.
        """
        order = decided.order
        row = {
            "settlement_id": decided.settlement_id,
            "outcome_id": decided.outcome_id,
            "version": await self.count_payments(decided.outcome_id) + 1,
            "window_start": window_start,
            "answered": False,
            "order_document": None if order is None else await _packed(order),
            "metered_days": await _packed(decided.metered_days),
        }
        if not await add_if_missing(self._connection, payment, row):
            return False
        lines = [] if order is None else [each for each in order.lines if each.corrects is None]
        rows = await aside(len(lines), ordered_changes, decided.settlement_id, lines, metered)
        await self._change_lines(rows)
        if order is not None:
            await self.corrections.add(order, metered)
        return True

    async def unanswered(self) -> list[StoredPayment]:
        """Return the payments that the ledger has not answered yet, in order."""
        query = (
            select(payment)
            .where(payment.c.answered.is_(False))
            .order_by(payment.c.window_start, payment.c.outcome_id, payment.c.version)
        )
        return [
            StoredPayment(
                row.settlement_id,
                row.outcome_id,
                await asyncio.to_thread(decode, row.order_document, SettlementOrder),
            )
            for row in await self._connection.execute(query)
        ]

    async def answer(self, decided: StoredPayment, receipt: SettlementReceipt | None) -> bool:
        """Store the ledger's answer with each line; return False where another worker has."""
        is_it = payment.c.settlement_id == decided.settlement_id
        changed = await self._connection.execute(
            update(payment).where(is_it, payment.c.answered.is_(False)).values(answered=True)
        )
        if not changed.rowcount:
            return False
        lines = [] if receipt is None else receipt.lines
        await self._change_lines(await aside(len(lines), answered_changes, lines))
        if receipt is not None:
            await self.corrections.answer(receipt)
        return True

    async def publish(self, settlement_id: str, outcome_id: str, told: bytes) -> None:
        """Store a settlement as it is told, as JSON."""
        query = select(func.count()).where(settlement.c.outcome_id == outcome_id)
        place = int((await self._connection.execute(query)).scalar_one())
        await self._connection.execute(
            insert(settlement).values(
                settlement_id=settlement_id,
                outcome_id=outcome_id,
                place=place,
                document=await asyncio.to_thread(pack, told),
            )
        )

    async def newest(self, outcome_ids: Iterable[str]) -> list[Settlement]:
        """Return the newest settlement of each of these outcomes or parts that has one."""
        found = [await self.find(each) for each in outcome_ids]
        return [each for each in found if each is not None]

    async def find(self, identifier: str) -> Settlement | None:
        """Return a settlement by its identifier, or the newest one of an outcome."""
        query = (
            select(settlement.c.document)
            .where(
                or_(settlement.c.settlement_id == identifier, settlement.c.outcome_id == identifier)
            )
            .order_by(settlement.c.place.desc())
            .limit(1)
        )
        return decode((await self._connection.execute(query)).scalar(), Settlement)

    async def store_inputs(self, settlement_id: str, inputs: bytes) -> None:
        """Store all that a settlement used, as JSON."""
        await self._connection.execute(
            insert(settlement_input).values(
                settlement_id=settlement_id, document=await asyncio.to_thread(pack, inputs)
            )
        )

    async def inputs(self, settlement_id: str) -> SettlementInputs | None:
        """Return all that a settlement used; None for one of an earlier version of the market."""
        query = select(settlement_input.c.document).where(
            settlement_input.c.settlement_id == settlement_id
        )
        document = (await self._connection.execute(query)).scalar()
        if document == b"":
            raise RecordingErased(f"The recording of {settlement_id} was erased.")
        return decode(document, SettlementInputs)

    async def unpaid(self, names: Mapping[str, str], now: datetime) -> dict[str, list[Unpaid]]:
        """Return the first delivered, unpaid lines of outcomes, one of each state.

        Args:
            names: The names by which they are settled, each with its outcome.
            now: By the market's clock.
        """
        return await first_unpaid(self._connection, names, now)

    async def metered_days(self, outcome_id: str) -> list[MeteredDay]:
        """Return the metered days that baselines in all payments of an outcome are made of."""
        query = select(payment.c.metered_days).where(payment.c.outcome_id == outcome_id)
        documents = list(
            (await self._connection.execute(query.order_by(payment.c.version))).scalars()
        )

        def decoded() -> list[MeteredDay]:
            return [each for one in documents for each in decode(one, list[MeteredDay]) or ()]

        return await asyncio.to_thread(decoded)  # of a long part as many as points of delivery

    async def traded(
        self, pods: Iterable[str], start: datetime, end: datetime
    ) -> dict[str, set[datetime]]:
        """Return the quarter-hours in a period in which something of PoDs was traded."""
        found: dict[str, set[datetime]] = {}
        instants = InstantTable()  # of many lines there are few
        for chunk in chunks(pods, _PODS_AT_ONCE):
            query = select(line.c.pod, as_number(line.c.starts)).where(
                line.c.pod.in_(chunk), line.c.starts >= start, line.c.starts < end
            )
            for row in (await self._connection.execute(query)).all():
                found.setdefault(row[0], set()).add(instants[row[1]])
        return found

    async def attempted_windows(self, outcome_id: str) -> set[datetime]:
        """Return the windows of an outcome that a payment was decided for."""
        query = select(payment.c.window_start).where(payment.c.outcome_id == outcome_id)
        return set((await self._connection.execute(query)).scalars())

    async def reopen(self, outcome_ids: Iterable[str]) -> None:
        """Have the lines that the ledger refused tried again, and all paid ones looked at again."""
        for outcome_id in outcome_ids:
            await self._connection.execute(
                update(line)
                .where(line.c.outcome_id == outcome_id, line.c.state == LineState.REFUSED.value)
                .values(state=LineState.OPEN.value, quantity=None, metered=None, payment=None)
            )
            await self.corrections.recheck_outcome(outcome_id)

    async def _change_lines(self, changes: list[dict[str, object]]) -> None:
        """Change lines, each by its identifier under ``of_line``."""
        if changes:
            values: dict[str, Any] = {
                name: bindparam(name) for name in changes[0] if name != "of_line"
            }
            statement = update(line).where(line.c.line_id == bindparam("of_line")).values(values)
            for chunk in chunks(changes, _LINES_AT_ONCE):  # others have their turn between
                await self._connection.execute(statement, chunk)


async def _packed(message: object) -> bytes:
    return await asyncio.to_thread(packed_json, message)  # a long one takes a second
