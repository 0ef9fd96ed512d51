"""Invoices: issued for a month that is over, and shown with all their lines.

lines of a month that no document bills ─► by party and role ─► one document, numbered next
                                                                   │
  first of the month: invoice, or selfBilling where the market pays ◄┘
  later: the same again where it goes the same way, else a creditNote; it names the first
"""

from collections.abc import AsyncIterator
from functools import partial

import msgspec

from platone.infra.listing import Part, each_of
from platone.kernel.clock import Clock
from platone.kernel.decimal_text import decimal_text
from platone.ledger.domain.books import month_of
from platone.ledger.domain.problem import InvoiceUnknown, MonthNotOver
from platone.ledger.records.books import BookRecords
from platone.ledger.records.document import DocumentRecords, StoredDocument
from platone.ledger.records.leg import Party
from platone.ledger.service.books import LINES_AT_ONCE, bilateral_net, book_line, euro
from platone.messages.books import BookLine, Invoice, Invoices, InvoiceWithLines

_CENT_DECIMALS = 2
"""Decimals of what is payable."""


class IssueInvoices:
    """Issues and shows invoices and credit notes.

    Args:
        documents: Where they are kept.
        books: The lines that they bill.
        clock: The market's clock.
        zone: The market's zone, whose months count.
    """

    def __init__(
        self, documents: DocumentRecords, books: BookRecords, clock: Clock, zone: str
    ) -> None:
        self._documents, self._books = documents, books
        self._clock, self._zone = clock, zone

    async def issue(self, month: str) -> Invoices:
        """Issue the documents of all that is not billed of a month; again: nothing more.

        Raises:
            MonthNotOver: The month has not ended.
        """
        now = self._clock.now()
        if month >= month_of(now, self._zone):
            raise MonthNotOver(f"{month} is not over yet.", month=month)
        made = [
            await self._documents.issue(party, month, now)
            for party in await self._documents.unbilled(month)
        ]
        return Invoices(invoices=[await self.head(each) for each in made if each is not None])

    async def named(self, party: str | None, before: int, part: Part) -> Invoices:
        """Return documents of a party, or of all, before a number, the newest first."""
        found = await self._documents.named(party, before, part)
        return Invoices(invoices=found.of(_invoice).items, next=found.next)

    async def show(self, number: int, party: str | None, part: Part) -> InvoiceWithLines:
        """Return a document with a part of its lines.

        Raises:
            InvoiceUnknown: There is none, or it is another party's.
        """
        stored = await self.find(number, party)
        lines = await self._books.lines_of_document(stored.party, number, part)
        told = lines.of(partial(book_line, role=stored.party.role)).items
        return InvoiceWithLines(invoice=await self.head(stored), lines=told, next=lines.next)

    async def of_month(self, party: Party, month: str) -> list[StoredDocument]:
        """Return the documents of a party for a month, the first one first."""
        return await self._documents.of_month(party, month)

    async def find(self, number: int, party: str | None) -> StoredDocument:
        """Return a document; for a party only its own.

        Raises:
            InvoiceUnknown: There is none, or it is another party's.
        """
        stored = await self._documents.find(number)
        if stored is None or party not in {None, stored.party.name}:
            raise InvoiceUnknown(f"You have no invoice {number}.", number=number)
        return stored

    async def lines(self, stored: StoredDocument) -> AsyncIterator[BookLine]:
        """Yield all lines of a document."""
        read = partial(self._books.lines_of_document, stored.party, stored.number)
        async for each in each_of(read, LINES_AT_ONCE):
            yield book_line(each, stored.party.role)

    async def head(self, stored: StoredDocument) -> Invoice:
        """Return a document with its netting, without its lines."""
        netting = tuple(bilateral_net(pair) for pair in await self._documents.pairs(stored))
        return msgspec.structs.replace(_invoice(stored), netting=netting)


def _invoice(stored: StoredDocument) -> Invoice:
    return Invoice(
        number=stored.number,
        kind=stored.kind.value,
        role=stored.party.role,
        party_id=stored.party.name,
        month=stored.month,
        issued_at=stored.issued_at,
        corrects=stored.corrects,
        amount=euro(stored.amount),
        payable=decimal_text(stored.cents, _CENT_DECIMALS),
        line_count=stored.line_count,
        content_hash=stored.digest,
    )
