"""Second factors: one-time codes of a person's authenticator, beside its password."""

from typing import Annotated

import msgspec

from platone.messages.base import Message


class SecondFactorView(Message):
    """The state of the caller's second factor, a one-time code beside its password.

    Attributes:
        is_possible: Whether the caller can have a second factor here: a person with a password.
        is_on: Whether it has one.
        recovery_codes: How many recovery codes it has that were not used.
        is_advised: Whether it acts for others than one household by a password alone: it has
            neither passkey nor second factor.
        is_offered: Whether a page is to offer one: it is advised, and the caller was never asked.
    """

    is_possible: bool
    is_on: bool
    recovery_codes: int
    is_advised: bool
    is_offered: bool


class SecondFactorQuestion(Message):
    """A secret for the caller's authenticator, which counts once a code of it has come back.

    Attributes:
        secret: The secret, Base32: to be typed.
        address: The same as an `otpauth` address: to be opened, or shown as a QR code.
    """

    secret: str
    address: str


class SecondFactorOrder(Message):
    """A code that an authenticator shows for the secret of the question.

    Attributes:
        code: The six digits.
    """

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]


class RecoveryCodes(Message):
    """Recovery codes of the caller, told this once: each signs in once without an authenticator.

    Attributes:
        codes: The codes; those before are void.
    """

    codes: list[str]
