"""Notices to a household's own devices, by web push."""

from hashlib import sha256
from typing import Annotated

import msgspec

from platone.messages.base import Message

_Key = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{16,100}={0,2}$")]
"""Bytes as a browser writes them: base64url (RFC 8291)."""


class NoticeKeys(Message):
    """The keys by which notices are encrypted for one browser.

    Attributes:
        p256dh: Its public key, a point on P-256.
        auth: Its secret of 16 bytes.
    """

    p256dh: _Key
    auth: _Key


class NoticeEndpoint(Message):
    """A browser that wants notices, as the Push API tells it.

    Attributes:
        endpoint: Where its push service takes them.
        keys: The keys by which they are encrypted.
        language: The language in which they are told: en, it, el or de.
    """

    endpoint: Annotated[str, msgspec.Meta(pattern=r"^https://[\x21-\x7e]+$", max_length=2000)]
    keys: NoticeKeys
    language: Annotated[str, msgspec.Meta(pattern="^(en|it|el|de)$")] = "en"


class NoticeState(Message):
    """The notices of a customer.

    Attributes:
        public_key: The key that a browser asks its push service to know this server by (RFC 8292).
        endpoint_ids: The browsers that are told, by the names under which they can be removed.
    """

    public_key: str
    endpoint_ids: list[str]


def endpoint_name(endpoint: str) -> str:
    """Return the name of a browser, by which it is removed; its address stays secret."""
    return sha256(endpoint.encode()).hexdigest()[:32]
