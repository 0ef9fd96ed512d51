"""Passkeys: keys that a person's device keeps and uses where it knows the person again."""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

MOST_PASSKEYS = 10
"""Most passkeys of a person: some devices and keys to plug in, and nothing that fills a table."""
CHALLENGE_LIFE_S = 300
"""How long a device may take for its answer, s: what WebAuthn recommends (section 15.1)."""


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey of a person, as it is kept.

    Attributes:
        id: Its identifier, which its device chose, base64url.
        person_name: Whose it is.
        handle: What devices know the person by, base64url: random, so that it tells no name.
        credential: Its identifier and public key, as the device gave them.
        counter: The uses that its device last counted; 0 where it counts none.
        agent: What the browser called itself in which it was made.
        made: When.
        used: When it was last used.
    """

    id: str
    person_name: str
    handle: str
    credential: bytes
    counter: int
    agent: str
    made: datetime
    used: datetime


def is_later(known: int, told: int) -> bool:
    """Return whether a device's counter has gone on; one that counts nothing tells 0 for ever.

    A counter that goes back or stands still tells of a copy of the key (WebAuthn section 6.1.1).
    """
    return told > known or (told == known == 0)


def domain_of(address: str) -> str:
    """Return the domain that passkeys of a server are for; empty where its address is a number."""
    host = urlsplit(address).hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return host
    return ""
