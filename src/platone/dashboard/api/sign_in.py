"""Signing in and out: the browser is sent to the authorization server, and comes back."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from platone.dashboard.api.page import CASE, SESSION, Desk, go_to
from platone.dashboard.service.visit import next_page
from platone.messages.passkey import Passkeys

_BEGUN = "__Host-platone-begun"
"""Cookie of a sign-in that was begun: its state, its proof key, and where to go on."""
_BEGUN_S = 600
"""How long a sign-in may take, s: finding a telephone for the second factor."""


def sign_in_pages(router: APIRouter, desk: Desk) -> None:
    """Add the addresses by which a person signs in and out."""

    @router.get("/sign-in")
    async def get_sign_in(request: Request, then: str = "/", by: str = "") -> Response:
        """Send the browser to sign in, at the provider where there is one; here `by=password`."""
        if f"{request.url.scheme}://{request.url.netloc}" != desk.base_url:
            # cookies are of one address: the one that the authorization server knows
            return RedirectResponse(f"{desk.base_url}/sign-in", 303)
        begun, address = desk.visits.begin(then, is_here=by == "password")
        answer = go_to(address)
        _keep(answer, _BEGUN, begun, _BEGUN_S)
        return answer

    @router.get("/signed-in")
    async def get_signed_in(
        request: Request, code: str = "", state: str = "", iss: str = ""
    ) -> Response:
        """Take the browser back, and remember who it is."""
        begun = request.cookies.get(_BEGUN, "")
        if iss != desk.base_url:  # another server's answer (RFC 9207)
            code = ""
        session = await desk.visits.finish(begun, code, state)
        answer = await _onward(desk, session, next_page(begun))
        _keep(answer, SESSION, session, None)
        _forget(answer, _BEGUN)
        return answer

    @router.get("/signed-in/provider")
    async def get_signed_in_elsewhere(
        request: Request, code: str = "", state: str = ""
    ) -> Response:
        """Take the browser back from the provider, whose answers alone come to this address."""
        begun = request.cookies.get(_BEGUN, "")
        session = await desk.visits.finish_elsewhere(begun, code, state)
        answer = go_to(next_page(begun))
        _keep(answer, SESSION, session, None)
        _forget(answer, _BEGUN)
        return answer

    @router.post("/sign-out")
    async def post_sign_out(request: Request) -> Response:
        """End the sign-in of this browser."""
        await desk.form(request)
        elsewhere = await desk.visits.end(request.cookies.get(SESSION, ""))
        answer = go_to("/")
        if elsewhere:  # a form may lead to our own pages only: this page leads on
            answer = desk.show(request, "signed_out.html.j2", None, address=elsewhere)
            answer.headers["Refresh"] = f"0; url={elsewhere}"
        for name in (SESSION, CASE):
            _forget(answer, name)
        answer.headers["Clear-Site-Data"] = '"storage"'  # what a household's page kept
        return answer


async def _onward(desk: Desk, session: str, then: str) -> Response:
    """Lead to the page to go on with; before it, once, to one that offers a passkey."""
    visitor = await desk.visits.visitor(session, "")
    told = await visitor.calls.seen("/api/identity/passkeys", Passkeys)
    is_offered = told is not None and told.is_offered
    return go_to("/account/passkey", then=then) if is_offered else go_to(then)


def _keep(answer: Response, name: str, value: str, life_s: int | None) -> None:
    answer.set_cookie(
        name, value, max_age=life_s, path="/", secure=True, httponly=True, samesite="lax"
    )


def _forget(answer: Response, name: str) -> None:
    answer.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")
