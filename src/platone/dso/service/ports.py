"""What the DSO platform needs: records, the other parties' systems, a way to the nodes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from platone.grid.network.event import Event
from platone.kernel.errors import PlatoneError
from platone.kernel.market_time import MarketDay
from platone.messages.base import MarketType, Submission
from platone.messages.grid import Alarm
from platone.messages.market import FlexibilityService, TechnicalOutcome
from platone.messages.metering import SetpointAcknowledgement, SetpointCommand
from platone.messages.registry import PointOfDelivery, Series, Setpoint

PODS_A_CALL = 200
"""Of how many points of delivery customers is asked at once: their names stand in the address."""


@dataclass(frozen=True, slots=True)
class NetworkKey:
    """Names a stored network."""

    id: str
    version: str


class Stage(Enum):
    """Which state of a market day was calculated."""

    FORECAST = "forecast"
    """Baselines, and what earlier sessions traded."""
    AFTER_MARKET = "afterMarket"
    """With all trades of a market outcome."""
    VALIDATED = "validated"
    """With what of them the grid can take."""


class SetpointState(Enum):
    """How far a setpoint has come."""

    WAITING = "waiting"
    """No acknowledgement yet: it is sent again and again."""
    ACCEPTED = "accepted"
    """The node has taken it."""
    REFUSED = "refused"
    """The node, or its energy management system, said no."""
    EXPIRED = "expired"
    """Its interval went by without an acknowledgement."""


@dataclass(frozen=True, slots=True)
class SetpointRecord:
    """A setpoint and what became of it.

    Attributes:
        setpoint: The setpoint.
        aggregator_id: Who sent it.
        state: How far it has come.
        device: The node that it was last sent to.
        detail: Why the node refused it.
        acknowledged_at: When the node answered.
    """

    setpoint: Setpoint
    aggregator_id: str
    state: SetpointState
    device: str | None = None
    detail: str | None = None
    acknowledged_at: datetime | None = None


class Networks(Protocol):
    """Stored network files."""

    async def store(self, key: NetworkKey, content: bytes, now: datetime) -> bool:
        """Store a file and put it in force; False where the same is stored already.

        Raises:
            DuplicateIdentifier: Another content is stored under this key.
        """
        ...

    async def keys(self) -> list[NetworkKey]:
        """All stored networks, the one in force last."""
        ...

    async def content(self, key: NetworkKey) -> bytes | None:
        """A stored file."""
        ...


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


class Alignments(Protocol):
    """Alignments, and how the network in force is switched."""

    async def in_force(self) -> NetworkKey | None:
        """The network in force."""
        ...

    async def reinstate(self, version: NetworkKey) -> bool:
        """Put a stored network in force again; False where it is not stored."""
        ...

    async def current(self) -> Alignment | None:
        """The open alignment."""
        ...

    async def open(self, alignment: Alignment, now: datetime) -> None:
        """Open one in place of the one before; the network stays as it is switched."""
        ...

    async def close(self) -> None:
        """Close the one that is open."""
        ...

    async def take(
        self, alignment: Alignment, events: Sequence[NumberedEvent], last_sequence: int
    ) -> None:
        """Store events and the number of the last one, all at once.

        Raises:
            AlignmentClosed: Another call came first.
        """
        ...

    async def events(self, version: NetworkKey) -> tuple[Event, ...]:
        """What is switched otherwise than in a network's file: the last event of each element."""
        ...


class Runs(Protocol):
    """Alarms of the latest balanced and unbalanced calculation of each market day and stage."""

    async def keep_run(
        self,
        day: MarketDay,
        stage: Stage,
        alarms: Sequence[Alarm],
        now: datetime,
        *,
        unbalanced: bool = False,
    ) -> None:
        """Store a calculation's alarms, in place of an earlier one's of its kind."""
        ...

    async def alarms(
        self, day: MarketDay | None, stage: Stage, *, unbalanced: bool = False
    ) -> list[Alarm] | None:
        """The alarms of a day, or of the calculation of a kind made last."""
        ...


@dataclass(frozen=True, slots=True)
class Answered:
    """A market outcome and the DSO's answer."""

    content_hash: str
    technical: TechnicalOutcome


class Outcomes(Protocol):
    """Validated market outcomes."""

    async def answered(self, market_outcome: str) -> Answered | None:
        """The answer to a market outcome."""
        ...

    async def of_day(self, day: MarketDay) -> list[TechnicalOutcome]:
        """The answers that concern a market day, in the order in which they were given."""
        ...

    async def keep_outcome(
        self,
        answered: Answered,
        alarms: Mapping[Stage, Sequence[Alarm]],
        day: MarketDay,
        now: datetime,
    ) -> None:
        """Store an answer with its alarms, and send it to the market, all at once."""
        ...


class Setpoints(Protocol):
    """Setpoints on their way."""

    async def keep_setpoint(self, setpoint: Setpoint, aggregator_id: str) -> bool:
        """Store a setpoint and send it to customers; False where the same is stored.

        Raises:
            DuplicateIdentifier: Another setpoint is stored under this identifier.
        """
        ...

    async def setpoints(self, aggregator_id: str | None = None) -> list[SetpointRecord]:
        """Setpoints by start and PoD, of one aggregator or all."""
        ...

    async def waiting(self) -> list[SetpointRecord]:
        """Setpoints that no node has answered."""
        ...

    async def note_sent(self, setpoint_id: str, device: str) -> None:
        """Note which node a setpoint was sent to."""
        ...

    async def expire(self, now: datetime) -> None:
        """Give up the setpoints whose interval has gone by."""
        ...

    async def acknowledge(self, acknowledgement: SetpointAcknowledgement) -> bool:
        """Note a node's answer; False where it was sent no such setpoint."""
        ...


class CustomerDatabase(Protocol):
    """The Shared Customer Database, and who is connected through which node."""

    async def pods(self) -> list[PointOfDelivery]:
        """All points of delivery; ``action_type`` is ``delete`` where one has ended."""
        ...

    async def baselines(self, pod_ids: Sequence[str], day: MarketDay) -> list[Series]:
        """What is known of their baselines on a market day."""
        ...

    async def associate(self, pod_id: str, pom_id: str) -> PlatoneError | None:
        """Say which point of measurement feeds a PoD; the problem where it is refused."""
        ...

    async def devices(self) -> dict[str, str]:
        """The active node of each PoD that has one."""
        ...


class MarketPlace(Protocol):
    """The market."""

    async def submit(self, service: FlexibilityService) -> Submission:
        """Send a request for flexibility.

        Raises:
            PartnerRefused: The market said no.
            PartnerUnavailable: It does not answer.
        """
        ...


class SetpointWay(Protocol):
    """The way to the nodes."""

    async def send(self, command: SetpointCommand) -> None:
        """Send a setpoint; it has arrived only when the node acknowledges it.

        Raises:
            PlatoneError: There is no connection now.
        """
        ...


@dataclass(frozen=True, slots=True)
class Session:
    """A session by kind and start of delivery."""

    market_type: MarketType
    start_time: datetime
