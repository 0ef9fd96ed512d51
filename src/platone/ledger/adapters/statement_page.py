"""Statements of a party's month as PDF pages: balances, netting, and each entry with its proof."""

from collections.abc import Sequence
from decimal import Decimal

from platone.ledger.adapters.book_table import LineTable, draw_netting
from platone.ledger.adapters.invoice_page import ROLES
from platone.ledger.adapters.paper import (
    INK,
    LEFT,
    SOFT,
    TOP,
    Paper,
    draw_facts,
    draw_title,
    shown_amount,
)
from platone.ledger.adapters.pdf import BOLD, SANS, pdf_file
from platone.messages.books import BookLine, BookStatement


def statement_pdf(
    statement: BookStatement, lines: Sequence[BookLine], *, operator: str, zone: str
) -> bytes:
    """Return a statement as a PDF file.

    Args:
        statement: Its head: balances, netting and the number of entries.
        lines: Its entries; where there are fewer than it has, the pages say so.
        operator: The market operator, who keeps the books.
        zone: The market's zone, in which times are told.
    """
    title = f"Statement {statement.month}"
    named = f"{title}, {statement.party_id}"
    paper = Paper(lambda page: page.text(LEFT, TOP, named, BOLD, 10, INK))
    draw_title(paper, title, f"{operator} - local flexibility market")
    _draw_head(paper, statement, operator)
    draw_netting(paper, statement.netting, "Netting of the month's lines, by counterparty")
    opening = Decimal(statement.opening)
    total = f"{Decimal(statement.closing) - opening:f}"
    LineTable(paper, statement.role, zone, opening).draw(lines, statement.line_count, total)
    paper.finish(named, f"{statement.role} {statement.party_id} {statement.month}")
    return pdf_file(paper.pages, title)


def _draw_head(paper: Paper, statement: BookStatement, operator: str) -> None:
    facts = [
        ("Kept by", f"{operator}, the market operator"),
        ("Of", f"{statement.party_id}, {ROLES[statement.role]}"),
        ("Balance before", f"{shown_amount(statement.opening)} EUR"),
        ("The month's lines", f"{shown_amount(statement.traded)} EUR"),
        ("Payments", f"{shown_amount(statement.paid)} EUR"),
    ]
    closing = Decimal(statement.closing)
    side = "owed to" if closing > 0 else "owed by"
    count = "one entry" if statement.line_count == 1 else f"{statement.line_count:,} entries"
    card = (
        f"Closing balance, {side} {statement.party_id}",
        f"EUR {abs(closing):,.2f}",
        f"with {count} of {statement.month}",
    )
    draw_facts(paper, facts, card)
    exact = f"Balance at the end: exactly {statement.closing} EUR (positive: owed to the party)."
    paper.page.text(LEFT, paper.y, exact, SANS, 7.5, SOFT)
    paper.down(30)
