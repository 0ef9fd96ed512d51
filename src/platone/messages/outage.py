"""Outages of a network, one by one: what each breaks, who is dark, and what supplies again."""

from typing import Annotated

import msgspec

from platone.messages.base import Identifier, Instant, Message
from platone.messages.grid import Unwatched

_NOTICED = 1e-2
"""Share of a limit: where a broken one changes less, the outage has no part in it."""


class NetworkChoice(Message):
    """A network; without a version its version stored last, without anything the one in force.

    Attributes:
        network_id: The network; without it the one in force.
        version: Its version; without it the one stored last.
    """

    network_id: Identifier | None = None
    version: Identifier | None = None


class VoltageBand(Message):
    """The voltages that all buses may have, per unit of nominal.

    Attributes:
        least_pu: The least voltage, such as 0.9.
        most_pu: The greatest voltage, such as 1.1.
    """

    least_pu: Annotated[float, msgspec.Meta(gt=0, le=10)]
    most_pu: Annotated[float, msgspec.Meta(gt=0, le=10)]


class OutageQuestion(NetworkChoice):
    """A market day by any instant in it, a network, and what of it fails.

    Attributes:
        network_id: The network; without it the one in force.
        version: Its version; without it the one stored last.
        start_time: The instant.
        branches: Lines, transformers or windings that fail, one after the other; without it all
            lines and transformers in service.
        resupply: Whether to try what is normally open and leads to a part without supply.
        voltage_band: Voltages that all buses may have, in place of the network's own limits.
    """

    start_time: Instant
    branches: Annotated[tuple[Identifier, ...], msgspec.Meta(max_length=100_000)] | None = None
    resupply: bool = True
    voltage_band: VoltageBand | None = None


class LastingAlarm(Message, omit_defaults=True):
    """A limit that is broken in some quarter-hours, told once.

    Attributes:
        element: The branch or bus.
        kind: "current" or "voltage".
        value: The worst of it.
        limit: What it may be.
        unit: A or pu.
        at: Start of the quarter-hour in which it is worst.
        quarter_hours: In how many it is broken.
        intact_value: The worst value without the outage, where it can be told.
        name: What people call the branch or bus; empty where its network tells no name.
    """

    element: str
    kind: str
    value: float
    limit: float
    unit: str
    at: Instant
    quarter_hours: int
    intact_value: float | None = None
    name: str = ""

    @property
    def is_made_worse(self) -> bool:
        """Return whether the outage breaks this limit, or breaks it more than it is without."""
        before = self.intact_value
        if before is None:
            return True
        sign = 1 if self.value > self.limit else -1
        return sign * (self.value - before) > _NOTICED * self.limit


class DarkIsland(Message):
    """A connected part of the network without supply.

    Attributes:
        buses: Its buses.
        consumers: Its loads and points of delivery.
        lost_kw: What they would withdraw, the greatest of all quarter-hours.
        lost_kwh: What they would withdraw in all quarter-hours.
        lost_generation_kwh: What plants there would feed in.
    """

    buses: list[str]
    consumers: list[str]
    lost_kw: float
    lost_kwh: float
    lost_generation_kwh: float


class ResupplyResult(Message):
    """A switching after an outage, which supplies a part again, and what is left then.

    Attributes:
        closed: What is closed: normally open switches or branches.
        islands: Parts that are still without supply.
        alarms: Limits that are broken with it.
        unsolved: Quarter-hours in which the power flow has no solution.
    """

    closed: list[str]
    islands: list[DarkIsland]
    alarms: list[LastingAlarm]
    unsolved: list[Instant]

    @property
    def supplies_all(self) -> bool:
        """Return whether nothing is without supply then, at any time."""
        return not self.islands and not self.unsolved


class OutageResult(Message):
    """A branch out of service.

    Attributes:
        element: The line, transformer or winding.
        name: What people call it.
        lost_kw: What consumers without supply would withdraw, the greatest of all quarter-hours.
        lost_kwh: What they would withdraw in all quarter-hours.
        islands: The parts without supply, the greatest loss first.
        alarms: Limits that are broken in what has supply, first those made worst by the outage.
        unsolved: Quarter-hours in which the power flow has no solution: the voltage collapses.
        resupply: The switchings that were tried, the best one first.
    """

    element: str
    name: str
    lost_kw: float
    lost_kwh: float
    islands: list[DarkIsland]
    alarms: list[LastingAlarm]
    unsolved: list[Instant]
    resupply: list[ResupplyResult]

    @property
    def is_harmless(self) -> bool:
        """Return whether all stays supplied, and no limit is broken that holds without it."""
        is_worse = any(each.is_made_worse for each in self.alarms)
        return not self.islands and not self.unsolved and not is_worse


class OutageRun(Message):
    """Outages of a network over several instants, calculated one by one.

    Attributes:
        network_id: The network.
        version: Its version.
        instants: How many quarter-hours there are.
        first: The first of them.
        intact: Limits that are broken without any outage.
        outages: First those with the worst that no switching mends.
        unsupplied: Parts with consumers that no source feeds without any outage.
        unwatched: What no limit watches, and of which no alarm can be.
        resupply: The switchings that supply one of the parts in `unsupplied`, the best one first.
        remarks: What the day's powers rest on where baselines are missing.
    """

    network_id: str
    version: str
    instants: int
    first: Instant
    intact: list[LastingAlarm]
    outages: list[OutageResult]
    unsupplied: list[DarkIsland] = msgspec.field(default_factory=list)
    unwatched: Unwatched | None = None
    resupply: list[ResupplyResult] = msgspec.field(default_factory=list)
    remarks: list[str] = msgspec.field(default_factory=list)
