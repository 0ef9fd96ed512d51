"""An OpenID Connect provider elsewhere: where it is reached, and its keys, which roll over."""

import asyncio
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key

from platone.infra.http.partner_problem import PartnerUnavailable
from platone.messages.base import Role
from platone.messages.identity import KeySet
from platone.messages.provider import ProviderMetadata

T = TypeVar("T")
_WELL_KNOWN = "/.well-known/openid-configuration"
_REFRESH_S = 30.0
"""Pause between two looks at a provider, s: so soon it is known that it is away, or has taken a key
back."""
_ASKED_AGAIN_S = 5.0
"""Least pause between two looks that strangers' tokens of unknown keys cause, s."""
KEYS_LAST_S = 3600.0
"""How long known keys count while the provider is away, s: an hour, in which it is brought back."""
_ANSWER_S = 10.0
"""Longest wait for a provider's answer, s: a person waits for the page."""
_MOST_BYTES = 256 * 1024
"""Longest document of a provider that is read, bytes: a set of keys has some kilobytes."""
_MOST_KEYS = 50
"""Most keys of a provider that are held: it has some at a time, also while they roll over."""
_SIGNING = ("RSA", "EC")
"""Types of keys that tokens are checked by: never a secret (`oct`), which both sides would know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRules:
    """The words by which a provider is spoken to and believed.

    Attributes:
        issuer: Its name, an https address.
        client_id: The identifier under which it knows our pages.
        client_secret: The secret of that client.
        audience: Whom access tokens for this server name; not the pages' identifier, which stands
            in tokens that only tell who signed in.
        party_claim: Claim of a token that names the party; dots lead into objects.
        roles_claim: Claim that names the roles, likewise.
        name_claim: Claim by which the log names who called, likewise.
        roles: Our roles by the provider's names of them; by their own names where there are none.
        parties: The parties that it may speak for; none: all.
    """

    issuer: str
    client_id: str
    client_secret: str
    audience: str = "platone"
    party_claim: str = "party"
    roles_claim: str = "roles"
    name_claim: str = "sub"
    roles: Mapping[str, Role]
    parties: frozenset[str] = frozenset()


class Provider:
    """A provider as it is known now.

    Args:
        rules: How it is spoken to.
        ca_file: Certificates of authorities that it is trusted by; none: the system's.

    Attributes:
        rules: How it is spoken to.
    """

    def __init__(self, rules: ProviderRules, ca_file: Path | None = None) -> None:
        self.rules = rules
        trusted = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
        self._http = httpx.AsyncClient(verify=trusted, timeout=_ANSWER_S)
        self._metadata: ProviderMetadata | None = None
        self._keys: dict[str, Key] = {}
        self._read_s = -KEYS_LAST_S
        self._asked_s = -_ASKED_AGAIN_S
        self._one = asyncio.Lock()
        self._is_away = True

    @property
    def keys(self) -> Mapping[str, Key]:
        """Return its public keys by their identifiers; none where they were not read for long."""
        return self._keys if time.monotonic() - self._read_s < KEYS_LAST_S else {}

    @property
    def metadata(self) -> ProviderMetadata:
        """Return where it is reached.

        Raises:
            PartnerUnavailable: It does not answer.
        """
        if self._metadata is None or self._is_away:
            raise PartnerUnavailable(f"{self.rules.issuer} has no answer.")
        return self._metadata

    async def close(self) -> None:
        """End its connections."""
        await self._http.aclose()

    async def turn(self) -> None:
        """Read where it is reached and its keys, and wait before the next look.

        Raises:
            PartnerUnavailable: It does not answer, or says something else.
        """
        try:
            await self._look()
        except PartnerUnavailable:
            self._is_away = True
            raise
        self._is_away = False
        await asyncio.sleep(_REFRESH_S)

    async def _look(self) -> None:
        told = await self._get(self.rules.issuer.rstrip("/") + _WELL_KNOWN, ProviderMetadata)
        if told.issuer != self.rules.issuer:
            raise PartnerUnavailable(f"{self.rules.issuer} says that it is {told.issuer[:200]}.")
        foreign = [each for each in _addresses(told) if not each.startswith("https://")]
        if foreign:
            raise PartnerUnavailable(f"{self.rules.issuer} has an address without TLS.")
        await self._read_keys(told)
        self._metadata = told

    async def learn(self, key_id: str) -> None:
        """Look for a key that is not known yet; a flood of unknown ones causes few looks."""
        async with self._one:
            is_early = time.monotonic() - self._asked_s < _ASKED_AGAIN_S
            if key_id in self._keys or self._metadata is None or is_early:
                return
            self._asked_s = time.monotonic()
            try:
                await self._read_keys(self._metadata)
            except PartnerUnavailable:
                return  # the loop tells of it

    async def post(self, address: str, form: Mapping[str, str]) -> httpx.Response:
        """Send a form in the name of our client.

        Raises:
            PartnerUnavailable: There is no answer.
        """
        auth = (self.rules.client_id, self.rules.client_secret)
        try:
            return await self._http.post(address, data=dict(form), auth=auth)
        except httpx.HTTPError as error:
            self._is_away = True  # until the next look
            raise PartnerUnavailable(f"{address} has no answer: {error!r}") from error

    async def _read_keys(self, told: ProviderMetadata) -> None:
        found = await self._get(told.jwks_uri, KeySet)
        keys = {str(raw["kid"]): key for raw in found.keys[:_MOST_KEYS] if (key := _key(raw))}
        if not keys:
            raise PartnerUnavailable(f"{told.jwks_uri} has no key that signs.")
        self._keys, self._read_s = keys, time.monotonic()

    async def _get(self, address: str, kind: type[T]) -> T:
        try:
            async with self._http.stream("GET", address) as answer:
                answer.raise_for_status()
                content = bytearray()
                async for part in answer.aiter_bytes():
                    content += part
                    if len(content) > _MOST_BYTES:
                        raise PartnerUnavailable(f"{address} answers without end.")
            return msgspec.json.decode(content, type=kind)
        except (httpx.HTTPError, msgspec.DecodeError) as error:
            raise PartnerUnavailable(f"{address} has no answer to use: {error!r}") from error


def _addresses(told: ProviderMetadata) -> list[str]:
    ends = [told.end_session_endpoint] if told.end_session_endpoint else []
    return [told.authorization_endpoint, told.token_endpoint, told.jwks_uri, *ends]


def _key(raw: Mapping[str, Any]) -> Key | None:
    """Return a public key that signs; None for one that does something else, or is none."""
    if raw.get("kty") not in _SIGNING or raw.get("use", "sig") != "sig" or not raw.get("kid"):
        return None
    try:
        return import_key(dict(raw))
    except (JoseError, ValueError):
        return None
