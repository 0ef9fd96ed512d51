"""Tokens of an issuer elsewhere, checked by the keys that it publishes."""

import asyncio
from dataclasses import replace

import httpx
import msgspec
from joserfc.jwk import KeySet as JoseKeySet

from platone.infra.http.partner_problem import PartnerUnavailable
from platone.infra.http.security import Principal, TokenVerifier
from platone.kernel.errors import Kind, PlatoneError
from platone.messages.base import Role
from platone.messages.identity import KeySet, ServerMetadata

_METADATA = "/.well-known/oauth-authorization-server"
_KEYS = "/.well-known/jwks.json"
_REFRESH_S = 60.0
"""Pause between two looks at an issuer's keys, s: a new key is known within it."""


class IssuerUnknown(PlatoneError):
    """The server that issues tokens has not answered since this one started. Try again later."""

    slug = "issuer-unknown"
    title = "Nobody can be let in yet"
    kind = Kind.UNAVAILABLE


class RemoteIssuer:
    """Checks tokens of an issuer elsewhere; in the place of a `TokenVerifier`.

    Auditors are not let in as such: their calls are recorded where the tokens are issued.

    Args:
        http: The HTTP client of the issuer's server.
    """

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._verifier: TokenVerifier | None = None

    def principal(self, token: str) -> Principal:
        """Return the party that a token speaks for.

        Raises:
            IssuerUnknown: The issuer's keys are not known yet.
            TokenInvalid: With the reason.
        """
        found = self._known().principal(token)
        return replace(found, roles=found.roles - {Role.AUDITOR})

    def has_expired(self, principal: Principal) -> bool:
        """Return whether the token of a caller has ended meanwhile."""
        return self._known().has_expired(principal)

    async def turn(self) -> None:
        """Read the issuer's name and keys, and wait before the next look.

        Raises:
            PartnerUnavailable: It does not answer.
        """
        try:
            told = (await self._http.get(_METADATA)).raise_for_status().content
            keys = (await self._http.get(_KEYS)).raise_for_status().content
        except httpx.HTTPError as error:
            raise PartnerUnavailable(f"The issuer of tokens has no answer: {error!r}") from error
        issuer = msgspec.json.decode(told, type=ServerMetadata).issuer
        known = JoseKeySet.import_key_set({"keys": msgspec.json.decode(keys, type=KeySet).keys})
        self._verifier = TokenVerifier(issuer, lambda: known)
        await asyncio.sleep(_REFRESH_S)

    def _known(self) -> TokenVerifier:
        if self._verifier is None:
            raise IssuerUnknown("The issuer of tokens has not answered yet.")
        return self._verifier
