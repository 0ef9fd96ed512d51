"""The market's books over REST: accounts, statements, invoices, payments, reconciliation."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Callable, Sequence
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from platone.infra.http.csv_cell import MEDIA_TYPE, csv_cell
from platone.infra.http.security import Principal, require
from platone.infra.http.wire import answer, body, documented, shown_as
from platone.kernel.errors import MalformedMessage
from platone.ledger.records.document import StoredDocument
from platone.ledger.service.books import BookPayments, ReadBooks
from platone.ledger.service.invoice import IssueInvoices
from platone.ledger.service.reconcile import Reconcile
from platone.messages.base import Role
from platone.messages.books import (
    BookAccounts,
    BookLine,
    BookStatement,
    Invoice,
    InvoiceOrder,
    Invoices,
    InvoiceWithLines,
    MoneyPayment,
    Month,
    Reconciliation,
)

Render = Callable[[Invoice, Sequence[BookLine]], bytes]
"""Draws an invoice with its lines as a PDF file."""

PDF = "application/pdf"
"""Media type of an invoice as pages."""
_PAPER_LINES = 2000
"""Lines on an invoice's pages, about fifty pages; the CSV file has all."""
_NEWEST = 2**53
"""A number above all documents'."""
_CREATED = 201
"""HTTP status of what was booked or issued now."""
_CSV_EXAMPLE = {
    MEDIA_TYPE: "entry,kind,reference,amount\r\n1,line,8a1f.IT001E00000071.50.0,7.5\r\n"
}
_ALL = (Role.MARKET_OPERATOR, Role.AUDITOR)
_HOLDERS = (*_ALL, Role.SYSTEM_OPERATOR, Role.FLEXIBILITY_SERVICE_PROVIDER, Role.CUSTOMER)

Holder = Annotated[Principal, Depends(require(*_HOLDERS))]
Operator = Annotated[Principal, Depends(require(Role.MARKET_OPERATOR))]
Overseer = Annotated[Principal, Depends(require(*_ALL))]
After = Annotated[int, Query(ge=0, le=_NEWEST)]
Before = Annotated[int, Query(ge=1, le=_NEWEST)]
RoleName = Annotated[
    str | None,
    Query(json_schema_extra=shown_as(Literal["requester", "aggregator", "customer"])),
]
PartyName = Annotated[str | None, Query(max_length=200)]


async def _form(
    request: Request,
    form: Annotated[
        str | None,
        Query(
            alias="format",
            description="`csv` or `pdf`; the header `Accept` does the same",
            json_schema_extra=shown_as(Literal["json", "csv", "pdf"]),
        ),
    ] = None,
) -> str:
    """Return the form that the caller asks for: by ``?format=``, or by the Accept header."""
    accepted = request.headers.get("Accept", "")
    by_header = {MEDIA_TYPE: "csv", PDF: "pdf"}
    return form or next(
        (by_header[each] for each in by_header if accepted.startswith(each)), "json"
    )


Form = Annotated[str, Depends(_form)]


def _only_for(caller: Principal) -> str | None:
    """Return the party whose books the caller sees; none where it sees all."""
    return None if caller.has(*_ALL) else caller.party_id


def account_router(books: ReadBooks, payments: BookPayments, reconcile: Reconcile) -> APIRouter:
    """Return the routes of accounts, statements, payments and reconciliation."""
    router = APIRouter(prefix="/api/books", tags=["books"])

    @router.get("/accounts", **documented(gives=BookAccounts))
    async def get_accounts(caller: Holder) -> Response:
        """List the caller's accounts with their balances; all for operator and auditor."""
        return answer(await books.accounts(_only_for(caller)))

    @router.get("/statements/{month}", **documented(gives=BookStatement))
    async def get_statement(
        caller: Holder,
        month: str,
        party: PartyName = None,
        role: RoleName = None,
        after: After = 0,
    ) -> Response:
        """Show the entries of the caller's account in a month, a page after the entry `after`.

        Operator and auditor say whose by `party`; `role` is needed where a party has several.
        """
        whose = _only_for(caller) or party or caller.party_id
        return answer(await books.statement(whose, role, _month(month), after))

    @router.post(
        "/payments", **documented(MoneyPayment, BookLine, status=_CREATED, also={200: BookLine})
    )
    async def post_payment(
        _caller: Operator, payment: Annotated[MoneyPayment, body(MoneyPayment)]
    ) -> Response:
        """Book money that was received from a party, or paid out to it; each payment once."""
        booked, is_new = await payments(payment)
        return answer(booked, _CREATED if is_new else 200)

    @router.get("/reconciliation", **documented(gives=Reconciliation))
    async def get_reconciliation(_caller: Overseer) -> Response:
        """Hold all books against the chain, and name every difference."""
        return answer(await reconcile())

    return router


def invoice_router(invoices: IssueInvoices, render: Render) -> APIRouter:
    """Return the routes of invoices and credit notes."""
    router = APIRouter(prefix="/api/books/invoices", tags=["books"])

    @router.post("", **documented(InvoiceOrder, Invoices, status=_CREATED, also={200: Invoices}))
    async def post_invoices(
        _caller: Operator, order: Annotated[InvoiceOrder, body(InvoiceOrder)]
    ) -> Response:
        """Issue invoices, or credit notes, of all that is not billed of a month that is over.

        Each line is billed once to each of its parties; what comes later is a document of its own
        that names the month's first one, which never changes.
        """
        made = await invoices.issue(order.month)
        return answer(made, _CREATED if made.invoices else 200)

    @router.get("", **documented(gives=Invoices))
    async def get_invoices(caller: Holder, before: Before = _NEWEST) -> Response:
        """List the caller's documents, newest first, a page before a number; all for overseers."""
        return answer(await invoices.named(_only_for(caller), before))

    @router.get(
        "/{number}",
        **documented(gives=InvoiceWithLines, gives_files={**_CSV_EXAMPLE, PDF: ""}),
    )
    async def get_invoice(caller: Holder, number: int, form: Form, after: After = 0) -> Response:
        """Show an invoice or credit note with its lines: JSON in pages, or a CSV or PDF file."""
        whose = _only_for(caller)
        stored = await invoices.find(number, whose)
        if form == "csv":
            name = {"Content-Disposition": f'attachment; filename="invoice-{number:06d}.csv"'}
            rows = _csv(invoices, stored)
            return StreamingResponse(rows, media_type=MEDIA_TYPE, headers=name)
        if form == "pdf":
            return await _pages(invoices, stored, render)
        return answer(await invoices.show(number, whose, after))

    return router


async def _pages(invoices: IssueInvoices, stored: StoredDocument, render: Render) -> Response:
    shown = await invoices.show(stored.number, None, 0)
    lines: list[BookLine] = []
    async for line in invoices.lines(stored):
        lines.append(line)
        if len(lines) == _PAPER_LINES:
            break
    file = await asyncio.to_thread(render, shown.invoice, lines)
    name = f'inline; filename="invoice-{stored.number:06d}.pdf"'
    return Response(file, media_type=PDF, headers={"Content-Disposition": name})


async def _csv(invoices: IssueInvoices, stored: StoredDocument) -> AsyncIterator[str]:
    """Yield the lines of a document as a table, row by row."""
    columns = [field.encode_name for field in msgspec.structs.fields(BookLine)]
    yield _row(columns)
    async for line in invoices.lines(stored):
        cells = msgspec.to_builtins(line)
        yield _row([_cell(cells.get(column)) for column in columns])


def _cell(value: object) -> object:
    """Return a cell; a negative number is one, and no formula."""
    if isinstance(value, str) and value.startswith("-") and _is_number(value):
        return value
    return csv_cell(value)


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit() and Decimal(text).is_finite()


def _row(cells: Sequence[object]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


def _month(text: str) -> str:
    try:
        return msgspec.convert(text, Month)
    except msgspec.ValidationError as error:
        raise MalformedMessage(f"{text[:20]!r} is no month: {error}") from error
