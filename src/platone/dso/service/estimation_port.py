"""What state estimation needs: measurements, what is expected, records, the databus."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from platone.dso.domain.estimation.measurement import Measurement
from platone.dso.domain.estimation.pseudo import Expected
from platone.dso.domain.network.model import Network
from platone.messages.estimation import EstimationRun


class Feed(StrEnum):
    """Where measurements are gathered from."""

    SCADA = "scada"
    """What was sent to the platform before."""
    METER = "meter"
    """Certified readings of the customer database."""
    PMU = "pmu"
    """Phasors of the databus."""


@dataclass(frozen=True, slots=True)
class Window:
    """How old a measurement may be.

    Attributes:
        scada: Of what was sent before.
        meter: From the end of the metered interval.
        pmu: Of a phasor.
    """

    scada: timedelta = timedelta(minutes=5)
    meter: timedelta = timedelta(minutes=30)
    pmu: timedelta = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Gathered:
    """Measurements of an instant.

    Attributes:
        measurements: Those that fit the network.
        left_out: Those that do not, and why.
    """

    measurements: list[Measurement] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


class MeasurementFeed(Protocol):
    """One place that measurements are gathered from."""

    async def around(self, network: Network, at: datetime, window: Window) -> Gathered:
        """The newest measurements of each element that are not after an instant, nor too old."""
        ...


class ExpectedPower(Protocol):
    """What consumers are expected to withdraw."""

    async def at(self, network: Network, at: datetime) -> tuple[Expected, list[str]]:
        """What is expected in an instant, and remarks on what is not known."""
        ...


class Telemetry(Protocol):
    """Measurements that were sent to the platform."""

    async def keep(self, measurements: Sequence[Measurement], now: datetime) -> None:
        """Store them; of the same identifier and instant the last one counts."""
        ...

    async def newest(self, at: datetime, within: timedelta) -> list[Measurement]:
        """The newest of each identifier that is not after an instant, and not too old."""
        ...


class Estimations(Protocol):
    """Stored state estimations."""

    async def keep(self, run: EstimationRun) -> None:
        """Store one."""
        ...

    async def latest(self) -> EstimationRun | None:
        """The one made last."""
        ...

    async def by_id(self, run_id: str) -> EstimationRun | None:
        """One of them."""
        ...


class EstimateBus(Protocol):
    """Where estimates are published."""

    async def publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Publish below `processed/bal/`, each to its place; without a connection they are lost."""
        ...


Feeds = Mapping[Feed, MeasurementFeed]
