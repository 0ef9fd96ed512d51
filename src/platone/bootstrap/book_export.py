"""The statements and invoices of a month, of each party, written as CSV and PDF files."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path
from urllib.parse import quote

from platone.bootstrap.books import check_folder
from platone.bootstrap.records_place import records_url
from platone.infra.db import Database
from platone.kernel.clock import SystemClock
from platone.ledger.adapters.invoice_page import invoice_pdf
from platone.ledger.adapters.statement_page import statement_pdf
from platone.ledger.api.book_file import invoice_rows, pages_of, statement_rows
from platone.ledger.context import OPERATOR
from platone.ledger.domain.problem import AccountUnknown
from platone.ledger.records.books import BookRecords
from platone.ledger.records.document import DocumentRecords, StoredDocument
from platone.ledger.records.leg import Party
from platone.ledger.records.table import metadata
from platone.ledger.service.books import ReadBooks
from platone.ledger.service.invoice import IssueInvoices
from platone.messages.books import BookLine
from platone.settings import Settings

Progress = Callable[[int], None]
"""Is told how many parties are left."""
_ROLES = frozenset({"requester", "aggregator", "customer"})
"""The roles whose statements are written: the bank's account is the market's own."""


def export_books(
    settings: Settings, month: str, out: Path, party: str | None, left: Progress
) -> list[Path]:
    """Write a month's statements and invoices of a party, or of all; return the files.

    Args:
        settings: The server's: its data folder, in which nothing is changed, and its zone.
        month: The month, as YYYY-MM.
        out: The folder to write into; made where it is not there.
        party: The party; none: all.
        left: Is told how many parties are left.

    Raises:
        ServerFailed: There is no data folder of a server.
        AccountUnknown: There is no such party in the books.
    """
    check_folder(settings.data)
    out.mkdir(parents=True, exist_ok=True)
    return asyncio.run(_export(settings, month, out, party, left))


async def _export(
    settings: Settings, month: str, out: Path, party: str | None, left: Progress
) -> list[Path]:
    database = Database(records_url(settings.data, "ledger"), metadata)
    try:
        records = BookRecords(database)
        parties = [each for each in await records.parties(party) if each.role in _ROLES]
        if party is not None and not parties:
            raise AccountUnknown(f"{party} has no account in the books.", partyId=party)
        export = _Export(records, database, settings.zone, month, out)
        left(len(parties))
        for done, each in enumerate(parties, 1):
            await export.write(each)
            left(len(parties) - done)
        return export.files
    finally:
        await database.close()


class _Export:
    """The files of a month as they are written."""

    def __init__(
        self, records: BookRecords, database: Database, zone: str, month: str, out: Path
    ) -> None:
        self._zone = zone
        self._books = ReadBooks(records)
        documents = DocumentRecords(database)
        self._invoices = IssueInvoices(documents, records, SystemClock(), self._zone)
        self._month, self._out = month, out
        self.files: list[Path] = []

    async def write(self, party: Party) -> None:
        """Write the statement of a party, and its documents."""
        opened = await self._books.open_statement(party.name, party.role, self._month)
        stem = f"statement-{self._month}-{party.role}-{quote(party.name, safe='')}"
        draw = partial(statement_pdf, opened.head, operator=OPERATOR, zone=self._zone)
        rows = statement_rows(opened.head.opening, self._books.lines(opened))
        await self._write(stem, rows, draw, self._books.lines(opened))
        for document in await self._invoices.of_month(party, self._month):
            await self._write_document(document)

    async def _write_document(self, document: StoredDocument) -> None:
        head = await self._invoices.head(document)
        draw = partial(invoice_pdf, head, operator=OPERATOR, zone=self._zone)
        rows = invoice_rows(self._invoices.lines(document))
        stem = f"invoice-{document.number:06d}"
        await self._write(stem, rows, draw, self._invoices.lines(document))

    async def _write(
        self,
        stem: str,
        rows: AsyncIterator[str],
        draw: Callable[[Sequence[BookLine]], bytes],
        lines: AsyncIterator[BookLine],
    ) -> None:
        table, pages = self._out / f"{stem}.csv", self._out / f"{stem}.pdf"
        with table.open("w", encoding="utf-8", newline="") as file:
            async for row in rows:
                file.write(row)
        pages.write_bytes(await pages_of(draw, lines))
        self.files += [table, pages]
