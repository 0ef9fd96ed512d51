"""Tokens of this server and of its partners: each may speak for its own parties, to this server."""

from dataclasses import replace

import msgspec
from joserfc import jws
from joserfc.errors import JoseError

from platone.infra.http.partner import Partner, Partners
from platone.infra.http.provider_verifier import ProviderVerifier
from platone.infra.http.security import Principal, TokenInvalid, TokenVerifier


class PartnerVerifier:
    """Checks tokens by who issued them; in the place of a `TokenVerifier`.

    A partner's token counts where it is made for this server by name, so that nobody who was
    called with it can call others with it; and for the parties and roles that the partner's file
    gives it, so that no partner can speak for another.

    Args:
        own: Checks this server's own tokens.
        partners: The partners.
        provider: Checks tokens of the provider at which people sign in, if there is one.
    """

    def __init__(
        self, own: TokenVerifier, partners: Partners, provider: ProviderVerifier | None = None
    ) -> None:
        self._own = own
        self._partners = partners
        self._provider = provider

    def principal(self, token: str) -> Principal:
        """Return the party that a token speaks for.

        Raises:
            TokenInvalid: With the reason.
        """
        if self._provider is not None and self._provider.is_its(token):
            return self._provider.principal(token)
        partner = self._partners.at(_issuer(token))
        if partner is None:
            return self._own.principal(token)
        keys, url = partner.keys, partner.told.url
        found = TokenVerifier(url, lambda: keys, self._partners.url).principal(token)
        return _allowed(found, partner)

    def has_expired(self, principal: Principal) -> bool:
        """Return whether the token of a caller has ended meanwhile."""
        return self._own.has_expired(principal)


def _allowed(found: Principal, partner: Partner) -> Principal:
    roles = partner.told.parties.get(found.party_id)
    if roles is None:
        raise TokenInvalid(f"{partner.told.name} may not speak for {found.party_id}.")
    return replace(found, roles=found.roles & frozenset(roles))


def _issuer(token: str) -> str:
    """Return whom a token names as its issuer, which proves nothing yet; empty where nobody."""
    try:
        claims = msgspec.json.decode(jws.extract_compact(token.encode()).payload)
    except (JoseError, ValueError):
        return ""
    issuer = claims.get("iss") if isinstance(claims, dict) else None
    return issuer if isinstance(issuer, str) else ""
