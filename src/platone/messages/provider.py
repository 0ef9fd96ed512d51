"""The documents of an OpenID Connect provider elsewhere; the rest of them is passed over."""

import msgspec


class ProviderMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """The endpoints of a provider (OpenID Connect Discovery 1.0).

    Attributes:
        issuer: Its name, which its tokens bear.
        authorization_endpoint: Where browsers are sent.
        token_endpoint: Where codes become tokens.
        jwks_uri: Where its public keys are.
        end_session_endpoint: Where browsers are sent to sign out.
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str = ""


class ProviderTokens(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of a provider's token endpoint.

    Attributes:
        access_token: For REST calls.
        token_type: "Bearer".
        expires_in: Seconds until it ends.
        id_token: Tells who signed in; not in every renewal.
        refresh_token: Gives further tokens while the sign-in lasts.
    """

    access_token: str
    token_type: str
    expires_in: int = 60
    id_token: str = ""
    refresh_token: str = ""
