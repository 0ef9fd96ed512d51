"""The token endpoint (RFC 6749), and the documents by which others find it and check tokens."""

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus

import msgspec
from fastapi import APIRouter, Request, Response

from platone.identity.domain.party import Client
from platone.identity.domain.problem import (
    GrantUnsupported,
    ScopeInvalid,
    TargetInvalid,
    TokenRefused,
    TooManyFailures,
)
from platone.identity.service.guess_limit import Claim
from platone.infra.http.form import FORM, FORM_BYTES, FormMalformed, read_form
from platone.infra.http.security import ALGORITHM, AUDIENCE, SCOPE
from platone.infra.http.wire import MOST_BYTES, answer, documented
from platone.messages.identity import KeySet, ServerMetadata, TokenRefusal, TokenResponse

_GRANT = "client_credentials"
CODE_GRANT, REFRESH_GRANT = "authorization_code", "refresh_token"
"""Grant types by which a client gets tokens of a person who signed in."""
_FORM_SCHEMA = {
    "type": "object",
    "required": ["grant_type"],
    "properties": {
        "grant_type": {"enum": [_GRANT, CODE_GRANT, REFRESH_GRANT]},
        "code": {"type": "string"},
        "redirect_uri": {"type": "string"},
        "code_verifier": {"type": "string"},
        "refresh_token": {"type": "string"},
        "scope": {"type": "string"},
        "resource": {"type": "string", "format": "uri"},
        "client_id": {"type": "string"},
        "client_secret": {"type": "string", "format": "password"},
    },
}
_FORM_BODY = {
    "requestBody": {
        "required": True,
        MOST_BYTES: FORM_BYTES,
        "content": {FORM: {"schema": _FORM_SCHEMA, "example": {"grant_type": _GRANT}}},
    }
}
_REVOKED_SCHEMA = {
    "type": "object",
    "required": ["token"],
    "properties": {"token": {"type": "string", "format": "password"}},
}
_REVOKED_BODY = {
    "requestBody": {
        "required": True,
        MOST_BYTES: FORM_BYTES,
        "content": {FORM: {"schema": _REVOKED_SCHEMA, "example": {"token": "an old one"}}},
    }
}
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@dataclass(frozen=True, slots=True)
class TokenService:
    """The functions that the routes call."""

    issuer: str
    authenticate: Callable[[Claim], Awaitable[Client]]
    issue: Callable[[Client, str], TokenResponse]
    person_grants: Mapping[str, Callable[[Claim, dict[str, str]], Awaitable[TokenResponse]]]
    revoke: Callable[[Claim, str], Awaitable[None]]
    key_set: Callable[[], dict[str, object]]
    is_partner: Callable[[str], bool]


async def _read_form(request: Request) -> dict[str, str]:
    try:
        return await read_form(request)
    except FormMalformed as error:
        raise TokenRefused(error.detail) from error


def _read_basic(header: str) -> tuple[str, str] | None:
    """Return client and secret of HTTP Basic, form-encoded inside (RFC 6749 section 2.3.1)."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
        client_id, colon, secret = text.partition(":")
        parts = unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict")
    except (binascii.Error, ValueError) as error:
        raise TokenRefused("The Authorization header is not well-formed.") from error
    if not colon:
        raise TokenRefused("The Authorization header is not well-formed.")
    return parts


def _read_claim(request: Request, form: dict[str, str]) -> Claim:
    basic = _read_basic(request.headers.get("Authorization", ""))
    if basic is not None and "client_secret" in form:
        raise TokenRefused("Credentials stand in the header and in the body: send one of them.")
    client_id, secret = basic or (form.get("client_id", ""), form.get("client_secret", ""))
    if form.get("client_id", client_id) != client_id:
        raise TokenRefused("The header and the body name different clients.")
    origin = request.client.host if request.client is not None else ""
    return Claim(client_id, secret, origin)


def _check_grant(form: dict[str, str]) -> None:
    if "grant_type" not in form:
        raise TokenRefused("grant_type is missing.")
    if form["grant_type"] != _GRANT:
        raise GrantUnsupported(f"The grant types are {_GRANT}, {CODE_GRANT}, {REFRESH_GRANT}.")
    if set(form.get("scope", "").split()) - {SCOPE}:
        raise ScopeInvalid(f"The only scope is {SCOPE}.")


def _audience(resource: str | None, service: TokenService) -> str:
    """Return whom a token is made for: the partner that is named, or this server."""
    if resource is None or resource == service.issuer:
        return AUDIENCE
    if not service.is_partner(resource):
        raise TargetInvalid(f"{resource[:300]} is no partner's address.")
    return resource


def _refusal(refused: TokenRefused) -> Response:
    headers = dict(_NO_STORE)
    if isinstance(refused, TooManyFailures):
        headers["Retry-After"] = str(refused.wait_s)
    if refused.code == "invalid_client":
        headers["WWW-Authenticate"] = 'Basic realm="platone", charset="UTF-8"'
    body = TokenRefusal(error=refused.code, error_description=refused.detail)
    return Response(msgspec.json.encode(body), refused.status, headers, "application/json")


def _token(made: TokenResponse) -> Response:
    response = answer(made)
    response.headers.update(_NO_STORE)
    return response


def token_router(service: TokenService) -> APIRouter:
    """Make the routes of the token endpoint, its metadata (RFC 8414) and its keys."""
    router = APIRouter(tags=["identity"])

    refusals = dict.fromkeys((400, 401, 429), TokenRefusal)

    @router.post(
        "/oauth2/token", **documented(gives=TokenResponse, also=refusals, openapi_extra=_FORM_BODY)
    )
    async def post_token(request: Request) -> Response:
        """Give a client a token, as a form asks for it.

        By the grant type `client_credentials` for its own party, by `authorization_code` and
        `refresh_token` for a person who signed in through it; with `resource`, for the partner at
        that address (RFC 8707). The client says who it is by HTTP Basic, or by `client_id` and
        `client_secret` in the form. Refusals have the form of RFC 6749 section 5.2.
        """
        try:
            given = await _read_form(request)
            claim = _read_claim(request, given)
            by_person = service.person_grants.get(given.get("grant_type", ""))
            if by_person is not None:
                return _token(await by_person(claim, given))
            client = await service.authenticate(claim)
            _check_grant(given)
            audience = _audience(given.get("resource"), service)
        except TokenRefused as refused:
            return _refusal(refused)
        return _token(service.issue(client, audience))

    @router.post(
        "/oauth2/revoke",
        **documented(also=refusals, openapi_extra=_REVOKED_BODY, response_class=Response),
    )
    async def post_revocation(request: Request) -> Response:
        """End the sign-in of a refresh token (RFC 7009); of an unknown one there is nothing to end.

        The client that signed the person in says who it is, as for a token.
        """
        try:
            given = await _read_form(request)
            await service.revoke(_read_claim(request, given), given.get("token", ""))
        except TokenRefused as refused:
            return _refusal(refused)
        return Response(headers=_NO_STORE)

    @router.get("/.well-known/jwks.json", **documented(gives=KeySet))
    async def get_keys() -> Response:
        """Show the public keys that tokens are signed with (RFC 7517)."""
        made = answer(service.key_set())
        made.headers["Cache-Control"] = "public, max-age=300"
        return made

    @router.get("/.well-known/openid-configuration", **documented(gives=ServerMetadata))
    @router.get("/.well-known/oauth-authorization-server", **documented(gives=ServerMetadata))
    async def get_metadata() -> Response:
        """Tell where the endpoints are and what they can do."""
        return answer(_metadata(service.issuer))

    return router


def _metadata(issuer: str) -> ServerMetadata:
    return ServerMetadata(
        issuer=issuer,
        authorization_endpoint=f"{issuer}/oauth2/authorize",
        token_endpoint=f"{issuer}/oauth2/token",
        token_endpoint_auth_methods_supported=["client_secret_basic", "client_secret_post"],
        jwks_uri=f"{issuer}/.well-known/jwks.json",
        grant_types_supported=[_GRANT, CODE_GRANT, REFRESH_GRANT],
        response_types_supported=["code"],
        code_challenge_methods_supported=["S256"],
        authorization_response_iss_parameter_supported=True,
        subject_types_supported=["public"],
        id_token_signing_alg_values_supported=[ALGORITHM],
        scopes_supported=[SCOPE],
    )
