"""Problems that identity tells."""

from typing import ClassVar

from platone.kernel.errors import Kind, PlatoneError


class TokenRefused(PlatoneError):
    """The token endpoint refused; it answers in the form of RFC 6749 section 5.2.

    `error` is that section's code: `invalid_client` (unknown client or wrong secret),
    `invalid_request`, `unsupported_grant_type`, `invalid_scope`.
    """

    slug = "token-refused"
    title = "No token is issued"
    kind = Kind.MALFORMED
    code: ClassVar[str] = "invalid_request"
    status: ClassVar[int] = 400


class ClientUnknown(TokenRefused):
    """There is no such client, or the secret is not its own: which of both is not told."""

    slug = "client-unknown"
    title = "The client is not known by these credentials"
    kind = Kind.UNAUTHENTICATED
    code = "invalid_client"
    status = 401

    def __init__(self) -> None:
        super().__init__("The client is unknown, or its secret is wrong.")


class GrantUnsupported(TokenRefused):
    """This server gives tokens for the grant type client_credentials."""

    slug = "grant-unsupported"
    title = "The grant type is not supported"
    code = "unsupported_grant_type"


class ScopeInvalid(TokenRefused):
    """The only scope is `platone`; what a caller may do is decided by its party's roles."""

    slug = "scope-invalid"
    title = "There is no such scope"
    code = "invalid_scope"


class TooManyFailures(TokenRefused):
    """Too many wrong secrets came from there. Wait as long as `Retry-After` says."""

    slug = "too-many-failures"
    title = "Too many wrong secrets"
    kind = Kind.TOO_OFTEN
    code = "temporarily_unavailable"
    status = 429

    def __init__(self, wait_s: int) -> None:
        super().__init__("Too many wrong secrets came from there: wait.", retryAfterS=wait_s)
        self.wait_s = wait_s


class TransportNameReserved(PlatoneError):
    """Only a device's address can be certified over this interface.

    The name is the device's Ethereum address with its EIP-55 checksum. Names of services
    (`access`, `dso`) carry rights over all devices; the server keeps those keys itself.
    """

    slug = "transport-name-reserved"
    title = "This name is not a device's"
    kind = Kind.FORBIDDEN


class AuthorityIncomplete(PlatoneError):
    """The certificate authority's certificate and key do not belong together.

    Restore the missing file from a backup, or remove both to begin with a new authority
    (every device then has to be enrolled again).
    """

    slug = "authority-incomplete"
    title = "The certificate authority is incomplete"
    kind = Kind.CONFLICT
