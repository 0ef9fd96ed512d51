"""Tokens of an OpenID Connect provider elsewhere: whom they speak for, and who signed in."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import msgspec
from joserfc import jws, jwt
from joserfc.errors import JoseError

from platone.infra.http.provider import Provider, ProviderRules
from platone.infra.http.remote_issuer import IssuerUnknown
from platone.infra.http.security import CLOCKS_DIFFER_S, Principal, TokenInvalid
from platone.kernel.clock import SystemClock

_ALGORITHMS = ("RS256", "PS256", "ES256")
"""Algorithms of signatures that are taken: never `none`, and none by a secret (`HS256`)."""
_PREFIX = "provider:"
"""The beginning of the names of a provider's people, which nobody at home here has."""
_MOST_TOKEN = 16 * 1024
"""Longest token that is looked at, characters: headers of a call have no more room."""


class ProviderVerifier:
    """Checks a provider's tokens as own ones are: by issuer, audience, end and signature.

    Args:
        provider: The provider.
    """

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self._clock = SystemClock()

    def is_its(self, token: str) -> bool:
        """Return whether a token names this provider as its issuer, which proves nothing yet."""
        return _part(token, "payload").get("iss") == self.provider.rules.issuer

    async def make_ready(self, token: str) -> None:
        """Look for the key of a token where it is not known yet."""
        key_id = _part(token, "header").get("kid")
        if isinstance(key_id, str) and key_id not in self.provider.keys and self.is_its(token):
            await self.provider.learn(key_id)

    def principal(self, token: str) -> Principal:
        """Return the party that an access token speaks for.

        Raises:
            TokenInvalid: With the reason.
            IssuerUnknown: The provider is away, and its keys are not known, or no more.
        """
        rules = self.provider.rules
        claims = self._claims(token, rules.audience)
        return _principal(claims, rules)

    def check_sign_in(self, id_token: str, access_token: str, nonce: str) -> Mapping[str, Any]:
        """Return the claims of an ID token about a sign-in (OpenID Connect Core 1.0, 3.1.3.7).

        Raises:
            TokenInvalid: It is none for our pages, for this sign-in, or for the access token.
        """
        client_id = self.provider.rules.client_id
        claims = self._claims(id_token, client_id)
        audience = claims["aud"]
        is_several = isinstance(audience, list) and len(audience) > 1
        if claims.get("azp", None if is_several else client_id) != client_id:
            raise TokenInvalid("The ID token was made for another client.")
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise TokenInvalid("The ID token is of another sign-in.")
        half = hashlib.sha256(access_token.encode()).digest()[:16]
        wanted = base64.urlsafe_b64encode(half).rstrip(b"=").decode()
        if claims.get("at_hash", wanted) != wanted:
            raise TokenInvalid("The ID token belongs to another access token.")
        return claims

    def _claims(self, token: str, audience: str) -> Mapping[str, Any]:
        header = _part(token, "header")
        if header.get("alg") not in _ALGORITHMS:
            raise TokenInvalid("The token is signed by no algorithm that is taken here.")
        if not self.provider.keys:
            raise IssuerUnknown(f"{self.provider.rules.issuer} has not answered for long.")
        key = self.provider.keys.get(str(header.get("kid", "")))
        if key is None:
            raise TokenInvalid("The token's key is not known of this provider.")
        registry = jwt.JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()),
            leeway=CLOCKS_DIFFER_S,
            iss={"essential": True, "value": self.provider.rules.issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        )
        try:
            claims = jwt.decode(token, key, algorithms=list(_ALGORITHMS)).claims
            registry.validate(claims)
        except (JoseError, ValueError) as error:
            raise TokenInvalid(f"The token is not valid: {error}") from error
        return claims


def _principal(claims: Mapping[str, Any], rules: ProviderRules) -> Principal:
    party, named = _claim(claims, rules.party_claim), _claim(claims, rules.roles_claim)
    name = _claim(claims, rules.name_claim)
    if not isinstance(party, str) or not party:
        raise TokenInvalid(f"The token names no party in {rules.party_claim}.")
    if rules.parties and party not in rules.parties:
        raise TokenInvalid(f"The provider may not speak for {party[:60]}.")
    if not isinstance(name, str) or not name:
        raise TokenInvalid(f"The token names nobody in {rules.name_claim}.")
    if not isinstance(named, list) or not all(isinstance(each, str) for each in named):
        raise TokenInvalid(f"The token has no list of roles in {rules.roles_claim}.")
    roles = frozenset(rules.roles[each] for each in named if each in rules.roles)
    return Principal(party, f"{_PREFIX}{name[:200]}", roles, float(claims["exp"]))


def _claim(claims: Mapping[str, Any], path: str) -> object:
    """Return a claim by its path: its whole name, or names of objects with dots between."""
    found: object = claims
    for name in [path] if path in claims else path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _part(token: str, name: str) -> Mapping[str, Any]:
    """Return header or payload of a token, unchecked; empty where it is none."""
    if len(token) > _MOST_TOKEN:
        return {}
    try:
        read = jws.extract_compact(token.encode())
        found = read.headers() if name == "header" else msgspec.json.decode(read.payload)
    except (JoseError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
