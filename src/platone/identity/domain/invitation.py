"""Invitations: a link by which a person gives itself a name and a password, once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from platone.identity.domain.party import Party

INVITATION_LIFE = timedelta(days=3)
"""How long an invitation can be used: over a weekend."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that was not used yet.

    Attributes:
        id: Its identifier.
        party: The party with those of its roles that the person is to have.
        made_by: Who made it.
        ends: Until when it can be used.
    """

    id: str
    party: Party
    made_by: str
    ends: datetime
