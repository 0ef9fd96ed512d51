"""A person's own page: how it signs in, where it is signed in, and an auditor's case."""

from urllib.parse import quote, urlsplit

import msgspec
from fastapi import APIRouter, Request, Response

from platone.dashboard.api.home import show_translated
from platone.dashboard.api.page import CASE, FACTOR, INVALID, Desk, go_to
from platone.dashboard.api.translation import is_household, reader_of
from platone.dashboard.domain.browser_name import browser_in_words
from platone.dashboard.domain.own_change import changed_by, own_change
from platone.dashboard.domain.own_path import own_path
from platone.dashboard.domain.read import naming_any, read_in_words
from platone.dashboard.service.visit import Visitor
from platone.infra.page.word import roles_in_words
from platone.messages.access import Accesses
from platone.messages.base import Case, Role
from platone.messages.identity import SignIns
from platone.messages.passkey import Passkeys
from platone.messages.people import Changes
from platone.messages.second_factor import SecondFactorView

_MOST = 1000
"""Accesses on a page: the newest."""
_AT_HOME = "person:"
"""The beginning of the names of people who sign in at this server, not at a provider elsewhere."""
_DONE = frozenset({"factor_off", "others_ended"})
"""Names of the sentences by which the page tells that something was done."""
_NO_CASE = "A case is one word of letters without accents, digits and signs, such as 2026-117."
_CASE_S = 12 * 3600
"""How long a case stands, s: as long as a sign-in."""


def account_pages(router: APIRouter, desk: Desk) -> None:
    """Add the pages of a person's sign-ins and case, and of auditors' accesses."""

    @router.get("/account")
    async def get_account(request: Request, done: str = "") -> Response:
        """Show who the visitor is, how it signs in, and where it is signed in."""
        return await _account(desk, request, await desk.visitor(request), done)

    @router.post("/account/end")
    async def post_end(request: Request) -> Response:
        """End one of the visitor's sign-ins."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        path = f"/api/identity/signIns/{quote(form.get('id', ''), safe='')}"
        await visitor.calls.send("DELETE", path)
        desk.visits.forget()
        return go_to("/account")

    @router.post("/account/end-all")
    async def post_end_all(request: Request) -> Response:
        """End all sign-ins of the visitor, or all others than this one."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        others = "others" in form
        path = "/api/identity/signIns?others=true" if others else "/api/identity/signIns"
        await visitor.calls.send("DELETE", path)
        desk.visits.forget()
        return go_to("/account", done="others_ended") if others else go_to("/")

    _cases(router, desk)


def _cases(router: APIRouter, desk: Desk) -> None:
    """Add the page that asks for a case, and that of auditors' accesses."""

    @router.post("/case")
    async def post_case(request: Request) -> Response:
        """Name the case that an auditor looks into."""
        form = await desk.form(request)
        try:
            case = msgspec.convert(form.get("case", "").strip(), Case)
        except msgspec.ValidationError:
            visitor = await desk.visitor(request)
            return desk.show_with(
                INVALID,
                request,
                "case.html.j2",
                visitor,
                then=own_path(form.get("then", "/")),
                typed=form.get("case", ""),
                reasons=[_NO_CASE],
            )
        answer = go_to(own_path(form.get("then", "/")))
        answer.set_cookie(
            CASE, case, max_age=_CASE_S, path="/", secure=True, httponly=True, samesite="lax"
        )
        return answer

    @router.get("/accesses")
    async def get_accesses(request: Request, about: str = "") -> Response:
        """Show what auditors read, and for which case, of all or of whom the address names."""
        visitor = await desk.visitor(request)
        every = (await visitor.calls.get("/api/identity/accesses", Accesses)).accesses
        # chosen here: a name in a call that an auditor makes would itself be recorded
        found = naming_any(every, about) if about.strip() else every
        return desk.show(
            request,
            "accesses.html.j2",
            visitor,
            accesses=found[: -_MOST - 1 : -1],
            left_out=max(0, len(found) - _MOST),
            about=about.strip(),
            others=len(every) - len(found),
            read_in_words=read_in_words,
        )


async def _account(desk: Desk, request: Request, visitor: Visitor, done: str) -> Response:
    calls, reader = visitor.calls, reader_of(request, desk.zone)
    told = reader.told
    found = await calls.get("/api/identity/signIns", SignIns)
    keys = await calls.get("/api/identity/passkeys", Passkeys)
    changes = await calls.get("/api/identity/ownChanges", Changes)

    def named(agent: str) -> str:
        return browser_in_words(agent, told["browser_on"], told["browser_unknown"])

    return show_translated(
        desk,
        request,
        "account.html.j2",
        visitor,
        sign_ins=[(each, named(each.agent)) for each in found.sign_ins],
        passkeys=[(each, named(each.agent)) for each in keys.passkeys],
        may_have_passkey=keys.is_possible,
        factor=await calls.get(FACTOR, SecondFactorView),
        is_at_home=visitor.principal.client_id.startswith(_AT_HOME),
        changes=[
            (each, own_change(each), changed_by(each, visitor.name)) for each in changes.changes
        ],
        roles=roles_in_words(visitor.principal.roles, reader.language),
        is_auditor=visitor.principal.has(Role.AUDITOR),
        server=urlsplit(desk.base_url),
        done=done if done in _DONE else "",
        is_home=is_household(visitor),
    )
