"""A person's own page: where it is signed in, and an auditor's case."""

from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Request, Response

from platone.dashboard.api.page import CASE, Desk, go_to
from platone.dashboard.domain.own_path import own_path
from platone.dashboard.domain.problem import FieldWrong
from platone.infra.http.security import CASE_HEADER
from platone.messages.access import Accesses
from platone.messages.base import Case
from platone.messages.identity import SignIns
from platone.messages.passkey import Passkeys

_AT_HOME = "person:"
"""The beginning of the names of people who sign in at this server, not at a provider elsewhere."""
_CASE_S = 12 * 3600
"""How long a case stands, s: as long as a sign-in."""


def account_pages(router: APIRouter, desk: Desk) -> None:
    """Add the pages of a person's sign-ins and case, and of auditors' accesses."""

    @router.get("/account")
    async def get_account(request: Request) -> Response:
        """Show who the visitor is, and where it is signed in."""
        visitor = await desk.visitor(request)
        found = await visitor.calls.get("/api/identity/signIns", SignIns)
        roles = ", ".join(sorted(role.value for role in visitor.principal.roles))
        keys = await visitor.calls.get("/api/identity/passkeys", Passkeys)
        return desk.show(
            request,
            "account.html.j2",
            visitor,
            sign_ins=found.sign_ins,
            passkeys=keys.passkeys,
            has_password=visitor.principal.client_id.startswith(_AT_HOME),
            roles=roles,
        )

    @router.post("/account/end")
    async def post_end(request: Request) -> Response:
        """End one of the visitor's sign-ins."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        path = f"/api/identity/signIns/{quote(form.get('id', ''), safe='')}"
        await visitor.calls.send("DELETE", path)
        desk.visits.forget()
        return go_to("/account")

    @router.post("/case")
    async def post_case(request: Request) -> Response:
        """Name the case that an auditor looks into."""
        form = await desk.form(request)
        try:
            case = msgspec.convert(form.get("case", "").strip(), Case)
        except msgspec.ValidationError as error:
            raise FieldWrong(f"{CASE_HEADER}: {error}", field="case") from error
        answer = go_to(own_path(form.get("then", "/")))
        answer.set_cookie(
            CASE, case, max_age=_CASE_S, path="/", secure=True, httponly=True, samesite="lax"
        )
        return answer

    @router.get("/accesses")
    async def get_accesses(request: Request) -> Response:
        """Show what auditors read, and for which case."""
        visitor = await desk.visitor(request)
        found = await visitor.calls.get("/api/identity/accesses", Accesses)
        return desk.show(request, "accesses.html.j2", visitor, accesses=found.accesses[::-1])
