"""Servers that are partners: what one tells of itself to the others, and who serves which path."""

from typing import Annotated, Any

import msgspec

from platone.messages.base import Identifier, Message, Role

CONTEXTS = ("ledger", "customers", "market", "dso", "aggregator", "access")
"""The contexts that can run on servers of their own, in the order in which they start."""
_PREFIXES = (
    ("/api/scd", "customers"),
    ("/api/access", "access"),
    ("/api/aggregator", "aggregator"),
    ("/api/dso", "dso"),
    ("/api/certification", "ledger"),
    ("/api/contracts", "ledger"),
    ("/api/books", "ledger"),
    ("/rpc", "ledger"),
    ("/api/identity", ""),
    ("/api/clock", ""),
    ("/api", "market"),
)
"""Where paths lead, the first that fits; what no prefix fits, each server has for itself."""

PARTNER_NAME = r"^[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?$"
"""The form of a partner's short name: that of a label in the names of hosts, 60 letters at most."""

PartnerName = Annotated[str, msgspec.Meta(pattern=PARTNER_NAME)]
"""A partner's short name, by which its file is called."""

ServerUrl = Annotated[str, msgspec.Meta(max_length=300, pattern=r"^https://[A-Za-z0-9.:\[\]-]+$")]
"""A server's address, without a path."""

BrokerAddress = Annotated[
    str, msgspec.Meta(max_length=300, pattern=r"^[A-Za-z0-9.:\[\]-]+:\d{1,5}$")
]
"""A broker's host and port."""


def context_of(path: str) -> str:
    """Return the context that serves a path; empty where each server has it for itself."""
    for prefix, context in _PREFIXES:
        if path == prefix or path.startswith((prefix + "/", prefix + "?")):
            return context
    return ""


class PartnerFile(Message):
    """A server as it tells of itself to its partners; nothing in it is secret.

    Attributes:
        name: Its short name.
        url: Its address, which its tokens name as their issuer.
        contexts: The contexts that run there.
        parties: The parties that it may speak for, with their roles.
        keys: The public keys (JWK) that its tokens are signed by.
        authority: The certificate of the authority that its own is signed by, PEM.
        mqtt: Host and port of its broker, where it has one.
    """

    name: PartnerName
    url: ServerUrl
    contexts: Annotated[list[str], msgspec.Meta(max_length=len(CONTEXTS))]
    mqtt: BrokerAddress | None = None
    parties: dict[Identifier, Annotated[list[Role], msgspec.Meta(min_length=1)]]
    keys: Annotated[list[dict[str, Any]], msgspec.Meta(min_length=1, max_length=10)]
    authority: Annotated[str, msgspec.Meta(max_length=20_000)]
