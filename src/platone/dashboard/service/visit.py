"""Visits: a browser's cookie becomes a person with a token, until the sign-in ends."""

import contextlib
import hmac
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlencode

import httpx
import msgspec

from platone.dashboard.domain.own_path import own_path
from platone.dashboard.domain.problem import SignInBroken, SignInNeeded
from platone.dashboard.service.person_call import PersonCalls
from platone.dashboard.service.provider_sign_in import MARK, ProviderSignIn
from platone.infra.http.partner_problem import PartnerUnavailable
from platone.infra.http.security import SCOPE, Principal, TokenVerifier
from platone.messages.identity import TokenResponse

_EARLY_S = 30.0
"""How long before its end a token is renewed, s: longer than a page takes."""
_VISITORS = 10_000
"""Visitors whose tokens are remembered; of others a token is asked for at each page."""
_OK, _SERVER_ERROR = 200, 500
"""HTTP statuses of a token that was given, and of a server that fails."""
_BEGUN_PARTS = 3
"""Parts of the cookie of a sign-in that was begun: state, verifier, and where to go on."""


@dataclass(frozen=True, slots=True)
class WebClient:
    """The client by which the dashboard signs people in.

    Attributes:
        client_id: Its identifier.
        secret: Its secret.
        redirect_uri: Where browsers come back to.
    """

    client_id: str
    secret: str
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person who visits.

    Attributes:
        principal: Its party and roles, as its token says them.
        calls: Calls in its name.
        name: What it signed in by.
        csrf: What its forms carry, so that no other site can send them.
        case: The case that it looks into, as an auditor.
    """

    principal: Principal
    calls: PersonCalls
    name: str
    csrf: str
    case: str


@dataclass(frozen=True, slots=True)
class _Held:
    token: str
    principal: Principal
    until_s: float


class Visits:
    """Signs browsers in by an authorization code, and knows them again by their cookie.

    The cookie is the sign-in's refresh token: only this client, whose secret never leaves the
    process, gets tokens for it, and identity keeps nothing but its hash.

    Args:
        http: The HTTP client, bound to the ASGI application in process.
        client: The client by which people are signed in.
        verifier: Checks tokens.
        provider: Signs people in at a provider elsewhere; none: all sign in here.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        client: WebClient,
        verifier: TokenVerifier,
        provider: ProviderSignIn | None = None,
    ) -> None:
        self._http, self._client, self._verifier = http, client, verifier
        self._provider = provider
        self._held: OrderedDict[bytes, _Held] = OrderedDict()
        self._key = secrets.token_bytes(32)

    @property
    def open_calls(self) -> PersonCalls:
        """Return the calls of nobody in particular: to what is open to all."""
        return PersonCalls(self._http, "")

    def begin(self, then: str, *, is_here: bool = False, name: str = "") -> tuple[str, str]:
        """Return the cookie of a sign-in that begins, and the address where a person signs in.

        Args:
            then: The page of ours to go on with.
            is_here: Whether to sign in at this server, also where there is a provider; so does
                everybody while that is away.
            name: Who is to sign in, where development people do by a press; empty for anybody.
        """
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        kept = urlsafe_b64encode(own_path(then).encode()).decode()
        begun = f"{state}.{verifier}.{kept}"
        if self._provider is not None and not is_here:
            with contextlib.suppress(PartnerUnavailable):
                return begun, self._provider.address(state, verifier, challenge)
        asked = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "redirect_uri": self._client.redirect_uri,
            "scope": SCOPE,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        if name:
            asked["login_hint"] = name
        return begun, f"/oauth2/authorize?{urlencode(asked)}"

    async def finish(self, begun: str, code: str, state: str) -> str:
        """Return the refresh token of a sign-in that a browser comes back from.

        Raises:
            SignInBroken: It was not begun in this browser, or its code is not good any more.
        """
        verifier = _proof_key(begun, state)
        made = await self._token(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self._client.redirect_uri,
                "code_verifier": verifier,
            }
        )
        if made is None or made.refresh_token is None:
            raise SignInBroken("This sign-in took too long.")
        return made.refresh_token

    async def finish_elsewhere(self, begun: str, code: str, state: str) -> str:
        """Return the cookie of a sign-in that a browser comes back from the provider with.

        Raises:
            SignInBroken: As for :meth:`finish`, or there is no provider.
            PartnerUnavailable: It does not answer.
        """
        verifier = _proof_key(begun, state)
        if self._provider is None:
            raise SignInBroken("There is no provider that people sign in at.")
        return await self._provider.finish(code, verifier)

    async def visitor(self, cookie: str, case: str) -> Visitor:
        """Return the person of a cookie.

        Raises:
            SignInNeeded: There is none: it is empty, or its sign-in has ended.
        """
        mark = self._mark(cookie)
        held = self._held.get(mark)
        if held is None or held.until_s <= time.monotonic():
            held = await self._renewed(cookie)
            self._held[mark] = held
            self._held.move_to_end(mark)
            if len(self._held) > _VISITORS:
                self._held.popitem(last=False)
        name = held.principal.client_id.partition(":")[2]
        calls = PersonCalls(self._http, held.token, case)
        return Visitor(held.principal, calls, name, self._csrf(cookie), case)

    async def _renewed(self, cookie: str) -> _Held:
        if cookie.startswith(MARK):
            return await self._renewed_elsewhere(cookie)
        form = {"grant_type": "refresh_token", "refresh_token": cookie}
        made = await self._token(form) if cookie else None
        if made is None:
            raise SignInNeeded("Sign in to see this page.")
        until_s = time.monotonic() + made.expires_in - _EARLY_S
        return _Held(made.access_token, self._verifier.principal(made.access_token), until_s)

    async def _renewed_elsewhere(self, cookie: str) -> _Held:
        found = await self._provider.token(cookie, _EARLY_S) if self._provider else None
        if found is None:
            raise SignInNeeded("Sign in to see this page.")
        until_s = time.monotonic() + max(found.life_s - _EARLY_S, 0.0)
        return _Held(found.token, found.principal, until_s)

    async def end(self, cookie: str) -> str:
        """End the sign-in of a cookie; return the address that ends it elsewhere, if any."""
        self.forget()
        if cookie.startswith(MARK):
            return await self._provider.end(cookie) if self._provider else ""
        auth = (self._client.client_id, self._client.secret)
        await self._http.post("/oauth2/revoke", data={"token": cookie}, auth=auth)
        return ""

    def forget(self) -> None:
        """Forget all tokens, so that a sign-in that was ended elsewhere is not seen as lasting."""
        self._held.clear()

    def is_own_form(self, cookie: str, csrf: str) -> bool:
        """Return whether a form carries what our page gave to this browser."""
        return hmac.compare_digest(self._csrf(cookie).encode(), csrf.encode())

    def _csrf(self, cookie: str) -> str:
        return hmac.new(self._key, b"form " + cookie.encode(), sha256).hexdigest()

    def _mark(self, cookie: str) -> bytes:
        return hmac.new(self._key, b"visit " + cookie.encode(), sha256).digest()

    async def _token(self, form: dict[str, str]) -> TokenResponse | None:
        """Return the answer of the token endpoint; None where it refuses."""
        auth = (self._client.client_id, self._client.secret)
        try:
            answer = await self._http.post("/oauth2/token", data=form, auth=auth)
        except httpx.TransportError as error:
            raise PartnerUnavailable("The token endpoint has no answer.") from error
        if answer.status_code >= _SERVER_ERROR:
            raise PartnerUnavailable(f"The token endpoint answered {answer.status_code}.")
        if answer.status_code != _OK:
            return None
        return msgspec.json.decode(answer.content, type=TokenResponse)


def _proof_key(begun: str, state: str) -> str:
    """Return the proof key of a sign-in that was begun in this browser with this state.

    Raises:
        SignInBroken: It was not.
    """
    parts = begun.split(".")
    if len(parts) != _BEGUN_PARTS or not hmac.compare_digest(parts[0].encode(), state.encode()):
        raise SignInBroken("This sign-in was not begun in this browser.")
    return parts[1]


def next_page(begun: str) -> str:
    """Return the page of ours to go on with after a sign-in; the first one where it is none."""
    try:
        then = urlsafe_b64decode(begun.rpartition(".")[2]).decode()
    except ValueError:
        return "/"
    return own_path(then)
