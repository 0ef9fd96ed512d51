"""The rules of calls to participants' endpoints: how often they are tried, and how they are signed.

Signatures are those of Standard Webhooks: HMAC-SHA256 over identifier, instant and body.
"""

import base64
import hashlib
import hmac

MOST_TRIES = 20
"""Failed tries after which a message is given up: with their growing pauses, some three hours."""
_SECRET = "whsec_"  # noqa: S105 - the beginning of one
"""The beginning of a secret, by which Standard Webhooks know it."""


def message_id(topic: str, offset: int) -> str:
    """Return the identifier of a message, the same in every try."""
    return f"{topic}.{offset}"


def secret_text(key: bytes) -> str:
    """Return a key as Standard Webhooks write it."""
    return _SECRET + base64.b64encode(key).decode()


def sign(secret: str, identifier: str, at_s: int, body: bytes) -> str:
    """Return the signature of a call.

    Args:
        secret: The endpoint's secret.
        identifier: The message's identifier.
        at_s: When it is sent, seconds since 1970.
        body: What is sent.
    """
    key = base64.b64decode(secret.removeprefix(_SECRET))
    signed = b"%s.%d.%s" % (identifier.encode(), at_s, body)
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
