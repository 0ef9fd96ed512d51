"""Signing in and out: the browser is sent to the authorization server, and comes back."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from platone.dashboard.api.page import CASE, FACTOR, SESSION, Desk, go_to, onward
from platone.dashboard.api.translation import in_language, reader_of
from platone.dashboard.service.visit import next_page
from platone.messages.passkey import Passkeys
from platone.messages.second_factor import SecondFactorView

_BEGUN = "__Host-platone-begun"
"""Cookie of a sign-in that was begun: its state, its proof key, and where to go on."""
_NAME = 100
"""Longest name that is asked to sign in, characters: as long as people's names are."""
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
        return _led(*desk.visits.begin(then, is_here=by == "password"))

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
        """End the sign-in of this browser, and lead on where its form says, such as to another's.

        Another is signed in by a form of ours alone: no link of a foreign page can choose who acts.
        """
        form = await desk.form(request)
        elsewhere = await desk.visits.end(request.cookies.get(SESSION, ""))
        answer = onward(form, "/")
        if "as" in form:
            answer = _led(*desk.visits.begin(form.get("then", "/"), name=form["as"][:_NAME]))
        if elsewhere:  # a form may lead to our own pages only: this page leads on
            told = in_language(reader_of(request, desk.zone))
            answer = desk.show(request, "signed_out.html.j2", None, **told, address=elsewhere)
            answer.headers["Refresh"] = f"0; url={elsewhere}"
        for name in (SESSION, CASE):
            _forget(answer, name)
        answer.headers["Clear-Site-Data"] = '"storage"'  # what a household's page kept
        return answer


def _led(begun: str, address: str) -> Response:
    """Lead to where somebody signs in, and remember what was begun."""
    answer = go_to(address)
    _keep(answer, _BEGUN, begun, _BEGUN_S)
    return answer


async def _onward(desk: Desk, session: str, then: str) -> Response:
    """Lead to the page to go on with; before it, once, to one that offers more than a password."""
    visitor = await desk.visits.visitor(session, "")
    told = await visitor.calls.seen("/api/identity/passkeys", Passkeys)
    if told is not None and told.is_offered:
        return go_to("/account/passkey", then=then)
    factor = await visitor.calls.seen(FACTOR, SecondFactorView)
    if factor is not None and factor.is_offered:
        return go_to("/account/second-factor", then=then)
    return go_to(then)


def _keep(answer: Response, name: str, value: str, life_s: int | None) -> None:
    answer.set_cookie(
        name, value, max_age=life_s, path="/", secure=True, httponly=True, samesite="lax"
    )


def _forget(answer: Response, name: str) -> None:
    answer.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")
