"""Pages of money: accounts and their statements, invoices and payments."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.home import show_by_reader, show_translated
from platone.dashboard.api.line_dispute import disputed_lines, disputes_seen
from platone.dashboard.api.page import INVALID, Desk, go_to
from platone.dashboard.api.translation import is_household
from platone.dashboard.domain.money_file import with_units
from platone.dashboard.domain.money_form import month_in, read_order, read_payment
from platone.dashboard.domain.payment import Payment, payments_of
from platone.dashboard.domain.problem import CallRefused, FieldWrong, to_mend
from platone.dashboard.domain.statement_line import sum_of
from platone.dashboard.service.visit import Visitor
from platone.infra.http.clock import ClockState
from platone.infra.http.csv_cell import MEDIA_TYPE
from platone.messages.base import Role
from platone.messages.books import (
    BookAccount,
    BookAccounts,
    BookStatement,
    Invoices,
    InvoiceWithLines,
)
from platone.messages.ledger import AgreementProposals, ProposalState
from platone.messages.portfolio import RemunerationPage

DISPUTING = (Role.SYSTEM_OPERATOR, Role.FLEXIBILITY_SERVICE_PROVIDER, Role.CUSTOMER)
"""Roles that a settled line can concern, and who may dispute it."""
_MOST = 200
"""Rows of a table that a page shows."""
_NEWEST = {"after": "", "limit": str(_MOST)}
"""The question for the newest documents only."""
_FORMS = {"pdf": "application/pdf", "csv": MEDIA_TYPE}
"""Files that an invoice is given as, with their media types."""


def money_pages(router: APIRouter, desk: Desk) -> None:
    """Add the pages of accounts and invoices, and the operator's forms."""
    _reading(router, desk)
    _files(router, desk)

    @router.post("/money/invoices")
    async def post_invoices(request: Request) -> Response:
        """Bill a month that is over."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        try:
            made = await visitor.calls.make("/api/books/invoices", Invoices, read_order(form))
        except (CallRefused, FieldWrong) as refused:
            return await _overview(desk, request, visitor, form, to_mend(refused))
        return go_to("/money", done="billed" if made.invoices else "nothingBilled")

    @router.post("/money/payments")
    async def post_payment(request: Request) -> Response:
        """Book money that was received from a party, or paid out to it."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        try:
            payment = read_payment(form)
            await visitor.calls.send("POST", "/api/books/payments", payment)
        except (CallRefused, FieldWrong) as refused:
            return await _overview(desk, request, visitor, form, to_mend(refused))
        return go_to("/money", done="paid", party=payment.party_id, role=payment.role)


def _reading(router: APIRouter, desk: Desk) -> None:
    @router.get("/money")
    async def get_money(request: Request) -> Response:
        """Show who owes what, and what was billed."""
        return await _overview(desk, request, await desk.visitor(request), {}, [])

    @router.get("/money/statement")
    async def get_statement(
        request: Request, month: str = "", party: str = "", role: str = "", after: str = ""
    ) -> Response:
        """Show the entries of an account in a month."""
        visitor = await desk.visitor(request)
        shown = month_in({"month": month}) if month else await _this_month(visitor, desk.zone)
        whose = _whose(party, role)
        path = f"/api/books/statements/{shown}"
        found = await visitor.calls.get(path, BookStatement, whose | {"after": after})
        return show_by_reader(
            200,
            desk,
            request,
            "statement.html.j2",
            visitor,
            statement=found,
            whose=whose,
            months=_around(shown),
            may_dispute=visitor.principal.has(*DISPUTING),
            disputed=await disputed_lines(visitor),
            payments=await payments_by_line(visitor),
            sum_of=sum_of,
        )

    @router.get("/money/invoices/{number}")
    async def get_invoice_page(request: Request, number: int, after: str = "") -> Response:
        """Show an invoice with its lines, page by page."""
        visitor = await desk.visitor(request)
        path = f"/api/books/invoices/{number}"
        found = await visitor.calls.get(path, InvoiceWithLines, {"after": after})
        return show_by_reader(
            200,
            desk,
            request,
            "invoice.html.j2",
            visitor,
            invoice=found.invoice,
            lines=found.lines,
            further=found.next,
            may_dispute=visitor.principal.has(*DISPUTING),
            disputed=await disputed_lines(visitor),
            payments=await payments_by_line(visitor),
            sum_of=sum_of,
        )


def _files(router: APIRouter, desk: Desk) -> None:
    @router.get("/money/invoice-{number}.{form}")
    async def get_invoice(request: Request, number: int, form: str) -> Response:
        """Give an invoice as a file."""
        visitor = await desk.visitor(request)
        if form not in _FORMS:
            raise FieldWrong(f"An invoice is given as {' or '.join(_FORMS)}.", field="form")
        path = f"/api/books/invoices/{number}"
        answer = await visitor.calls.fetch(path, accept=_FORMS[form])
        content = with_units(answer.content) if form == "csv" else answer.content
        return desk.attached(f"invoice-{number}", form, content, _FORMS[form])

    @router.get("/money/statement.csv")
    async def get_statement_file(
        request: Request, month: str = "", party: str = "", role: str = ""
    ) -> Response:
        """Give all entries of an account in a month as a file."""
        visitor = await desk.visitor(request)
        shown = month_in({"month": month}) if month else await _this_month(visitor, desk.zone)
        path = f"/api/books/statements/{shown}"
        answer = await visitor.calls.fetch(path, _whose(party, role), accept=MEDIA_TYPE)
        stem = f"statement-{shown}-{party}-{role}"
        return desk.attached(stem, "csv", with_units(answer.content), MEDIA_TYPE)


async def payments_by_line(visitor: Visitor) -> dict[str, Payment]:
    """Return a household's payments by the identifier of their line; none to all others."""
    if not is_household(visitor):
        return {}
    earned = await visitor.calls.seen("/api/aggregator/remuneration", RemunerationPage)
    pods = earned.pods if earned else ()
    found = payments_of(line for each in pods for line in each.lines)
    return {each.line.line_id: each for each in found if each.line.line_id}


async def _overview(
    desk: Desk, request: Request, visitor: Visitor, typed: dict[str, str], reasons: list[str]
) -> Response:
    accounts = await visitor.calls.get("/api/books/accounts", BookAccounts)
    invoices = await visitor.calls.seen("/api/books/invoices", Invoices, _NEWEST)
    waiting = await proposals_waiting(visitor)
    disputes = await disputes_seen(visitor)
    undecided = [each for each in disputes or () if each.is_undecided]
    if is_household(visitor) and not reasons:
        return show_translated(
            desk,
            request,
            "home_money.html.j2",
            visitor,
            accounts=accounts.accounts[:_MOST],
            invoices=invoices.invoices if invoices is not None else [],
            waiting=waiting,
            undecided=None if disputes is None else len(undecided),
        )
    rows = sorted(accounts.accounts, key=lambda each: Decimal(each.balance))
    return desk.show_with(
        INVALID if reasons else 200,
        request,
        "money.html.j2",
        visitor,
        done=request.query_params.get("done", ""),
        of=_account_named(rows, request.query_params),
        accounts=rows[:_MOST],
        account_count=len(rows),
        whole=accounts.sum,
        sees_all=visitor.principal.has(Role.MARKET_OPERATOR, Role.AUDITOR),
        invoices=invoices.invoices if invoices is not None else [],
        more_invoices=invoices is not None and invoices.next is not None,
        waiting=waiting,
        undecided=None if disputes is None else len(undecided),
        may_book=visitor.principal.has(Role.MARKET_OPERATOR),
        typed=typed,
        reasons=reasons,
    )


def _account_named(accounts: Sequence[BookAccount], query: Mapping[str, str]) -> BookAccount | None:
    """Return the account that a payment was booked on, with what its balance is now."""
    asked = (query.get("party"), query.get("role"))
    return next((each for each in accounts if (each.party_id, each.role) == asked), None)


async def proposals_waiting(visitor: Visitor) -> int | None:
    """Return how many proposals wait for an answer; None where the visitor sees none."""
    found = await visitor.calls.seen("/api/contracts/agreementProposals", AgreementProposals)
    if found is None:
        return None
    return sum(each.state is ProposalState.OPEN for each in found.proposals)


def _whose(party: str, role: str) -> dict[str, str]:
    return {name: value for name, value in (("party", party), ("role", role)) if value}


async def _this_month(visitor: Visitor, zone: str) -> str:
    clock = await visitor.calls.get("/api/clock", ClockState)
    return f"{clock.now.astimezone(ZoneInfo(zone)):%Y-%m}"


def _around(month: str) -> tuple[str, str]:
    """Return the months before and after one."""
    year, number = int(month[:4]), int(month[5:])
    at = year * 12 + number - 1
    before, after = (f"{each // 12:04d}-{each % 12 + 1:02d}" for each in (at - 1, at + 1))
    return before, after
