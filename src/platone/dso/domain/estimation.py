"""Inputs of a state estimation: where measurements come from, and what consumers are expected."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from platone.dso.domain.remark import abridged
from platone.grid.estimation.measurement import Measurement
from platone.grid.estimation.pseudo import EXPECTED, ExpectedConsumption


class Feed(StrEnum):
    """The sources that measurements are gathered from."""

    SCADA = "scada"
    """Measurements that were sent to the platform before."""
    METER = "meter"
    """Certified readings of the customer database."""
    PMU = "pmu"
    """Phasors of the databus."""


@dataclass(frozen=True, slots=True)
class MaxAges:
    """The greatest ages of measurements that still count.

    Attributes:
        scada: Of what was sent before.
        meter: From the end of the metered interval.
        pmu: Of a phasor.
    """

    scada: timedelta = timedelta(minutes=5)
    meter: timedelta = timedelta(minutes=30)
    pmu: timedelta = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class GatheredMeasurements:
    """The measurements of an instant, and those left out.

    Attributes:
        measurements: Those that fit the network.
        left_out: Those that do not, and why.
    """

    measurements: list[Measurement] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)


class ExpectationSource(StrEnum):
    """The sources of what is expected of a consumer."""

    TYPICAL_DAY = "typical days"
    """Its own metering of earlier days."""
    MARKET = "baselines and trades"
    NETWORK_FILE = "the network file"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, eq=False)
class ExpectedConsumers:
    """The power that consumers are expected to withdraw.

    Attributes:
        power: The powers, and how sure they are.
        sources: What says so, by consumer.
        remarks: What is not known, and why.
    """

    power: ExpectedConsumption
    sources: Mapping[str, ExpectationSource]
    remarks: Sequence[str] = ()

    def remarks_on(self, pseudo_measurements: Iterable[str]) -> list[str]:
        """Return remarks on pseudo-measurements: how many consumers, and from which source."""
        names = {each.removeprefix(EXPECTED) for each in pseudo_measurements}
        counts = Counter(self.sources[name] for name in names & self.sources.keys())
        unknown = [
            name for name, source in self.sources.items() if source is ExpectationSource.NOTHING
        ]
        found = list(self.remarks)
        if counts:
            parts = ", ".join(
                f"of {counts[each]} by {each}" for each in ExpectationSource if counts[each]
            )
            found.append(f"Expected power stands in for what is not measured: {parts}.")
        if unknown:
            what = "neither registered with a baseline nor with typical days"
            found.append(
                f"Nothing is expected of {len(unknown)} consumers, {what}: {abridged(unknown)}."
            )
        return found
