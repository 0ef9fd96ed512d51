"""Lines of settlement as they are stored: the trade, its first version, and its corrections."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.db import chunks
from platone.infra.packed import unpack
from platone.market.domain.delivery import DeliveryLine, LineState
from platone.market.domain.metering import Metered
from platone.market.domain.statement import PaidVersion
from platone.market.records.table import InstantTable, as_number, correction, line
from platone.messages.ledger import PaidLine, SettlementLine, SettlementOrder
from platone.messages.recording import MeteredDay

T = TypeVar("T")
_LINE = msgspec.json.Decoder(DeliveryLine)
_COLUMNS = (
    line.c.document,
    as_number(line.c.traded_at),
    line.c.state,
    line.c.quantity,
    line.c.metered,
    line.c.payment,
    line.c.settlement_id,
)
_AT_ONCE = 200
"""Lines that are decoded at once, in 5 ms; more of them in a thread."""


@dataclass(frozen=True, slots=True)
class StoredLine:
    """A line of settlement and its state.

    Attributes:
        line: The trade.
        traded_at: When the gate of its session closed.
        state: How far it has come.
        quantity: What was ordered to be paid, in its last version that was paid.
        metered: What it rests on.
        payment: What the ledger made of it.
        settlement_id: The settlement that ordered it.
        earlier: The versions that were paid before, the first one first.
        is_correcting: Whether a correction of it is being paid.
        refused: Corrections of it that the ledger refused.
    """

    line: DeliveryLine
    traded_at: datetime
    state: LineState
    quantity: SettlementLine | None
    metered: Metered | None
    payment: PaidLine | None
    settlement_id: str | None = None
    earlier: tuple[PaidVersion, ...] = ()
    is_correcting: bool = False
    refused: int = 0

    @property
    def is_done(self) -> bool:
        """True where it is paid, or so small that it comes to nothing."""
        comes_to_nothing = self.quantity is not None and self.quantity.ordered == 0
        return self.state is LineState.PAID or comes_to_nothing


@dataclass(frozen=True, slots=True)
class StoredPayment:
    """A decided payment; it is repeated unchanged until the ledger has answered.

    Attributes:
        settlement_id: Its identifier at the ledger too.
        outcome_id: The outcome it settles a part of.
        order: The lines to pay; none where nothing was measured.
        metered_days: What baselines and their errors are made of.
    """

    settlement_id: str
    outcome_id: str
    order: SettlementOrder | None
    metered_days: Sequence[MeteredDay] = ()


async def read_lines(
    connection: AsyncConnection, *conditions: ColumnElement[bool]
) -> list[StoredLine]:
    """Return lines in the order in which they were traded, each with its corrections."""
    query = select(*_COLUMNS).where(*conditions)
    ordered = query.order_by(line.c.traded_at, line.c.outcome_id, line.c.rank, line.c.line_id)
    rows = await connection.execute(ordered)
    lines = _lines(rows.fetchmany(_AT_ONCE))
    if len(lines) == _AT_ONCE:
        lines += await asyncio.to_thread(lambda: _lines(rows.all()))  # they are here already
    paid = [each.line.line_id for each in lines if each.state is LineState.PAID]
    corrections = await _corrections(connection, paid)
    if not corrections:
        return lines
    return [_corrected(each, corrections.get(each.line.line_id, ())) for each in lines]


async def _corrections(
    connection: AsyncConnection, of_lines: Iterable[str]
) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = {}
    for chunk in chunks(of_lines):
        query = select(correction).where(correction.c.of_line.in_(chunk))
        for row in await connection.execute(query.order_by(correction.c.version)):
            found.setdefault(row.of_line, []).append(row)
    return found


def _corrected(stored: StoredLine, corrections: Iterable[Row[Any]]) -> StoredLine:
    """Return a line with the corrections that were paid as its newest versions."""
    for row in corrections:
        state = LineState(row.state)
        if state is LineState.ORDERED:
            stored = replace(stored, is_correcting=True)
        elif state is LineState.REFUSED:
            stored = replace(stored, refused=stored.refused + 1)
        elif stored.quantity is not None and stored.payment is not None:
            before = PaidVersion(stored.settlement_id or "", stored.quantity, stored.payment)
            stored = replace(
                stored,
                quantity=decode(row.quantity, SettlementLine),
                metered=decode(row.metered, Metered),
                payment=decode(row.payment, PaidLine),
                settlement_id=row.settlement_id,
                earlier=(*stored.earlier, before),
            )
    return stored


def _lines(rows: Iterable[Sequence[Any]]) -> list[StoredLine]:
    instants = InstantTable()  # of many lines there are few
    return [
        StoredLine(
            line=_LINE.decode(unpack(document)),
            traded_at=instants[traded_at],
            state=LineState(state),
            quantity=decode(quantity, SettlementLine),
            metered=decode(metered, Metered),
            payment=decode(payment, PaidLine),
            settlement_id=settlement_id,
        )
        for document, traded_at, state, quantity, metered, payment, settlement_id in rows
    ]


def decode(document: bytes | None, kind: type[T]) -> T | None:
    """Return a stored document; None where there is none."""
    if document is None:
        return None
    wanted: Any = kind
    found: T = _decoder(wanted).decode(unpack(document))
    return found


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)
