"""Bodies and answers of the routes of state estimation."""

from datetime import timedelta
from typing import Annotated

import msgspec

from platone.dso.domain.estimation import Feed, MaxAges
from platone.dso.service.estimation import EstimationOrder
from platone.grid.estimation.measurement import Measurement
from platone.grid.estimation.result import EstimationOptions
from platone.messages.base import Identifier, Instant, Message

_Age = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
_Measurements = Annotated[tuple[Measurement, ...], msgspec.Meta(max_length=200_000)]


class EstimationQuestion(Message):
    """A question for a state estimation: the instant, the network, the measurements.

    Attributes:
        timestamp: The instant; without it now, on the market's clock.
        network_id: The network; without it the one in force.
        version: Its version; without it the one stored last.
        measurements: What was measured. Without any, all that the platform knows is gathered.
        gather: Where to gather besides: "scada" (sent to /api/dso/measurements before), "meter"
            (certified readings), "pmu" (phasors of the databus). Without it all of them where no
            measurements are sent, and none where some are.
        scada_age_s: How old gathered measurements may be.
        meter_age_s: How long ago a metered interval may have ended.
        pmu_age_s: How old a phasor may be.
        pseudo: Whether what is not observable is filled with what is expected.
        confidence: Of both tests of bad data.
        most_removed: How many numbers may be removed as bad; 0 only tells.
    """

    timestamp: Instant | None = None
    network_id: Identifier | None = None
    version: Identifier | None = None
    measurements: _Measurements = ()
    gather: tuple[Feed, ...] | None = None
    scada_age_s: _Age = 300.0
    meter_age_s: _Age = 1800.0
    pmu_age_s: _Age = 10.0
    pseudo: bool = True
    confidence: Annotated[float, msgspec.Meta(gt=0.5, lt=1)] = 0.99
    most_removed: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 20

    def to_order(self) -> EstimationOrder:
        """Return the order that the service takes."""
        feeds = self.gather
        if feeds is None:
            feeds = () if self.measurements else tuple(Feed)
        return EstimationOrder(
            at=self.timestamp,
            network_id=self.network_id,
            version=self.version,
            measurements=self.measurements,
            feeds=tuple(dict.fromkeys(feeds)),
            max_ages=MaxAges(
                timedelta(seconds=self.scada_age_s),
                timedelta(seconds=self.meter_age_s),
                timedelta(seconds=self.pmu_age_s),
            ),
            options=EstimationOptions(
                "whereNeeded" if self.pseudo else "never", self.confidence, self.most_removed
            ),
        )


class Telemetry(Message):
    """Measurements, for state estimations to come."""

    measurements: Annotated[_Measurements, msgspec.Meta(min_length=1)]


class TelemetryTaken(Message):
    """The number of measurements that were stored."""

    stored: int
