"""Authorisation of calls: the bearer token's party and roles, and routes that ask for them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Protocol

import msgspec
from fastapi import Depends, Header, Request
from fastapi.security import OAuth2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from platone.infra.http.problem import tells
from platone.kernel.clock import SystemClock
from platone.kernel.errors import Kind, NotOwner, PlatoneError
from platone.messages.base import Case, Role

AUDIENCE = "platone"
ALGORITHM = "ES256"
SCOPE = "platone"
"""The one scope: all that a party's roles allow."""
CASE_HEADER = "Audit-Case"
"""Header in which an auditor names the case that a call is made for."""
TOKEN_TYPE = "at+jwt"  # noqa: S105 - a type, no secret
"""Type of access tokens (RFC 9068 section 2.1): a token made for something else is none."""
CLOCKS_DIFFER_S = 30
"""How far an issuer's clock may be ahead, s: clocks that are kept by NTP differ by far less."""
_MOST_CHECKED = 1_000
"""Tokens that have been checked that are kept, some 1 MB: one of each client."""


class TokenMissing(PlatoneError):
    """The call carries no bearer token. Ask the token endpoint for one, and send it along.

    `Authorization: Bearer <token>`; the address is in /.well-known/openid-configuration.
    """

    slug = "token-missing"
    title = "A bearer token is needed"
    kind = Kind.UNAUTHENTICATED


class TokenInvalid(PlatoneError):
    """The token is expired, not yet valid, of another issuer or audience, or was changed."""

    slug = "token-invalid"
    title = "The token is not valid"
    kind = Kind.UNAUTHENTICATED


class RoleMissing(PlatoneError):
    """The caller's party does not have a role that may do this."""

    slug = "role-missing"
    title = "The caller's role may not do this"
    kind = Kind.FORBIDDEN


class CaseMissing(PlatoneError):
    """An auditor reads for a case, and names it in the header `Audit-Case`.

    One to a hundred printable characters without spaces, such as `2026-117`. Each call is
    recorded with its case: `GET /api/identity/accesses`.
    """

    slug = "case-missing"
    title = "An auditor's call has to name its case"
    kind = Kind.FORBIDDEN


@dataclass(frozen=True, slots=True)
class Principal:
    """The party that calls.

    Attributes:
        party_id: Which party.
        client_id: Through which client.
        roles: What the party is.
        expires_s: When its token ends, by the machine's clock, s since 1970.
        signed_in_s: When the person signed in, likewise; 0 where that is not told.
        sign_in_id: Which of the person's sign-ins the token is of; empty where that is not told.
        issued_s: When its token was given, s since 1970; 0 where that is not told.
    """

    party_id: str
    client_id: str
    roles: frozenset[Role]
    expires_s: float
    signed_in_s: float = 0.0
    sign_in_id: str = ""
    issued_s: float = 0.0

    def has(self, *roles: Role) -> bool:
        """Return whether the party has one of these roles."""
        return not self.roles.isdisjoint(roles)


class TokenVerifier:
    """Checks access tokens against an issuer's keys.

    Tokens live on the machine's clock even where the market runs on a simulated one: they
    protect real calls. An issuer's clock may be some seconds ahead, so a token counts that long
    before it begins; its end is its end, since who calls renews it in time. A token comes with many
    calls, so its signature and what it claims are checked once, as long as the keys are the same;
    its end is checked at every call.

    Args:
        issuer: The issuer that tokens must name.
        keys: The issuer's public keys, as of now: others are another object.
        audience: Whom tokens must be made for.
    """

    def __init__(self, issuer: str, keys: Callable[[], KeySet], audience: str = AUDIENCE) -> None:
        self._issuer = issuer
        self._keys = keys
        self._audience = audience
        self._clock = SystemClock()
        self._checked: dict[str, Principal] = {}
        self._checked_by: KeySet | None = None

    def principal(self, token: str) -> Principal:
        """Return the party that a token speaks for.

        Raises:
            TokenInvalid: With the reason.
        """
        keys = self._keys()
        if keys is not self._checked_by:
            self._checked.clear()
            self._checked_by = keys
        found = self._checked.get(token)
        if found is None or self.has_expired(found):  # then it is told as if it had not been kept
            found = self._check(token, keys)
            if len(self._checked) >= _MOST_CHECKED:
                del self._checked[next(iter(self._checked))]  # the one that came first
            self._checked[token] = found
        return found

    def _check(self, token: str, keys: KeySet) -> Principal:
        """Return the party that a token speaks for which one of the keys has signed."""
        now: datetime = self._clock.now()
        try:
            decoded = jwt.decode(token, keys, algorithms=[ALGORITHM])
            claims = decoded.claims
            jwt.JWTClaimsRegistry(
                now=int(now.timestamp()),
                leeway=CLOCKS_DIFFER_S,
                iss={"essential": True, "value": self._issuer},
                aud={"essential": True, "value": self._audience},
                exp={"essential": True},
                sub={"essential": True},
            ).validate(claims)
        except (JoseError, ValueError) as error:
            raise TokenInvalid(f"The token is not valid: {error}") from error
        if str(decoded.header.get("typ", "")).lower().removeprefix("application/") != TOKEN_TYPE:
            raise TokenInvalid(f"The token is not of the type {TOKEN_TYPE}.")
        found = _principal(claims)
        if self.has_expired(found):
            raise TokenInvalid("The token is not valid: it has ended.")
        return found

    def has_expired(self, principal: Principal) -> bool:
        """Return whether the token of a caller has ended meanwhile."""
        return self._clock.now().timestamp() >= principal.expires_s


def _principal(claims: Mapping[str, Any]) -> Principal:
    scope, party, names = claims.get("scope"), claims.get("party"), claims.get("roles")
    if not isinstance(scope, str) or SCOPE not in scope.split():
        raise TokenInvalid(f"The token is not for the scope {SCOPE}.")
    if not isinstance(claims["sub"], str) or not isinstance(party, str) or not party:
        raise TokenInvalid("The token names no party or client.")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise TokenInvalid("The token's roles are no list of names.")
    known = {role.value: role for role in Role}
    roles = frozenset(known[name] for name in names if name in known)
    signed_in_s, issued_s = _instant_s(claims, "auth_time"), _instant_s(claims, "iat")
    sign_in = claims.get("sid", "")
    sign_in_id = sign_in if isinstance(sign_in, str) else ""
    expires_s = float(claims["exp"])
    return Principal(party, claims["sub"], roles, expires_s, signed_in_s, sign_in_id, issued_s)


def _instant_s(claims: Mapping[str, Any], name: str) -> float:
    told = claims.get(name)
    return float(told) if isinstance(told, int) else 0.0


class TokenIssuer(Protocol):
    """An issuer of tokens elsewhere; an application that believes one has it in its state."""

    async def make_ready(self, token: str) -> None:
        """Look for the key of a token where it is one of this issuer and not known yet."""
        ...


class _Caller(OAuth2):
    """A FastAPI dependency that gives the calling party, by its bearer token.

    It is the scheme that OpenAPI shows, the check of the token and that of the role in one: FastAPI
    takes some 20 µs for each dependency of a call.

    Args:
        roles: The roles of which the party has to have one; empty where any party may call.
    """

    def __init__(self, roles: frozenset[Role] = frozenset()) -> None:
        super().__init__(
            flows={"clientCredentials": {"tokenUrl": "/oauth2/token", "scopes": {}}},
            scheme_name="OAuth2",
        )
        self._roles = roles

    async def __call__(self, request: Request) -> Principal:  # type: ignore[override]
        """Return the calling party, by the application's verifier.

        Raises:
            TokenMissing: There is no bearer token.
            TokenInvalid: It is not valid.
            RoleMissing: The party has none of the roles.
        """
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise TokenMissing("The call carries no bearer token.")
        verifier: TokenVerifier = request.app.state.token_verifier
        elsewhere: TokenIssuer | None = getattr(request.app.state, "provider", None)
        if elsewhere is not None:
            await elsewhere.make_ready(token.strip())
        principal = verifier.principal(token.strip())
        if self._roles and not principal.has(*self._roles):
            names = sorted(role.value for role in self._roles)
            raise RoleMissing(
                f"This needs the role {' or '.join(names)}; {principal.party_id} is "
                f"{', '.join(sorted(role.value for role in principal.roles)) or 'without role'}.",
                rolesNeeded=names,
            )
        return principal


caller = tells(TokenMissing, TokenInvalid)(_Caller())
"""A FastAPI dependency that gives the calling party, whatever its roles."""


@dataclass(frozen=True, slots=True)
class AuditAccess:
    """A call of an auditor: who called what, for which case."""

    party_id: str
    client_id: str
    case: str
    call: str


class AccessLog(Protocol):
    """The log of auditors' calls; an application that lets auditors in has one in its state."""

    async def record(self, access: AuditAccess) -> None:
        """Record a call durably, before it is answered."""
        ...


Check = Callable[..., Awaitable[Principal]]
"""A FastAPI dependency that gives the caller, if it may call."""


def require(*roles: Role) -> Check:
    """Return a FastAPI dependency that gives the caller, who must have one of the roles.

    Whoever calls as an auditor only has to name a case, and the call is recorded.
    """
    check = tells(TokenMissing, TokenInvalid, RoleMissing)(_Caller(frozenset(roles)))
    return _with_case(check, frozenset(roles)) if Role.AUDITOR in roles else check


def only_operator(operator: str, has_role: Check) -> Check:
    """Return a dependency that gives the caller; of system operators only one may call.

    Args:
        operator: The party of the system operator that may, such as the DSO.
        has_role: Gives the caller, who has one of the roles of the route.
    """

    @tells(NotOwner)
    async def check(principal: Annotated[Principal, Depends(has_role)]) -> Principal:
        if principal.has(Role.SYSTEM_OPERATOR) and principal.party_id != operator:
            raise NotOwner(f"Of system operators only {operator} may call this.")
        return principal

    return check


def _with_case(has_role: Check, roles: frozenset[Role]) -> Check:
    """Return a check of role and, for who calls as an auditor only, of the case."""

    @tells(CaseMissing)
    async def check(
        request: Request,
        principal: Annotated[Principal, Depends(has_role)],
        case: Annotated[
            str | None, Header(alias=CASE_HEADER, description="An auditor's case")
        ] = None,
    ) -> Principal:
        if principal.roles & roles == {Role.AUDITOR}:
            await _record(request, principal, case)
        return principal

    return check


async def _record(request: Request, principal: Principal, case: str | None) -> None:
    try:
        named = msgspec.convert(case, Case)
    except msgspec.ValidationError as error:
        raise CaseMissing(f"The header {CASE_HEADER} names no case: {error}") from error
    query = f"?{request.url.query}" if request.url.query else ""
    call = f"{request.method} {request.url.path}{query}"
    log: AccessLog = request.app.state.access_log
    await log.record(AuditAccess(principal.party_id, principal.client_id, named, call))
