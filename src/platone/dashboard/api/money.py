"""Pages of money: accounts, invoices, agreements, and disputes."""

from decimal import Decimal

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.page import Desk
from platone.messages.books import BookAccounts, Invoices
from platone.messages.dispute import DisputePage
from platone.messages.ledger import Agreements

_MOST = 200
"""Rows of a table that a page shows."""


def money_pages(router: APIRouter, desk: Desk) -> None:
    """Add the page of money, and invoices as files."""

    @router.get("/money")
    async def get_money(request: Request) -> Response:
        """Show who owes what, and what was billed."""
        visitor = await desk.visitor(request)
        accounts = await visitor.calls.get("/api/books/accounts", BookAccounts)
        invoices = await visitor.calls.seen("/api/books/invoices", Invoices)
        agreements = await visitor.calls.seen("/api/contracts/agreements", Agreements)
        disputes = await visitor.calls.seen("/api/settlementDispute", DisputePage)
        rows = sorted(accounts.accounts, key=lambda each: Decimal(each.balance))
        return desk.show(
            request,
            "money.html.j2",
            visitor,
            accounts=rows[:_MOST],
            account_count=len(rows),
            whole=accounts.sum,
            invoices=invoices.invoices[:_MOST] if invoices is not None else [],
            agreements=agreements.agreements[:_MOST] if agreements is not None else None,
            disputes=disputes.disputes[:_MOST] if disputes is not None else None,
        )

    @router.get("/money/invoice-{number}.pdf")
    async def get_invoice(request: Request, number: int) -> Response:
        """Give an invoice as a file."""
        visitor = await desk.visitor(request)
        path = f"/api/books/invoices/{number}"
        answer = await visitor.calls.fetch(path, accept="application/pdf")
        headers = {"Content-Disposition": f'attachment; filename="invoice-{number}.pdf"'}
        return Response(answer.content, headers=headers, media_type="application/pdf")
