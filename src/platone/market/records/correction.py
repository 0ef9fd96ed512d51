"""Corrections of paid lines as they are stored, and what is to be looked at again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.aside import aside
from platone.infra.packed import packed_json
from platone.kernel.line_version import version_of
from platone.kernel.market_time import QUARTER_HOUR
from platone.market.domain.delivery import LineState
from platone.market.domain.metering import Metered
from platone.market.records.line_change import ordered_changes
from platone.market.records.table import correction, line, recheck
from platone.messages.ledger import PaidLine, SettlementLine, SettlementOrder, SettlementReceipt

_MOST_AROUND = timedelta(hours=1)
"""How far a reading reaches beyond its quarter-hour: a gap of an hour is interpolated from it."""


@dataclass(frozen=True, slots=True)
class Recheck:
    """A window of an outcome that is to be looked at again.

    Attributes:
        number: Its number: another one each time that readings of it come anew.
        outcome_id: The outcome.
        window_start: Start of the window.
    """

    number: int
    outcome_id: str
    window_start: datetime


class CorrectionRecords:
    """The stored corrections, within one transaction.

    Args:
        connection: The transaction.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def recheck_spot(self, pod: str, start: datetime, end: datetime) -> int:
        """Have the lines of a PoD in a period looked at again; return how many they are.

        Also those that are not paid yet: they may be ordered by what was read before.
        """
        query = select(line.c.outcome_id, line.c.window_start).where(
            line.c.pod == pod,
            line.c.starts > start - QUARTER_HOUR - _MOST_AROUND,
            line.c.starts < end + _MOST_AROUND,
            line.c.state != LineState.REFUSED.value,
        )
        return await self._note([(row[0], row[1]) for row in await self._connection.execute(query)])

    async def recheck_outcome(self, outcome_id: str) -> None:
        """Have all paid lines of an outcome looked at again; refused corrections are forgotten."""
        refused = correction.c.state == LineState.REFUSED.value
        of_outcome = correction.c.of_line.in_(
            select(line.c.line_id).where(line.c.outcome_id == outcome_id)
        )
        await self._connection.execute(delete(correction).where(refused, of_outcome))
        query = select(line.c.outcome_id, line.c.window_start).where(
            line.c.outcome_id == outcome_id, line.c.state == LineState.PAID.value
        )
        await self._note([(row[0], row[1]) for row in await self._connection.execute(query)])

    async def rechecks(self) -> list[Recheck]:
        """Return the windows of outcomes that are to be looked at again."""
        query = select(recheck).order_by(recheck.c.window_start, recheck.c.outcome_id)
        rows = await self._connection.execute(query)
        return [Recheck(row.number, row.outcome_id, row.window_start) for row in rows]

    async def is_rechecked(self, done: Recheck) -> None:
        """Note that a window was looked at again, unless readings of it came anew meanwhile."""
        await self._connection.execute(delete(recheck).where(recheck.c.number == done.number))

    async def add(self, order: SettlementOrder, metered: Mapping[str, Metered]) -> None:
        """Store the corrections in an order; one that was refused before is tried anew."""
        lines = [each for each in order.lines if each.corrects is not None]
        rows = await aside(len(lines), _rows, order.settlement_id, lines, metered)
        for row in rows:
            is_it = correction.c.line_id == row["line_id"]
            await self._connection.execute(delete(correction).where(is_it))
        if rows:
            await self._connection.execute(insert(correction), rows)

    async def answer(self, receipt: SettlementReceipt) -> None:
        """Store the ledger's answer to corrections."""
        lines = [each for each in receipt.lines if version_of(each.line_id)[1] > 1]
        changes = await aside(len(lines), _answers, lines)
        if changes:
            change = (
                update(correction)
                .where(correction.c.line_id == bindparam("of_id"))
                .values(state=bindparam("now"), payment=bindparam("paid"))
            )
            await self._connection.execute(change, changes)

    async def _note(self, found: list[tuple[str, datetime]]) -> int:
        rows: list[dict[str, Any]] = [
            {"outcome_id": outcome_id, "window_start": window_start}
            for outcome_id, window_start in dict.fromkeys(found)
        ]
        for row in rows:
            is_it = [recheck.c[name] == value for name, value in row.items()]
            await self._connection.execute(delete(recheck).where(*is_it))
        if rows:
            await self._connection.execute(insert(recheck), rows)
        return len(found)


def _rows(
    settlement_id: str, lines: Iterable[SettlementLine], metered: Mapping[str, Metered]
) -> list[dict[str, Any]]:
    """Return corrections that are ordered to be paid, with what each rests on."""
    rows = []
    for change in ordered_changes(settlement_id, lines, metered):
        line_id = change["of_line"]
        of_line, version = version_of(line_id)
        rows.append(change | {"line_id": line_id, "of_line": of_line, "version": version})
    return rows


def _answers(lines: Iterable[PaidLine]) -> list[dict[str, Any]]:
    """Return the changes of corrections that the ledger has answered."""
    return [
        {
            "of_id": each.line_id,
            "now": LineState.of_answer(each).value,
            "paid": packed_json(each),
        }
        for each in lines
    ]
