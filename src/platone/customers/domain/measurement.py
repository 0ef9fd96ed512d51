"""Measurements: each minute of a point of delivery at most once, and the first one stays."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from platone.customers.domain.instant import (
    LATEST_S,
    MINUTE_S,
    QUARTER_HOUR_S,
    aligned_s,
    instant_at,
)
from platone.customers.domain.problem import (
    MeasurementDiffers,
    MeasurementOverlaps,
    NumberTooLarge,
    SeriesTooLate,
)
from platone.kernel.reading_interval import check_interval, check_over
from platone.messages.registry import Measurement, Setpoint

_LARGEST_SEQUENCE = 2**63 - 1
"""Largest sequence number that a database integer of 64 bits with sign can keep."""

_CLOCKS_APART = timedelta(minutes=15)
"""How far this party's clock may be behind: the access layer has looked at its own, to a minute."""

MeasurementKey = tuple[str, int]
"""A point of delivery and the start of an interval, seconds."""

MeasurementContent = tuple[int, int, str, str, int, str, str]
"""All of a measurement but its time of receipt: what two sendings of it share."""


def interval_start_s(item: Measurement | Setpoint) -> int:
    """Return the start of an item's interval, seconds.

    Raises:
        StartNotAligned: It is not on a whole minute.
        SeriesTooLate: It ends after the year 2099.
    """
    start_s = aligned_s(item.start_time, MINUTE_S)
    if start_s + item.duration_minutes * MINUTE_S > LATEST_S:
        raise SeriesTooLate("The interval ends after 2099.", podId=item.pod_id)
    return start_s


def check_taken(measurement: Measurement, now: datetime) -> None:
    """Check that a measurement's interval is one that can settle, and is over.

    Raises:
        DurationNotTaken: It does not fill a quarter-hour without rest.
        IntervalMisaligned: It does not begin at a multiple of its length.
        IntervalInFuture: It is not over.
    """
    check_interval(measurement.start_time, measurement.duration_minutes)
    check_over(measurement.start_time, measurement.duration_minutes, now, _CLOCKS_APART)


class MeasuredTimes:
    """The intervals that points of delivery are measured in, found by the quarter-hour."""

    def __init__(self, measured: Iterable[tuple[MeasurementKey, int]]) -> None:
        self._at: dict[MeasurementKey, list[tuple[int, int]]] = {}
        for key, minutes in measured:
            self.add(key, minutes)

    def add(self, key: MeasurementKey, minutes: int) -> None:
        """Count an interval as measured."""
        for place in _quarter_hours(key, minutes):
            self._at.setdefault(place, []).append((key[1], minutes))

    def check_free(self, key: MeasurementKey, minutes: int) -> None:
        """Check that an interval overlaps none that is measured.

        Raises:
            MeasurementOverlaps: It does; the error names both.
        """
        pod_id, start_s = key
        for place in _quarter_hours(key, minutes):
            for other_s, length in self._at.get(place, ()):
                if other_s < start_s + minutes * MINUTE_S and start_s < other_s + length * MINUTE_S:
                    taken, wanted = instant_at(other_s), instant_at(start_s)
                    raise MeasurementOverlaps(
                        f"{pod_id} is measured for {length} minutes from {taken.isoformat()}, so "
                        f"{minutes} minutes from {wanted.isoformat()} are not taken.",
                        podId=pod_id,
                        startTime=wanted.isoformat(),
                        takenStartTime=taken.isoformat(),
                        takenDurationMinutes=length,
                    )


def _quarter_hours(key: MeasurementKey, minutes: int) -> list[MeasurementKey]:
    """Return the quarter-hours that an interval lies in; of older records it may be several."""
    pod_id, start_s = key
    first, last = start_s // QUARTER_HOUR_S, (start_s + minutes * MINUTE_S - 1) // QUARTER_HOUR_S
    return [(pod_id, number) for number in range(first, last + 1)]


def content_of(measurement: Measurement) -> MeasurementContent:
    """Return the content that is compared when a measurement comes again.

    Raises:
        NumberTooLarge: Its sequence cannot be kept.
    """
    if measurement.sequence > _LARGEST_SEQUENCE:
        raise NumberTooLarge("The sequence passes 63 bits.", podId=measurement.pod_id)
    return (
        measurement.duration_minutes,
        measurement.energy_wh,
        measurement.quality,
        measurement.device,
        measurement.sequence,
        measurement.certification_id,
        measurement.certification_hash,
    )


def check_same(
    measurement: Measurement, content: MeasurementContent, stored: MeasurementContent
) -> None:
    """Check that a measurement that comes again is the one that is stored.

    Raises:
        MeasurementDiffers: It says something else.
    """
    if content != stored:
        raise MeasurementDiffers(
            f"{measurement.pod_id} has another measurement of "
            f"{measurement.start_time.isoformat()}.",
            podId=measurement.pod_id,
            startTime=measurement.start_time.isoformat(),
        )
