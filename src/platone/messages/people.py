"""People and parties: who may sign in and call, invited, changed and removed, and all changes."""

from typing import Annotated

import msgspec

from platone.messages.base import Instant, ListPart, Message, Role

PartyName = Annotated[
    str, msgspec.Meta(min_length=1, max_length=60, pattern="^[A-Za-z0-9][A-Za-z0-9._-]*$")
]
"""A party's identifier: what topics, files and addresses can bear."""
Roles = Annotated[list[Role], msgspec.Meta(min_length=1, max_length=len(Role))]


class PartyOrder(Message):
    """A party that is to be at home on a server.

    Attributes:
        party_id: Its identifier, which is its client's, too.
        roles: What it is.
    """

    party_id: PartyName
    roles: Roles


class PartyView(Message):
    """A party that is at home on a server.

    Attributes:
        party_id: Its identifier.
        roles: What it is.
        clients: The clients that call in its name, each with a secret.
        people: How many people sign in for it.
        may_be_removed: Whether the caller may remove it: not where its systems run here.
    """

    party_id: str
    roles: list[Role]
    clients: list[str]
    people: int
    may_be_removed: bool


class Parties(ListPart):
    """The parties that the caller may see, by name.

    Attributes:
        parties: The parties.
        may_add: Whether the caller may add one: it runs the server.
    """

    parties: list[PartyView]
    may_add: bool


class PersonView(Message):
    """A person who may sign in.

    Attributes:
        name: What it types to sign in.
        party_id: Its party.
        roles: Those of the party's roles that it has.
        has_second_factor: Whether it shows a one-time code.
        for_development: Whether it is one of the first start, who needs no password.
    """

    name: str
    party_id: str
    roles: list[Role]
    has_second_factor: bool
    for_development: bool


class People(ListPart):
    """The people that the caller may see, by name.

    Attributes:
        people: Those in this part of the list.
    """

    people: list[PersonView]


class PersonChange(Message):
    """Other roles of a person.

    Attributes:
        roles: Those of its party's roles that it has from now on.
    """

    roles: Roles


class InvitationOrder(Message):
    """An invitation to be made.

    Attributes:
        party_id: The party that the person is to act for.
        roles: Those of the party's roles that it is to have.
    """

    party_id: PartyName
    roles: Roles


class InvitationView(Message):
    """An invitation that was not used yet.

    Attributes:
        id: Its identifier.
        party_id: The party.
        roles: The roles.
        made_by: Who made it.
        ends: Until when it can be used.
        link: The address that the person opens, once; told only where the invitation is made.
    """

    id: str
    party_id: str
    roles: list[Role]
    made_by: str
    ends: Instant
    link: str | None = None


class Invitations(ListPart):
    """The invitations that the caller may see, the next to end first.

    Attributes:
        invitations: Those in this part of the list.
    """

    invitations: list[InvitationView]


class ChangeView(Message):
    """A change that somebody made.

    Attributes:
        number: Its place in the log.
        at: When, by the machine's clock.
        party_id: Whose party made it.
        client_id: Through which client, or which person; "commandLine" for a command that was
            given at the server.
        kind: The kind of thing that was changed: "party", "person", "invitation", "passkey",
            "password", "secondFactor", "recoveryCodes", "clientSecret", "agreement", "proposal",
            "payment", "document", "device", "deadLetter", "session", "clock".
        subject: Which one.
        before: What it was, by field; empty where it is new.
        after: What it is now, by field; empty where it is gone.
    """

    number: int
    at: Instant
    party_id: str
    client_id: str
    kind: str
    subject: str
    before: dict[str, str]
    after: dict[str, str]


class Changes(ListPart):
    """Changes, the newest first.

    Attributes:
        changes: Those in this part of the list.
    """

    changes: list[ChangeView]
