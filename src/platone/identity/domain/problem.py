"""Problems that identity tells."""

from typing import ClassVar

from platone.kernel.errors import Kind, PlatoneError


class TokenRefused(PlatoneError):
    """The token endpoint refused; it answers in the form of RFC 6749 section 5.2.

    `error` is that section's code: `invalid_client` (unknown client or wrong secret),
    `invalid_request`, `unsupported_grant_type`, `invalid_scope`, `invalid_target`.
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
    """The grant types are client_credentials, authorization_code and refresh_token."""

    slug = "grant-unsupported"
    title = "The grant type is not supported"
    code = "unsupported_grant_type"


class GrantInvalid(TokenRefused):
    """The code or refresh token is not valid: used before, too old, ended, or of another client."""

    slug = "grant-invalid"
    title = "The code or refresh token is not valid"
    code = "invalid_grant"


class ScopeInvalid(TokenRefused):
    """The only scope is `platone`; what a caller may do is decided by its party's roles."""

    slug = "scope-invalid"
    title = "There is no such scope"
    code = "invalid_scope"


class TargetInvalid(TokenRefused):
    """The token is asked for a server (`resource`, RFC 8707) that is no partner of this one."""

    slug = "target-invalid"
    title = "The server that the token is asked for is no partner"
    code = "invalid_target"


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


class SignInRefused(PlatoneError):
    """There is no such person, or the password or one-time code is wrong: which is not told."""

    slug = "sign-in-refused"
    title = "Name, password or one-time code is wrong"
    kind = Kind.UNAUTHENTICATED


class AuthorizationInvalid(PlatoneError):
    """Nobody can be sent back to the program that began this sign-in: begin again there.

    Its name is not known here, or its address differs from the one that is registered for it.
    """

    slug = "authorization-invalid"
    title = "This sign-in cannot go on"
    kind = Kind.MALFORMED


class SignInUnknown(PlatoneError):
    """The caller has no such sign-in: it has ended, or it is another person's."""

    slug = "sign-in-unknown"
    title = "There is no such sign-in"
    kind = Kind.NOT_FOUND


class PasskeyRefused(PlatoneError):
    """The passkey, or what the device answered, cannot be taken; the detail says why.

    An answer is taken once, within five minutes, from a page of this server, and of a device that
    has made sure of the person by a finger, a face or a PIN.
    """

    slug = "passkey-refused"
    title = "The passkey cannot be taken"


class PasskeyUnknown(PlatoneError):
    """The caller has no such passkey: it was removed, or it is another person's."""

    slug = "passkey-unknown"
    title = "There is no such passkey"
    kind = Kind.NOT_FOUND


class PasskeyNotPossible(PlatoneError):
    """Passkeys are for people who have a password here, at a server that has a name.

    A browser makes none for an address such as 127.0.0.1: set `public_url`.
    """

    slug = "passkey-not-possible"
    title = "There are no passkeys here for the caller"
    kind = Kind.CONFLICT


class TooManyPasskeys(PlatoneError):
    """A person has ten passkeys at most: remove one that is not used any more."""

    slug = "too-many-passkeys"
    title = "The person has too many passkeys"
    kind = Kind.CONFLICT


class SignInTooOld(PlatoneError):
    """A person changes how it signs in within ten minutes of a sign-in: sign in again."""

    slug = "sign-in-too-old"
    title = "Sign in again first"
    kind = Kind.FORBIDDEN


class HolderGone(PlatoneError):
    """The holder of the token that asked for it is gone, so that nothing lasting is made for it.

    Its person or sign-in has ended, or its client has another secret since. Sign in again, or ask
    for another token.
    """

    slug = "holder-gone"
    title = "Who asked for it is gone"
    kind = Kind.FORBIDDEN


class SecondFactorNotPossible(PlatoneError):
    """A second factor is for people who have a password here.

    Programs have a secret; who signs in at a provider elsewhere has its second factor there.
    """

    slug = "second-factor-not-possible"
    title = "There is no second factor here for the caller"
    kind = Kind.CONFLICT


class SecondFactorNotAsked(PlatoneError):
    """A code confirms the secret of a question of the last ten minutes: ask for one first."""

    slug = "second-factor-not-asked"
    title = "No secret waits for its code"
    kind = Kind.CONFLICT


class SecondFactorUnknown(PlatoneError):
    """The caller has no second factor that could be changed or turned off."""

    slug = "second-factor-unknown"
    title = "There is no second factor"
    kind = Kind.NOT_FOUND


class OneTimeCodeWrong(PlatoneError):
    """The code is not the one that an authenticator with this secret shows now, or was used before.

    A telephone's clock may be 30 seconds off, not more.
    """

    slug = "one-time-code-wrong"
    title = "The one-time code is wrong"


class PersonNameInvalid(PlatoneError):
    """A name to sign in by has letters, digits and `. _ @ -`, and begins with one of the first."""

    slug = "person-name-invalid"
    title = "This is no name to sign in by"


class PersonExists(PlatoneError):
    """There is a person of this name already."""

    slug = "person-exists"
    title = "The name is taken"
    kind = Kind.CONFLICT


class PersonUnknown(PlatoneError):
    """There is no person of this name: `platone user list` lists them."""

    slug = "person-unknown"
    title = "There is no such person"
    kind = Kind.NOT_FOUND


class PasswordTooShort(PlatoneError):
    """A password has twelve characters or more, and is not one character or the name again."""

    slug = "password-too-short"
    title = "The password is too easily guessed"


class RoleNotOfParty(PlatoneError):
    """A person has roles of its party only; `rolesOfParty` names them."""

    slug = "role-not-of-party"
    title = "The party does not have this role"


class PersonNeeded(PlatoneError):
    """Nobody removes itself or takes roles from itself: somebody else of the party does."""

    slug = "person-needed"
    title = "This is yourself"
    kind = Kind.CONFLICT


class FirstPersonOperates(PlatoneError):
    """The first person with a password is one of the party that runs the server.

    With it the development parties sign in by a press no more, and somebody has to invite the
    others.
    """

    slug = "first-person-operates"
    title = "Invite a person of who runs the server first"
    kind = Kind.CONFLICT


class PartyOfItsOwn(PlatoneError):
    """The party has people of its own, and they invite its others: nobody acts for it unasked."""

    slug = "party-of-its-own"
    title = "This party invites its people itself"
    kind = Kind.FORBIDDEN


class InvitationUnknown(PlatoneError):
    """There is no such invitation: it was used, withdrawn, or is too old. Ask for another one."""

    slug = "invitation-unknown"
    title = "There is no such invitation"
    kind = Kind.NOT_FOUND


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


class PartyExists(PlatoneError):
    """There is a party of this identifier already, at home here or at a partner."""

    slug = "party-exists"
    title = "The party is known already"
    kind = Kind.CONFLICT


class PartyUnknown(PlatoneError):
    """There is no party of this identifier here, or it is another one's to change.

    `platone party list` lists those that are at home on a server.
    """

    slug = "party-unknown"
    title = "There is no such party"
    kind = Kind.NOT_FOUND


class PartyRunsHere(PlatoneError):
    """The party's own systems run on this server, which would be nobody's without it."""

    slug = "party-runs-here"
    title = "The party's systems run here"
    kind = Kind.CONFLICT
