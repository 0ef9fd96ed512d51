"""The tables of invoices and statements: netting by counterparty, and lines with their proofs."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from platone.kernel.market_time import town_of
from platone.ledger.adapters.paper import (
    INK,
    LEFT,
    RIGHT,
    RULE,
    SOFT,
    Column,
    Paper,
    shown_amount,
)
from platone.ledger.adapters.pdf import BOLD, MONO, SANS
from platone.messages.books import BilateralNet, BookLine

_NETTING = (
    Column("counterparty", LEFT, 210),
    Column("owed to the party, EUR", 350, 90, is_number=True),
    Column("owed by it, EUR", 450, 90, is_number=True),
    Column("net, EUR", RIGHT, 90, is_number=True),
)
_AMOUNT = Column("EUR", RIGHT, 70, is_number=True)
_LINE_HEIGHT = 24
"""Height of a line with its proof, points."""
_SUM_HEIGHT = 14
"""Height of a line with a sum, points."""
_AMOUNT_PLACE = 5
"""The place of the amounts among the columns."""
_TURN = 34
"""Height of the last words below a table, points."""


def draw_netting(paper: Paper, netting: Sequence[BilateralNet], heading: str) -> None:
    """Draw what is owed either way, by counterparty, with its sum."""
    paper.heading(heading)
    paper.column_titles(_NETTING)
    sums = [Decimal(0)] * 3
    for pair in netting:
        if paper.needs(16):
            paper.column_titles(_NETTING)
        amounts = (pair.earned, pair.owed, pair.net)
        sums = [total + Decimal(each) for total, each in zip(sums, amounts, strict=True)]
        _NETTING[0].draw(paper.page, paper.y, pair.counterparty_id, 8.5)
        for column, amount in zip(_NETTING[1:], amounts, strict=True):
            column.draw(paper.page, paper.y, shown_amount(amount), 8.5)
        paper.page.rule(LEFT, paper.y - 5, RIGHT - LEFT, RULE)
        paper.down(15)
    paper.page.text(LEFT, paper.y, "sum", BOLD, 8.5, INK)
    for column, total in zip(_NETTING[1:], sums, strict=True):
        paper.page.text_before(column.at, paper.y, shown_amount(str(total)), BOLD, 8.5, INK)
    paper.down(30)


class LineTable:
    """The table of lines.

    Args:
        paper: The sheets.
        role: The role of the party whose lines they are.
        zone: The market's zone, in which times are told.
        balance: The balance before the first line, which then stands behind each line; else none.
    """

    def __init__(self, paper: Paper, role: str, zone: str, balance: Decimal | None = None) -> None:
        self._paper, self._role, self._balance = paper, role, balance
        self._zone = ZoneInfo(zone)
        room = 0 if balance is None else 72
        self._columns: tuple[Column, ...] = (
            Column(f"start, {town_of(zone)}", LEFT, 84),
            Column("point of delivery", LEFT + 88, 132 - room / 2),
            Column("kWh", 330 - room, 50, is_number=True),
            Column("EUR/kWh", 388 - room, 50, is_number=True),
            Column("counterparty", 398 - room, 78),
            Column("EUR", RIGHT - room, 70, is_number=True),
        )
        if balance is not None:
            self._columns += (Column("balance, EUR", RIGHT, 70, is_number=True),)

    def draw(self, lines: Sequence[BookLine], count: int, total: str) -> None:
        """Draw lines, and what they come to by kind and in all.

        Args:
            lines: The lines; where they are fewer than `count`, the last words say so.
            count: How many the document has.
            total: The exact sum of all that it has, EUR.
        """
        paper = self._paper
        paper.heading("Lines, each with the reference of its proof")
        paper.page.text(LEFT, paper.y + 4, self._clock_in_words(lines), SANS, 7.5, SOFT)
        paper.down(10)
        paper.column_titles(self._columns)
        for line in lines:
            if paper.needs(_LINE_HEIGHT):
                paper.column_titles(self._columns)
            self._draw_line(line)
        if len(lines) == count:  # of a part the sums by kind would mislead
            for kind, amount in sums_by_kind(lines):
                self._draw_sum(kind, amount, SANS)
        self._draw_sum("sum of one line" if count == 1 else f"sum of {count:,} lines", total, BOLD)
        paper.needs(_TURN)
        if len(lines) < count:
            more = f"{count - len(lines):,} more lines stand in the CSV file of this document."
            paper.page.text(LEFT, paper.y, more, BOLD, 8.5, INK)
            paper.down(14)
        hint = "Check a line: GET /api/certification/proof/{reference}, then: platone verify FILE"
        paper.page.text(LEFT, paper.y - 3, hint, SANS, 7.5, SOFT)

    def _draw_sum(self, name: str, amount: str, font: str) -> None:
        """Draw what lines come to, in the column of their amounts."""
        paper, column = self._paper, self._columns[_AMOUNT_PLACE]
        if paper.needs(_SUM_HEIGHT):
            paper.column_titles(self._columns)
        paper.page.text(LEFT, paper.y, name, font, 8, INK)
        paper.page.text_before(column.at, paper.y, shown_amount(amount), font, 8, INK)
        paper.down(_SUM_HEIGHT)

    def _clock_in_words(self, lines: Sequence[BookLine]) -> str:
        """Return the words for the zone of the times of lines, with its names that they have."""
        shown = (each.start_time or each.posted_at for each in lines)
        names = sorted({f"{at.astimezone(self._zone):%Z}" for at in shown})
        told = f" ({', '.join(names)})" if names else ""
        return f"Times in {town_of(self._zone.key)}{told}: when each quarter-hour begins."

    def _draw_line(self, line: BookLine) -> None:
        page, y = self._paper.page, self._paper.y
        cells = [*self._cells(line), shown_amount(line.amount)]
        if self._balance is not None:
            self._balance += Decimal(line.amount)
            cells.append(shown_amount(str(self._balance)))
        for column, cell in zip(self._columns, cells, strict=True):
            column.draw(page, y, cell, 8)
        page.text(LEFT, y - 9, _proof(line), MONO, 5.4, SOFT)
        page.rule(LEFT, y - 14, RIGHT - LEFT, RULE, 0.4)
        self._paper.down(_LINE_HEIGHT)

    def _cells(self, line: BookLine) -> list[str]:
        if line.kind == "payment":
            what = "payment received" if Decimal(line.amount) > 0 else "payment made"
            return [f"{line.posted_at.astimezone(self._zone):%Y-%m-%d %H:%M}", what, "", "", ""]
        start = line.start_time
        at = line.month if start is None else f"{start.astimezone(self._zone):%Y-%m-%d %H:%M}"
        other = line.aggregator_id if self._role == "requester" else line.requester_id
        pod = line.pod or "erased"
        return [at, pod, line.delivered_kwh or "", line.price or "", other or ""]


def sums_by_kind(lines: Iterable[BookLine]) -> list[tuple[str, str]]:
    """Return the exact sum of each kind of lines that there is, EUR, with the kind in words."""
    sums: dict[str, Decimal] = {}
    for line in lines:
        kind = _kind_of(line)
        sums[kind] = sums.get(kind, Decimal(0)) + Decimal(line.amount)
    return [(kind, f"{total:f}") for kind, total in sorted(sums.items())]


def _kind_of(line: BookLine) -> str:
    if line.kind == "payment":
        return "payments received" if Decimal(line.amount) > 0 else "payments made"
    if line.corrects is not None:
        return "corrections of earlier lines"
    return "reactive energy" if line.reactive else "active energy"


def _proof(line: BookLine) -> str:
    if line.transaction_hash is None:
        return line.reference
    return f"{line.reference}  no. {line.number}  tx {line.transaction_hash}"
