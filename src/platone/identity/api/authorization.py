"""The authorization endpoint (RFC 6749 section 3.1): the page on which people sign in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from platone.identity.domain.code import Authorization, is_challenge
from platone.identity.domain.person import AGENT_KEPT, Person
from platone.identity.domain.problem import (
    AuthorizationInvalid,
    SignInRefused,
    TooManyFailures,
)
from platone.identity.service.guess_limit import Claim
from platone.identity.service.passkeys import Passkeys
from platone.identity.service.sign_in import SignIn
from platone.identity.service.web_client import WebClient, WebClients
from platone.infra.http.form import ForeignForm, check_own_page, read_form
from platone.infra.http.problem import STATUS
from platone.infra.http.security import SCOPE
from platone.infra.page.language import chosen, sentences
from platone.infra.page.render import Pages
from platone.infra.page.word import roles_in_words
from platone.kernel.errors import PlatoneError

_ASKED = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)
"""Parameters of a request for a code, which the page's form sends again."""
_HINT = "login_hint"
"""Whom the client wants to sign in (OpenID Connect Core section 3.1.2.1); by a press only."""
_PROXIES = {"forwarded", "x-forwarded-for", "via"}
"""Headers that proxies add."""
_MOST = 512
"""Longest parameter that is taken, characters."""
_SEE_OTHER = 303
"""The status by which a browser that sent a form is led on, without the form."""


@dataclass(frozen=True, slots=True)
class AuthorizationService:
    """The functions that the authorization endpoint calls.

    Attributes:
        issuer: Who answers, a URL.
        clients: Which clients send browsers here.
        sign_in: Lets people in.
        passkeys: Lets people in by their devices.
        issue: Makes a code.
        pages: Renders pages.
    """

    issuer: str
    clients: WebClients
    sign_in: SignIn
    passkeys: Passkeys
    issue: Callable[[Authorization], str]
    pages: Pages


class _CannotGoOn(Exception):
    """The request is refused at its client's address, by a code of RFC 6749 section 4.1.2.1."""


def authorization_router(service: AuthorizationService) -> APIRouter:
    """Make the routes of the authorization endpoint: the page, and its form."""
    router = APIRouter(include_in_schema=False)

    @router.get("/oauth2/authorize")
    async def get_sign_in(request: Request) -> Response:
        """Show the page on which a person signs in; let in by a press whom our page names."""
        asked = _asked(dict(request.query_params))
        try:
            client = _client(service, asked)
            try:
                _check(asked)
            except _CannotGoOn as refused:
                return _back(service, asked, error=str(refused))
            person = await _pressed(service, request)
            if person is not None:
                return _let_in(service, request, client, asked, person)
            return await _page(service, request, asked)
        except PlatoneError as refused:
            return refusal_page(service.pages, request, refused)

    @router.post("/oauth2/authorize")
    async def post_sign_in(request: Request) -> Response:
        """Let a person in, and send the browser back to the client with a code."""
        try:
            check_own_page(request, service.issuer)
            form = await read_form(request)
            asked = _asked(form)
            client = _client(service, asked)
            try:
                _check(asked)
            except _CannotGoOn as refused:
                return _back(service, asked, error=str(refused))
            try:
                person = await _person(service, request, form)
            except (SignInRefused, TooManyFailures) as refused:
                return await _page(service, request, asked, form.get("name", ""), refused)
        except PlatoneError as refused:
            return refusal_page(service.pages, request, refused)
        return _let_in(service, request, client, asked, person)

    return router


def _let_in(
    service: AuthorizationService,
    request: Request,
    client: WebClient,
    asked: dict[str, str],
    person: Person,
) -> Response:
    """Send the browser back to its client with a code for a person."""
    agent = request.headers.get("User-Agent", "")[:AGENT_KEPT]
    code = service.issue(
        Authorization(client.client_id, client.redirect_uri, asked["code_challenge"], person, agent)
    )
    return _back(service, asked, code=code)


async def _pressed(service: AuthorizationService, request: Request) -> Person | None:
    """Return the development person whom a press on a page of ours named; none for all others.

    A link or a redirect of another site presses nothing: who is not sent by us sees the page.
    """
    named = request.query_params.get(_HINT, "")[:_MOST]
    try:
        check_own_page(request, service.issuer)
        return await _by_press(service, request, named)
    except (ForeignForm, SignInRefused):
        return None


async def _by_press(service: AuthorizationService, request: Request, name: str) -> Person:
    claim = Claim(name, "", _machine(request))
    return await service.sign_in.press(claim, request.headers.get("Host", ""))


def _asked(given: dict[str, str]) -> dict[str, str]:
    return {name: given[name][:_MOST] for name in _ASKED if name in given}


def _client(service: AuthorizationService, asked: dict[str, str]) -> WebClient:
    found = service.clients.find(asked.get("client_id", ""), asked.get("redirect_uri", ""))
    if found is None:
        raise AuthorizationInvalid("The program that began this sign-in is not known here.")
    return found


def _check(asked: dict[str, str]) -> None:
    if asked.get("response_type") != "code":
        raise _CannotGoOn("unsupported_response_type")
    if asked.get("code_challenge_method") != "S256" or not asked.get("state"):
        raise _CannotGoOn("invalid_request")
    if not is_challenge(asked.get("code_challenge", "")):
        raise _CannotGoOn("invalid_request")
    if set(asked.get("scope", "").split()) - {SCOPE}:
        raise _CannotGoOn("invalid_scope")


async def _person(service: AuthorizationService, request: Request, form: dict[str, str]) -> Person:
    if "press" in form:
        return await _by_press(service, request, form["press"])
    if "passkey" in form:
        return await service.passkeys.sign_in(form, origin_of(request))
    claim = Claim(form.get("name", "").strip(), form.get("password", ""), origin_of(request))
    return await service.sign_in(claim, typed_code(form))


def typed_code(form: Mapping[str, str]) -> str:
    """Return the one-time code of a form, or else the recovery code."""
    return (form.get("code") or form.get("recovery", ""))[:_MOST]


def origin_of(request: Request) -> str:
    """Return where a browser calls from."""
    return request.client.host if request.client is not None else ""


def _machine(request: Request) -> str:
    """Return where the browser is; nowhere where a proxy stands between, whoever it speaks for."""
    is_behind = not _PROXIES.isdisjoint(request.headers.keys())
    return "" if is_behind else origin_of(request)


async def _page(
    service: AuthorizationService,
    request: Request,
    asked: dict[str, str],
    name: str = "",
    refused: PlatoneError | None = None,
) -> Response:
    claim = Claim("", "", _machine(request))
    presses = await service.sign_in.pressable(claim, request.headers.get("Host", ""))
    question = service.passkeys.question()
    told = in_language(request)
    shown = told | {
        "name": name[:_MOST],
        "parameters": asked,
        "refusal": refused.slug if refused is not None else "",
        "question": msgspec.json.encode(question).decode() if question is not None else "",
        "presses": [
            {"name": each.name, "roles": roles_in_words(each.party.roles, str(told["language"]))}
            for each in presses
        ],
    }
    status = STATUS[refused.kind] if refused is not None else 200
    made = service.pages.page("sign_in.html.j2", shown, status)
    if isinstance(refused, TooManyFailures):
        made.headers["Retry-After"] = str(refused.wait_s)
    return made


def in_language(request: Request) -> dict[str, object]:
    """Return the sentences of a page in the language of whoever reads it."""
    language = chosen(request.cookies, request.headers.get("Accept-Language", ""))
    return {"language": language, "t": sentences("platone.identity", language)}


def refusal_page(pages: Pages, request: Request, refused: PlatoneError) -> Response:
    """Return the page of a refusal that no form can mend."""
    told = {"title": refused.title, "detail": refused.detail, "slug": refused.slug}
    shown = in_language(request) | told
    return pages.page("refused.html.j2", shown, STATUS[refused.kind])


def _back(service: AuthorizationService, asked: dict[str, str], **said: str) -> Response:
    """Send the browser back to its client, which knows by `iss` who answers (RFC 9207)."""
    parameters = said | {"iss": service.issuer}
    if "state" in asked:
        parameters["state"] = asked["state"]
    address = f"{asked['redirect_uri']}?{urlencode(parameters)}"
    return RedirectResponse(address, _SEE_OTHER, {"Cache-Control": "no-store"})
