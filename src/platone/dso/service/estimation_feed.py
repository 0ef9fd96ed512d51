"""Feeds of state estimation: telemetry, phasors, and meter readings."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from platone.dso.domain.estimation import MaxAges
from platone.dso.domain.feed_reading import (
    LONGEST_INTERVAL,
    Accuracy,
    PhasorReadings,
    TelemetryReadings,
)
from platone.dso.domain.feed_reading import MeterReadings as NewestReadings
from platone.dso.records.estimation import TelemetryRecords
from platone.dso.records.phasor import PhasorRecords
from platone.dso.service.ports import MeterReadings
from platone.messages.registry import Measurement as MeterReading


@dataclass(frozen=True, slots=True)
class TelemetryFeed:
    """A feed of the measurements that were sent to the platform.

    Args:
        telemetry: Where they are kept.
    """

    telemetry: TelemetryRecords

    async def around(self, at: datetime, max_ages: MaxAges) -> TelemetryReadings:
        """Return the newest measurement of each identifier."""
        return TelemetryReadings(await self.telemetry.newest(at, max_ages.scada))


@dataclass(frozen=True, slots=True)
class PhasorFeed:
    """A feed of the databus's phasors.

    Args:
        record: What devices sent.
        accuracy: How exact it is.
    """

    record: PhasorRecords
    accuracy: Accuracy

    async def around(self, at: datetime, max_ages: MaxAges) -> PhasorReadings:
        """Return the newest phasors of each component of each device."""
        return PhasorReadings(await self.record.last_before(at, max_ages.pmu), self.accuracy)


@dataclass(frozen=True, slots=True)
class MeterFeed:
    """A feed of the mean powers of the intervals that meters read.

    Args:
        readings: Where they are.
        accuracy: How exact they are.
    """

    readings: MeterReadings
    accuracy: Accuracy

    async def around(self, at: datetime, max_ages: MaxAges) -> NewestReadings:
        """Return the reading of each PoD that holds the instant, or the newest one before it."""
        newest: dict[str, MeterReading] = {}
        for each in await self.readings.readings(at - max_ages.meter - LONGEST_INTERVAL, at):
            end = each.start_time + timedelta(minutes=each.duration_minutes)
            known = newest.get(each.pod_id)
            is_newer = known is None or each.start_time > known.start_time
            if each.start_time <= at < end + max_ages.meter and is_newer:
                newest[each.pod_id] = each
        return NewestReadings(list(newest.values()), self.accuracy)
