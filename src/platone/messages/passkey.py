"""Passkeys: keys of a person's devices, by which it signs in without a password."""

from typing import Annotated, Any

import msgspec

from platone.messages.base import Instant, Message

_Base64Url = "^[A-Za-z0-9_-]+$"
Bytes = Annotated[str, msgspec.Meta(min_length=1, max_length=8192, pattern=_Base64Url)]
"""Bytes as base64url without padding (RFC 4648 section 5), as browsers write them."""
Handle = Annotated[str, msgspec.Meta(min_length=1, max_length=86, pattern=_Base64Url)]
"""The user handle of WebAuthn, 64 bytes at most, likewise."""

Agent = Annotated[str, msgspec.Meta(max_length=200)]
"""The name that a browser gives itself."""


class PasskeyView(Message):
    """A passkey of the caller.

    Attributes:
        id: Its identifier.
        agent: What the browser called itself in which it was made.
        made: When it was made.
        used: When it was last used.
    """

    id: str
    agent: str
    made: Instant
    used: Instant


class Passkeys(Message):
    """The passkeys of the caller, the oldest first; a client that is no person has none.

    Attributes:
        passkeys: The passkeys.
        is_possible: Whether the caller can have one: it is a person with a password here, and
            browsers make passkeys for this server's address, which is a name and no number.
        is_offered: Whether a page is to offer one: the caller can have one, and was never asked.
    """

    passkeys: list[PasskeyView]
    is_possible: bool
    is_offered: bool


class PasskeyQuestion(Message):
    """A question to a browser: make a passkey.

    Attributes:
        public_key: What `navigator.credentials.create` takes, in the JSON of WebAuthn level 3
            (`PublicKeyCredentialCreationOptionsJSON`). Its challenge is of one use within five
            minutes.
    """

    public_key: dict[str, Any]


class PasskeyOrder(Message):
    """A device's answer: the passkey that it made.

    Attributes:
        client_data: The answer's `clientDataJSON`.
        attestation: The answer's `attestationObject`.
        handle: The `user.id` of the question.
        agent: What the list is to call it: what the browser calls itself.
    """

    client_data: Bytes
    attestation: Bytes
    handle: Handle
    agent: Agent
