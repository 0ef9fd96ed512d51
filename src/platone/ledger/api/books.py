"""The market's books over REST: accounts, statements, invoices, payments, reconciliation."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from platone.infra.http.change import record_change
from platone.infra.http.listing import asked_part
from platone.infra.http.security import Principal, require
from platone.infra.http.wire import answer, body, documented, shown_as
from platone.infra.listing import Part
from platone.kernel.errors import MalformedMessage
from platone.ledger.api.book_file import (
    CSV_EXAMPLE,
    PDF,
    Form,
    invoice_rows,
    pages_answer,
    statement_rows,
    table_answer,
)
from platone.ledger.service.books import LINES_AT_ONCE, BookPayments, ReadBooks
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

RenderStatement = Callable[[BookStatement, Sequence[BookLine]], bytes]
"""Draws a statement with its entries as a PDF file."""
_NEWEST = 2**53
"""A number above all documents'."""
_DOCUMENTS, _MOST_DOCUMENTS = 100, 1000
"""Documents in one answer, and how many may be asked for: some 50 and 500 kB."""
_CREATED = 201
"""HTTP status of what was booked or issued now."""
_ALL = (Role.MARKET_OPERATOR, Role.AUDITOR)
_HOLDERS = (*_ALL, Role.SYSTEM_OPERATOR, Role.FLEXIBILITY_SERVICE_PROVIDER, Role.CUSTOMER)

Holder = Annotated[Principal, Depends(require(*_HOLDERS))]
Operator = Annotated[Principal, Depends(require(Role.MARKET_OPERATOR))]
Overseer = Annotated[Principal, Depends(require(*_ALL))]
Accounts = Annotated[Part, asked_part(1000)]
"""The accounts that a caller asks for, some 150 kB at most."""
Lines = Annotated[Part, asked_part(LINES_AT_ONCE)]
"""The entries that a caller asks for."""
Before = Annotated[int, Query(ge=1, le=_NEWEST)]
RoleName = Annotated[
    str | None,
    Query(json_schema_extra=shown_as(Literal["requester", "aggregator", "customer"])),
]
PartyName = Annotated[str | None, Query(max_length=200)]


def _only_for(caller: Principal) -> str | None:
    """Return the party whose books the caller sees; none where it sees all."""
    return None if caller.has(*_ALL) else caller.party_id


def account_router(
    books: ReadBooks, payments: BookPayments, reconcile: Reconcile, render: RenderStatement
) -> APIRouter:
    """Return the routes of accounts, statements, payments and reconciliation."""
    router = APIRouter(prefix="/api/books", tags=["books"])

    @router.get("/accounts", **documented(gives=BookAccounts))
    async def get_accounts(caller: Holder, part: Accounts) -> Response:
        """List the caller's accounts with their balances; all for operator and auditor."""
        return answer(await books.accounts(_only_for(caller), part))

    @router.get(
        "/statements/{month}",
        **documented(gives=BookStatement, gives_files={**CSV_EXAMPLE, PDF: ""}),
    )
    async def get_statement(
        caller: Holder,
        month: str,
        form: Form,
        part: Lines,
        party: PartyName = None,
        role: RoleName = None,
    ) -> Response:
        """Show the entries of the caller's account in a month, by their numbers.

        Operator and auditor say whose by `party`; `role` is needed where a party has several. As a
        CSV file all entries come, each with the balance after it; as a PDF file as many as fit.
        """
        whose = _only_for(caller) or party or caller.party_id
        if form not in {"csv", "pdf"}:
            return answer(await books.statement(whose, role, _month(month), part))
        opened = await books.open_statement(whose, role, _month(month))
        lines, stem = books.lines(opened), f"statement-{month}"
        if form == "csv":
            return table_answer(statement_rows(opened.head.opening, lines), stem)
        return await pages_answer(partial(render, opened.head), lines, stem)

    @router.get("/reconciliation", **documented(gives=Reconciliation))
    async def get_reconciliation(_caller: Overseer) -> Response:
        """Hold all books against the chain, and name every difference."""
        return answer(await reconcile())

    _payment_route(router, payments)
    return router


def _payment_route(router: APIRouter, payments: BookPayments) -> None:
    @router.post(
        "/payments", **documented(MoneyPayment, BookLine, status=_CREATED, also={200: BookLine})
    )
    async def post_payment(
        request: Request,
        caller: Operator,
        payment: Annotated[MoneyPayment, body(MoneyPayment)],
    ) -> Response:
        """Book money that was received from a party, or paid out to it; each payment once."""
        booked, is_new = await payments(payment)
        if is_new:
            amount = f"{payment.amount} EUR"
            told = {"party": payment.party_id, "as": payment.role, "amount": amount}
            await record_change(request, caller, ("payment", payment.payment_id), {}, told)
        return answer(booked, _CREATED if is_new else 200)


def invoice_router(invoices: IssueInvoices, render: Render) -> APIRouter:
    """Return the routes of invoices and credit notes."""
    router = APIRouter(prefix="/api/books/invoices", tags=["books"])

    @router.post("", **documented(InvoiceOrder, Invoices, status=_CREATED, also={200: Invoices}))
    async def post_invoices(
        request: Request, caller: Operator, order: Annotated[InvoiceOrder, body(InvoiceOrder)]
    ) -> Response:
        """Issue invoices, or credit notes, of all that is not billed of a month that is over.

        Each line is billed once to each of its parties; what comes later is a document of its own
        that names the month's first one, which never changes.
        """
        made = await invoices.issue(order.month)
        for each in made.invoices:
            told = {"kind": each.kind, "party": each.party_id, "as": each.role}
            told |= {"month": each.month, "payable": f"{each.payable} EUR"}
            await record_change(request, caller, ("document", str(each.number)), {}, told)
        return answer(made, _CREATED if made.invoices else 200)

    @router.get("", **documented(gives=Invoices))
    async def get_invoices(
        caller: Holder,
        part: Annotated[Part, asked_part(_DOCUMENTS, _MOST_DOCUMENTS)],
        before: Before = _NEWEST,
    ) -> Response:
        """List the caller's documents, the newest first; all for overseers."""
        return answer(await invoices.named(_only_for(caller), before, part))

    @router.get(
        "/{number}",
        **documented(gives=InvoiceWithLines, gives_files={**CSV_EXAMPLE, PDF: ""}),
    )
    async def get_invoice(caller: Holder, number: int, form: Form, part: Lines) -> Response:
        """Show an invoice or credit note with its lines: JSON in pages, or a CSV or PDF file."""
        whose = _only_for(caller)
        stored = await invoices.find(number, whose)
        lines, stem = invoices.lines(stored), f"invoice-{number:06d}"
        if form == "csv":
            return table_answer(invoice_rows(lines), stem)
        if form == "pdf":
            return await pages_answer(partial(render, await invoices.head(stored)), lines, stem)
        return answer(await invoices.show(number, whose, part))

    return router


def _month(text: str) -> str:
    try:
        return msgspec.convert(text, Month)
    except msgspec.ValidationError as error:
        raise MalformedMessage(f"{text[:20]!r} is no month: {error}") from error
