"""What state estimation needs: measurements, what is expected, records, the databus."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from platone.dso.service.remark import named
from platone.grid.estimation.measurement import Measurement
from platone.grid.estimation.pseudo import EXPECTED, ExpectedConsumption
from platone.grid.network.model import Network
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


class Evidence(StrEnum):
    """What says what is expected of a consumer."""

    TYPICAL_DAY = "typical days"
    """Its own metering of earlier days."""
    MARKET = "baselines and trades"
    NETWORK_FILE = "the network file"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, eq=False)
class ExpectedConsumers:
    """What consumers are expected to withdraw.

    Attributes:
        power: The powers, and how sure they are.
        evidence: What says so, by consumer.
        remarks: What is not known, and why.
    """

    power: ExpectedConsumption
    evidence: Mapping[str, Evidence]
    remarks: Sequence[str] = ()

    def told(self, pseudo_measurements: Iterable[str]) -> list[str]:
        """Remarks on what was put in: how many consumers, and what says what is expected."""
        names = {each.removeprefix(EXPECTED) for each in pseudo_measurements}
        counts = Counter(self.evidence[name] for name in names & self.evidence.keys())
        unknown = [name for name, evidence in self.evidence.items() if evidence is Evidence.NOTHING]
        found = list(self.remarks)
        if counts:
            parts = ", ".join(f"of {counts[each]} by {each}" for each in Evidence if counts[each])
            found.append(f"Expected power stands in for what is not measured: {parts}.")
        if unknown:
            what = "neither registered with a baseline nor with typical days"
            found.append(
                f"Nothing is expected of {len(unknown)} consumers, {what}: {named(unknown)}."
            )
        return found


class ExpectedPower(Protocol):
    """What consumers are expected to withdraw."""

    async def at(self, network: Network, at: datetime) -> ExpectedConsumers:
        """What is expected in an instant."""
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
