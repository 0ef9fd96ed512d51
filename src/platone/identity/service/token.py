"""Access tokens: signed JWTs (RFC 7519, RFC 9068) that say which party calls."""

import secrets
from dataclasses import dataclass

from joserfc import jwt
from joserfc.jwk import ECKey

from platone.identity.domain.party import Client
from platone.identity.domain.person import SignedIn
from platone.infra.http.security import ALGORITHM, AUDIENCE, SCOPE, TOKEN_TYPE
from platone.kernel.clock import Clock
from platone.messages.identity import TokenResponse

_BEARER = "Bearer"


@dataclass(frozen=True, slots=True)
class IssueToken:
    """Issues an access token to a client.

    Attributes:
        issuer: Who issues, a URL.
        key: Signs; P-256, with a kid.
        clock: The machine's clock.
        life_s: Life of a token, seconds.
    """

    issuer: str
    key: ECKey
    clock: Clock
    life_s: int = 600

    def __call__(
        self,
        client: Client,
        subject: str | None = None,
        audience: str = AUDIENCE,
        signed_in: SignedIn | None = None,
    ) -> TokenResponse:
        """Return a token for a client's party, or for a person who signed in through the client.

        Args:
            client: The client, and the party with the roles that count.
            subject: Who calls, where it is not the client itself (RFC 9068 section 2.2).
            audience: Whom it is made for: a partner's address, or this server.
            signed_in: The person's sign-in.
        """
        now_s = int(self.clock.now().timestamp())
        claims: dict[str, object] = {
            "iss": self.issuer,
            "sub": subject or client.client_id,
            "azp": client.client_id,
            "client_id": client.client_id,
            "aud": audience,
            "party": client.party.party_id,
            "roles": [role.value for role in client.party.roles],
            "scope": SCOPE,
            "iat": now_s,
            "nbf": now_s,
            "exp": now_s + self.life_s,
            "jti": secrets.token_urlsafe(16),
        }
        if signed_in is not None:
            claims["auth_time"] = int(signed_in.began.timestamp())
            claims["sid"] = signed_in.id
        header = {"alg": ALGORITHM, "kid": self.key.kid, "typ": TOKEN_TYPE}
        token = jwt.encode(header, claims, self.key, algorithms=[ALGORITHM])
        return TokenResponse(
            access_token=token, token_type=_BEARER, expires_in=self.life_s, scope=SCOPE
        )
