"""Invoices as PDF pages: head, what is to be paid, netting, and each line with its proof."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from platone.ledger.adapters.pdf import BOLD, MONO, PAGE_HEIGHT, PAGE_WIDTH, SANS, Page, pdf_file
from platone.messages.books import BookLine, Invoice

_LEFT, _RIGHT, _TOP, _BOTTOM = 48, PAGE_WIDTH - 48, PAGE_HEIGHT - 56, 64
"""Margins, points."""
_TITLES = {
    "invoice": "Invoice",
    "selfBilling": "Self-billed invoice",
    "creditNote": "Credit note",
}
_ROLES = {
    "requester": "who asked for flexibility",
    "aggregator": "who offered it",
    "customer": "whose plant delivered it",
}
_NET_COLUMNS = (330, 440, _RIGHT)
"""Right ends of the numbers of the table of netting."""
_POD, _KWH, _PRICE, _COUNTERPARTY = 136, 322, 384, 394
"""Columns of a line: left end, two right ends, left end."""
_LINE_HEIGHT = 23
"""Height of a line with its proof, points."""
_SHOWN_DECIMALS = 6
"""Decimals of exact amounts on paper; the CSV file has all 18."""
_WIDEST_NAME, _NARROW_NAME = 34, 16
"""Letters of a name before it is cut: it would run into the next column."""


class _Paper:
    """The pages of a document; a new one begins where the last is full."""

    def __init__(self, head: Callable[[Page], None]) -> None:
        self.pages: list[Page] = []
        self._head = head
        self.y = 0.0
        self.turn()

    @property
    def page(self) -> Page:
        """The page that is being drawn."""
        return self.pages[-1]

    def turn(self) -> None:
        """Begin a page."""
        self.pages.append(Page())
        self.y = float(_TOP)
        if len(self.pages) > 1:
            self._head(self.page)
            self.y -= 26

    def down(self, by: float) -> bool:
        """Go down the page; return whether that began a new one."""
        self.y -= by
        is_full = self.y < _BOTTOM
        if is_full:
            self.turn()
        return is_full


def invoice_pdf(invoice: Invoice, lines: Sequence[BookLine], *, operator: str, zone: str) -> bytes:
    """Return a document as a PDF file.

    Args:
        invoice: The document.
        lines: Its lines; where there are fewer than it has, the pages say so.
        operator: The market operator, who issues it.
        zone: The market's zone, in which times are told.
    """
    title = f"{_TITLES[invoice.kind]} {invoice.number:06d}"
    paper = _Paper(lambda page: page.text(_LEFT, _TOP, f"{title}, {invoice.party_id}", BOLD, 10))
    _draw_head(paper, invoice, title, operator)
    _draw_netting(paper, invoice)
    _draw_lines(paper, invoice, lines, ZoneInfo(zone), zone)
    for number, page in enumerate(paper.pages, 1):
        page.rule(_LEFT, 50, _RIGHT - _LEFT)
        page.text(_LEFT, 38, f"{title} - page {number} of {len(paper.pages)}", SANS, 7, 0.35)
        page.text(_LEFT, 28, f"content SHA-256 {invoice.content_hash}", MONO, 6, 0.35)
    return pdf_file(paper.pages, title)


def _draw_head(paper: _Paper, invoice: Invoice, title: str, operator: str) -> None:
    page = paper.page
    page.text(_LEFT, paper.y, title, BOLD, 20)
    paper.down(30)
    facts = [
        ("Issued by", f"{operator}, the market operator"),
        ("To", f"{invoice.party_id}, {_ROLES[invoice.role]}"),
        ("Month of delivery", invoice.month),
        ("Issued", f"{invoice.issued_at:%Y-%m-%d %H:%M} UTC"),
    ]
    if invoice.corrects is not None:
        facts.append(("Corrects", f"no. {invoice.corrects:06d}, which stays as it is"))
    for name, value in facts:
        page.text(_LEFT, paper.y, name, SANS, 9, 0.35)
        page.text(_LEFT + 110, paper.y, value, SANS, 9)
        paper.down(14)
    paper.down(14)
    payable = Decimal(invoice.payable)
    whose = f"to {invoice.party_id}" if payable > 0 else f"by {invoice.party_id}"
    page.text(_LEFT, paper.y, f"To be paid {whose}", BOLD, 12)
    page.text(_LEFT + 250, paper.y, f"EUR {abs(payable):,.2f}", BOLD, 12)
    paper.down(15)
    count = "one line comes" if invoice.line_count == 1 else f"{invoice.line_count:,} lines come"
    exact = f"The {count} to exactly {invoice.amount} EUR (positive: owed to the party)."
    page.text(_LEFT, paper.y, exact, SANS, 7.5, 0.35)
    paper.down(10)
    note = "Rounding to cents is set right by the next document. No VAT is stated. 1 token = 1 EUR."
    page.text(_LEFT, paper.y, note, SANS, 7.5, 0.35)
    paper.down(26)


def _draw_netting(paper: _Paper, invoice: Invoice) -> None:
    page = paper.page
    page.text(_LEFT, paper.y, "Netting: one amount for all counterparties", BOLD, 10)
    paper.down(15)
    page.text(_LEFT, paper.y, "counterparty", SANS, 8, 0.35)
    for right, name in zip(_NET_COLUMNS, ("owed to the party", "owed by it", "net"), strict=True):
        page.number(right, paper.y, name, 7)
    paper.down(4)
    page.rule(_LEFT, paper.y, _RIGHT - _LEFT)
    paper.down(11)
    for pair in invoice.netting:
        paper.page.text(_LEFT, paper.y, _cut(pair.counterparty_id), SANS, 8.5)
        for right, amount in zip(_NET_COLUMNS, (pair.earned, pair.owed, pair.net), strict=True):
            paper.page.number(right, paper.y, _shown(amount))
        paper.down(13)
    paper.down(14)


def _draw_lines(
    paper: _Paper, invoice: Invoice, lines: Sequence[BookLine], zone: ZoneInfo, name: str
) -> None:
    paper.page.text(_LEFT, paper.y, "Lines, each with the reference of its proof", BOLD, 10)
    paper.down(15)
    _draw_columns(paper, name)
    for line in lines:
        if paper.y - _LINE_HEIGHT < _BOTTOM:
            paper.turn()
            _draw_columns(paper, name)
        other = line.aggregator_id if invoice.role == "requester" else line.requester_id
        _draw_line(paper, line, other or "", zone)
    if len(lines) < invoice.line_count:
        left = invoice.line_count - len(lines)
        more = f"{left:,} more lines stand in the CSV file of this document."
        paper.page.text(_LEFT, paper.y, more, BOLD, 8.5)
        paper.down(14)
    hint = "Check a line: GET /api/certification/proof/{reference}, then: platone verify FILE"
    paper.page.text(_LEFT, paper.y - 4, hint, SANS, 7.5, 0.35)


def _draw_columns(paper: _Paper, zone: str) -> None:
    page = paper.page
    page.text(_LEFT, paper.y, f"start, {zone}"[:24], SANS, 7, 0.35)
    page.text(_POD, paper.y, "point of delivery", SANS, 7, 0.35)
    page.number(_KWH, paper.y, "kWh delivered", 7)
    page.number(_PRICE, paper.y, "EUR/kWh", 7)
    page.text(_COUNTERPARTY, paper.y, "counterparty", SANS, 7, 0.35)
    page.number(_RIGHT, paper.y, "EUR", 7)
    paper.down(4)
    page.rule(_LEFT, paper.y, _RIGHT - _LEFT)
    paper.down(11)


def _draw_line(paper: _Paper, line: BookLine, counterparty: str, zone: ZoneInfo) -> None:
    page, y = paper.page, paper.y
    start = "" if line.start_time is None else f"{line.start_time.astimezone(zone):%Y-%m-%d %H:%M}"
    page.text(_LEFT, y, start or line.month, MONO, 7.5)
    page.text(_POD, y, _cut(line.pod or "erased"), MONO, 7.5)
    page.number(_KWH, y, line.delivered_kwh or "")
    page.number(_PRICE, y, line.price or "")
    page.text(_COUNTERPARTY, y, counterparty[:_NARROW_NAME], SANS, 8)
    page.number(_RIGHT, y, _shown(line.amount))
    proof = f"{line.reference}  no. {line.number}  tx {line.transaction_hash}"
    page.text(_LEFT + 8, y - 9, proof, MONO, 5.5, 0.35)
    paper.y -= _LINE_HEIGHT


def _shown(amount: str) -> str:
    """Return an exact amount as it is told on paper: rounded to six decimals."""
    return f"{Decimal(amount):,.{_SHOWN_DECIMALS}f}"


def _cut(name: str) -> str:
    return name if len(name) <= _WIDEST_NAME else name[: _WIDEST_NAME - 1] + "…"
