"""Clients of the first start, and the answers of the OAuth2 server."""

from typing import Any

import msgspec

from platone.messages.base import Instant, ListPart, Message


class TokenResponse(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A token, named as RFC 6749 names it.

    Attributes:
        access_token: The token (JWT): send it along as `Authorization: Bearer …`.
        token_type: "Bearer".
        expires_in: Seconds until it ends.
        scope: What it is for.
        refresh_token: Gives further tokens until the person's sign-in ends; only to a client that
            signs people in.
    """

    access_token: str
    token_type: str
    expires_in: int
    scope: str
    refresh_token: str | None = None


class TokenRefusal(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal of the token endpoint (RFC 6749 section 5.2).

    Attributes:
        error: The code: `invalid_client`, `invalid_request`, `unsupported_grant_type`,
            `invalid_grant`, `invalid_scope`, `invalid_target`, or `temporarily_unavailable` after
            too many wrong secrets.
        error_description: What is wrong, in words.
    """

    error: str
    error_description: str


class KeySet(msgspec.Struct, frozen=True, kw_only=True):
    """The public keys that tokens are signed with (RFC 7517).

    Attributes:
        keys: The keys, each a JSON Web Key.
    """

    keys: list[dict[str, Any]]


class ServerMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """The endpoints of the token server and what they can do (RFC 8414).

    Attributes:
        issuer: The name of the server, which tokens bear.
        authorization_endpoint: Where a browser is sent for a person to sign in.
        token_endpoint: Where tokens are asked for.
        token_endpoint_auth_methods_supported: How a client says who it is.
        jwks_uri: Where the public keys are.
        grant_types_supported: How tokens are asked for.
        response_types_supported: "code": a sign-in ends with a code, which gives tokens.
        code_challenge_methods_supported: "S256": how a code is bound to who asked (RFC 7636).
        authorization_response_iss_parameter_supported: True: the answer names the server.
        subject_types_supported: "public".
        id_token_signing_alg_values_supported: How tokens are signed.
        scopes_supported: The scopes.
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    token_endpoint_auth_methods_supported: list[str]
    jwks_uri: str
    grant_types_supported: list[str]
    response_types_supported: list[str]
    code_challenge_methods_supported: list[str]
    authorization_response_iss_parameter_supported: bool
    subject_types_supported: list[str]
    id_token_signing_alg_values_supported: list[str]
    scopes_supported: list[str]


class ClientCredentials(Message):
    """A client of a party.

    Attributes:
        client_id: Its identifier.
        client_secret: Its secret, which is told here only.
        party_id: The party that it speaks for.
        roles: What the party is.
    """

    client_id: str
    client_secret: str
    party_id: str
    roles: list[str]


class CredentialsFile(Message, omit_defaults=True):
    """The credentials.json of the first start; readable by its owner only.

    Attributes:
        base_url: Where the server is reached.
        token_url: Where its clients ask for tokens.
        ca_file: The certificate of the authority that it is trusted by.
        clients: The clients of the parties that are at home there.
        contexts: The contexts that run there; empty: all of them.
    """

    base_url: str
    token_url: str
    ca_file: str
    clients: list[ClientCredentials]
    contexts: list[str] = msgspec.field(default_factory=list)


class SignInView(Message):
    """A person's sign-in at a browser.

    Attributes:
        id: Its identifier.
        began: When.
        used: When it was last used, to a minute.
        ends: When it ends by itself.
        agent: What the browser called itself.
        is_current: Whether this call is made by it.
    """

    id: str
    began: Instant
    used: Instant
    ends: Instant
    agent: str
    is_current: bool


class SignIns(ListPart):
    """The sign-ins of the caller, the latest first; a client that is no person has none.

    Attributes:
        sign_ins: Those in this part of the list.
    """

    sign_ins: list[SignInView]
