"""Alignments with the DSO's operational system, and the events that it sends."""

from dataclasses import dataclass
from datetime import datetime

from platone.dso.domain.network_key import NetworkKey
from platone.grid.network.event import Event


@dataclass(frozen=True, slots=True)
class NumberedEvent:
    """An event of the operational system.

    Attributes:
        sequence: Its number, from 1, without gaps within an alignment.
        at: When it happened.
        event: What happened.
    """

    sequence: int
    at: datetime
    event: Event


@dataclass(frozen=True, slots=True)
class Alignment:
    """An open alignment with the operational system.

    Attributes:
        id: Its identifier.
        version: The network that both have.
        last_sequence: Number of the last event that was taken.
    """

    id: str
    version: NetworkKey
    last_sequence: int
