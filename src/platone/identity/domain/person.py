"""People: the persons who sign in, each for a party, and how long that lasts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from platone.identity.domain.party import Party
from platone.identity.domain.problem import PasswordTooShort, PersonNameInvalid
from platone.messages.base import Role

SIGN_IN_LIFE = timedelta(hours=12)
"""How long a person stays signed in: a working day, after which it says again who it is."""
SHORTEST_PASSWORD = 12
"""Least length of a password, characters: OWASP ASVS 5.0 asks for eight and recommends more."""
LONGEST_PASSWORD = 256
"""Longest password, characters: any sentence, and still quick to hash."""
AGENT_KEPT = 200
"""Characters kept of what a browser calls itself: its kind and version stand before."""
FRESH = timedelta(minutes=10)
"""Age up to which a sign-in may change how the person signs in (RFC 9470 calls it step-up)."""
_SUBJECT = "person:"
"""The beginning of what tokens name people by."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,99}")


@dataclass(frozen=True, slots=True)
class Person:
    """A person who signs in for a party.

    Attributes:
        name: What the person types to sign in.
        party: The party with those of its roles that the person has.
    """

    name: str
    party: Party

    @property
    def has_power(self) -> bool:
        """Return whether it acts for others than one household, so that a password is too little.

        OWASP ASVS 5.0 (6.3.3) asks for two factors wherever that is so.
        """
        return set(self.party.roles) != {Role.CUSTOMER}

    @property
    def subject(self) -> str:
        """Return how tokens name the person; no client has such a name."""
        return f"{_SUBJECT}{self.name}"


@dataclass(frozen=True, slots=True)
class RegisteredPerson:
    """A person as it is kept.

    Attributes:
        person: Who it is.
        password_hash: Hash of its password; empty for a person of a development party.
        second_factor: Secret of its second factor, Base32; empty where it has none.
    """

    person: Person
    password_hash: str
    second_factor: str = ""

    @property
    def is_for_development(self) -> bool:
        """Return whether it is a person of the first start, who needs no password."""
        return not self.password_hash


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """A second factor as it is begun to be kept.

    Attributes:
        secret: Its secret, Base32; empty for none.
        step: Time step of the code that confirmed it: it and earlier ones count no more.
        recovery_hashes: Hashes of the recovery codes that belong to it.
    """

    secret: str
    step: int = 0
    recovery_hashes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One sign-in of a person at a browser.

    Attributes:
        id: Its identifier.
        person_name: Who.
        began: When.
        used: When it was last used, to some minutes.
        ends: When it ends by itself.
        agent: What the browser called itself.
    """

    id: str
    person_name: str
    began: datetime
    used: datetime
    ends: datetime
    agent: str


def person_of(subject: str) -> str:
    """Return the name of the person that a token names; empty where it is none of this server."""
    return subject.removeprefix(_SUBJECT) if subject.startswith(_SUBJECT) else ""


def check_name(name: str) -> None:
    """Check the name of a new person.

    Raises:
        PersonNameInvalid: It is none that can be typed everywhere.
    """
    if _NAME.fullmatch(name) is None:
        raise PersonNameInvalid(f"{name[:100]!r} is no name to sign in by.")


def check_password(name: str, password: str) -> None:
    """Check that a new password is long enough, and not made of the name.

    Raises:
        PasswordTooShort: It is not.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise PasswordTooShort(
            f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters, this one has "
            f"{len(password)}."
        )
    repeated = name.lower() * LONGEST_PASSWORD  # of one letter, too, it is as long as any password
    if len(set(password)) < SHORTEST_PASSWORD // 3 or password.lower() in repeated:
        raise PasswordTooShort("This password repeats a few characters, or the name.")
