"""Signing in at an OpenID Connect provider elsewhere: its tokens are the person's at REST, too."""

import hashlib
import secrets
import time
from base64 import urlsafe_b64encode
from collections import OrderedDict
from dataclasses import dataclass
from urllib.parse import urlencode

import msgspec

from platone.dashboard.domain.problem import SignInBroken
from platone.infra.http.partner_problem import PartnerUnavailable
from platone.infra.http.provider_verifier import ProviderVerifier
from platone.infra.http.security import Principal, TokenInvalid
from platone.messages.provider import ProviderTokens

MARK = "p."
"""The beginning of cookies of these sign-ins; no refresh token of this server has a dot."""
_SESSIONS = 10_000
"""Sign-ins that are held at most: the oldest is led to the provider again, which knows it still."""
_LIFE_S = 12 * 3600.0
"""How long a person stays signed in here, s: a working day, as by password."""
_OK, _SERVER_ERROR = 200, 500
"""HTTP statuses of tokens that were given, and of a provider that fails."""


@dataclass(frozen=True, slots=True)
class ProviderToken:
    """An access token of a person, and whom it speaks for.

    Attributes:
        token: The token.
        principal: Its party and roles.
        life_s: Seconds until it ends.
    """

    token: str
    principal: Principal
    life_s: float


@dataclass(slots=True)
class _Session:
    subject: str
    given: ProviderTokens
    id_token: str
    given_s: float
    until_s: float


class ProviderSignIn:
    """Signs browsers in at a provider by code and PKCE; what it holds ends with the process.

    After a start the browser is led to the provider, which knows it still, and comes back at once.

    Args:
        verifier: Checks the provider's tokens.
        base_url: Where the pages are reached.
    """

    def __init__(self, verifier: ProviderVerifier, base_url: str) -> None:
        self._verifier, self._provider = verifier, verifier.provider
        self._home = f"{base_url}/"
        self._redirect_uri = f"{base_url}/signed-in/provider"
        self._sessions: OrderedDict[str, _Session] = OrderedDict()

    def address(self, state: str, verifier: str, challenge: str) -> str:
        """Return the provider's address where a person signs in.

        Raises:
            PartnerUnavailable: It does not answer.
        """
        asked = {
            "response_type": "code",
            "client_id": self._provider.rules.client_id,
            "redirect_uri": self._redirect_uri,
            "scope": "openid",
            "state": state,
            "nonce": _nonce(verifier),
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self._provider.metadata.authorization_endpoint}?{urlencode(asked)}"

    async def finish(self, code: str, verifier: str) -> str:
        """Return the cookie of a sign-in that comes back with a code.

        Raises:
            SignInBroken: The code is not good, or what the provider says is not for this sign-in.
            PartnerUnavailable: It does not answer.
        """
        given = await self._tokens(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self._redirect_uri,
                "code_verifier": verifier,
            }
        )
        if given is None or not code:
            raise SignInBroken("The provider does not know this sign-in, or no more.")
        try:
            await self._verifier.make_ready(given.id_token)
            told = self._verifier.check_sign_in(
                given.id_token, given.access_token, _nonce(verifier)
            )
            self._verifier.principal(given.access_token)
        except TokenInvalid as refused:
            raise SignInBroken(f"What the provider said cannot be taken: {refused}") from refused
        now_s, cookie = time.monotonic(), f"{MARK}{secrets.token_urlsafe(32)}"
        self._sessions[_hash(cookie)] = _Session(
            str(told["sub"]), given, given.id_token, now_s, now_s + _LIFE_S
        )
        if len(self._sessions) > _SESSIONS:
            self._sessions.popitem(last=False)
        return cookie

    async def token(self, cookie: str, least_s: float) -> ProviderToken | None:
        """Return the token of a sign-in, renewed where it ends soon; None where it has ended.

        Args:
            cookie: The sign-in's cookie.
            least_s: How long the token is to last, seconds.

        Raises:
            PartnerUnavailable: The provider does not answer.
        """
        session = self._sessions.get(_hash(cookie))
        found = await self._lasting(session, least_s) if session is not None else None
        if found is None:
            self._sessions.pop(_hash(cookie), None)
        return found

    async def end(self, cookie: str) -> str:
        """End a sign-in here; return the address that ends it at the provider, empty for none."""
        session = self._sessions.pop(_hash(cookie), None)
        try:
            address = self._provider.metadata.end_session_endpoint
        except PartnerUnavailable:
            return ""
        if session is None or not address:
            return ""
        asked = {
            "client_id": self._provider.rules.client_id,
            "id_token_hint": session.id_token,
            "post_logout_redirect_uri": self._home,
        }
        return f"{address}?{urlencode(asked)}"

    async def _lasting(self, session: _Session, least_s: float) -> ProviderToken | None:
        if session.until_s <= time.monotonic():
            return None
        if self._left_s(session) < least_s and not await self._renew(session):
            return None
        token = session.given.access_token
        try:
            await self._verifier.make_ready(token)
            return ProviderToken(token, self._verifier.principal(token), self._left_s(session))
        except TokenInvalid:  # its key was taken back, or it says other things now
            return None

    def _left_s(self, session: _Session) -> float:
        return session.given.expires_in - (time.monotonic() - session.given_s)

    async def _renew(self, session: _Session) -> bool:
        if not session.given.refresh_token:
            return False
        form = {"grant_type": "refresh_token", "refresh_token": session.given.refresh_token}
        given = await self._tokens(form)
        if given is None:
            return False
        kept = given.refresh_token or session.given.refresh_token
        session.given = msgspec.structs.replace(given, refresh_token=kept)
        session.given_s = time.monotonic()
        return True

    async def _tokens(self, form: dict[str, str]) -> ProviderTokens | None:
        """Return the answer of the provider's token endpoint; None where it refuses."""
        address = self._provider.metadata.token_endpoint
        answer = await self._provider.post(address, form)
        if answer.status_code >= _SERVER_ERROR:
            raise PartnerUnavailable(f"The provider answered {answer.status_code}.")
        if answer.status_code != _OK:
            return None
        try:
            return msgspec.json.decode(answer.content, type=ProviderTokens)
        except msgspec.DecodeError as error:
            raise PartnerUnavailable("The provider's answer cannot be read.") from error


def _nonce(verifier: str) -> str:
    """Return the nonce of a sign-in: bound to its proof key, which no one but this browser has."""
    digest = hashlib.sha256(b"nonce " + verifier.encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def _hash(cookie: str) -> str:
    """Return a hash to find a cookie of 256 random bits by."""
    return hashlib.sha256(cookie.encode()).hexdigest()
