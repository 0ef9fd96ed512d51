"""The rules of calls to participants' endpoints: where they may go, and how they are signed.

Signatures are those of Standard Webhooks: HMAC-SHA256 over identifier, instant and body.
"""

import base64
import hashlib
import hmac
from ipaddress import ip_address
from urllib.parse import urlsplit

from platone.market.domain.problem.webhook import WebhookNotAllowed

MOST_TRIES = 20
"""Failed tries after which a message is given up: with their growing pauses, some three hours."""
_SECRET = "whsec_"  # noqa: S105 - the beginning of one
"""The beginning of a secret, by which Standard Webhooks know it."""


def host_of(url: str) -> tuple[str, int]:
    """Return host and port of an endpoint.

    Raises:
        WebhookNotAllowed: The address is not https, or names a user.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise WebhookNotAllowed(f"The address cannot be read: {error}.") from error
    if parts.scheme != "https" or not host or parts.username or parts.fragment:
        raise WebhookNotAllowed("The address is https://host[:port]/path, without a user.")
    return host, port or 443


def check_address(address: str) -> None:
    """Check that a host's address is a public one.

    Raises:
        WebhookNotAllowed: It is not.
    """
    found = ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None)
    if not (mapped or found).is_global or found.is_multicast:
        raise WebhookNotAllowed("The host has an address that is not public.")


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
