"""Invoices as PDF pages: head, what is to be paid, netting, and each line with its proof."""

from collections.abc import Sequence
from decimal import Decimal

from platone.ledger.adapters.book_table import LineTable, draw_netting
from platone.ledger.adapters.paper import (
    INK,
    LEFT,
    SOFT,
    TOP,
    Paper,
    draw_facts,
    draw_title,
)
from platone.ledger.adapters.pdf import BOLD, SANS, pdf_file
from platone.messages.books import BookLine, Invoice

_TITLES = {
    "invoice": "Invoice",
    "selfBilling": "Self-billed invoice",
    "creditNote": "Credit note",
}
ROLES = {
    "requester": "who asked for flexibility",
    "aggregator": "who offered it",
    "customer": "whose plant delivered it",
}
"""The part of a party in each role, in words."""


def invoice_pdf(invoice: Invoice, lines: Sequence[BookLine], *, operator: str, zone: str) -> bytes:
    """Return a document as a PDF file.

    Args:
        invoice: The document.
        lines: Its lines; where there are fewer than it has, the pages say so.
        operator: The market operator, who issues it.
        zone: The market's zone, in which times are told.
    """
    title = f"{_TITLES[invoice.kind]} {invoice.number:06d}"
    named = f"{title}, {invoice.party_id}"
    paper = Paper(lambda page: page.text(LEFT, TOP, named, BOLD, 10, INK))
    draw_title(paper, title, f"{operator} - local flexibility market")
    _draw_head(paper, invoice, operator)
    draw_netting(paper, invoice.netting, "Netting: one amount for all counterparties")
    LineTable(paper, invoice.role, zone).draw(lines, invoice.line_count, invoice.amount)
    paper.finish(title, f"content SHA-256 {invoice.content_hash}")
    return pdf_file(paper.pages, title)


def _draw_head(paper: Paper, invoice: Invoice, operator: str) -> None:
    facts = [
        ("Issued by", f"{operator}, the market operator"),
        ("To", f"{invoice.party_id}, {ROLES[invoice.role]}"),
        ("Month of delivery", invoice.month),
        ("Issued", f"{invoice.issued_at:%Y-%m-%d %H:%M} UTC"),
    ]
    if invoice.corrects is not None:
        facts.append(("Corrects", f"no. {invoice.corrects:06d}, which stays as it is"))
    payable = Decimal(invoice.payable)
    whose = f"to {invoice.party_id}" if payable > 0 else f"by {invoice.party_id}"
    count = "one line" if invoice.line_count == 1 else f"{invoice.line_count:,} lines"
    card = (f"To be paid {whose}", f"EUR {abs(payable):,.2f}", f"net of {count}")
    draw_facts(paper, facts, card)
    comes = "The line comes" if invoice.line_count == 1 else "The lines come"
    for words in (
        f"{comes} to exactly {invoice.amount} EUR (positive: owed to the party).",
        "Rounding to cents is set right by the next document. No VAT is stated. 1 token = 1 EUR.",
    ):
        paper.page.text(LEFT, paper.y, words, SANS, 7.5, SOFT)
        paper.down(11)
    paper.down(19)
