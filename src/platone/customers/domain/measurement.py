"""Measurements: the versions of each interval of a point of delivery, of which the last counts."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from platone.customers.domain.instant import LATEST_S, MINUTE_S, aligned_s, instant_at
from platone.customers.domain.problem import (
    MeasurementDiffers,
    MeasurementOverlaps,
    NumberTooLarge,
    SeriesTooLate,
)
from platone.kernel.reading_choice import may_lie_over, precedence
from platone.kernel.reading_interval import check_interval, check_over
from platone.messages.registry import Measurement, Setpoint

_LARGEST_SEQUENCE = 2**63 - 1
"""Largest sequence number that a database integer of 64 bits with sign can keep."""

_CLOCKS_APART = timedelta(minutes=15)
"""How far this party's clock may be behind: the access layer has looked at its own, to a minute."""

MeasurementKey = tuple[str, int]
"""A point of delivery and the start of an interval, seconds."""

Interval = tuple[str, int, int]
"""A point of delivery, the start of an interval, seconds, and its length, minutes."""

PodHour = tuple[str, int]
"""A point of delivery, and hours since 1970: an aligned interval lies within one of them."""

HOUR_S = 3600
"""An hour, s: no interval is longer, so that what overlaps lies in the same one."""


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
        DurationNotTaken: It has another length.
        IntervalMisaligned: It does not begin at a multiple of its length.
        IntervalInFuture: It is not over.
        NumberTooLarge: Its sequence cannot be kept.
    """
    if measurement.sequence > _LARGEST_SEQUENCE:
        raise NumberTooLarge("The sequence passes 63 bits.", podId=measurement.pod_id)
    check_interval(
        measurement.start_time,
        measurement.duration_minutes,
        may_be_part=measurement.meter_id is not None,
    )
    check_over(measurement.start_time, measurement.duration_minutes, now, _CLOCKS_APART)


class MeasuredTimes:
    """The versions of measurements of points of delivery, found by the hour."""

    def __init__(self, measured: Iterable[Measurement]) -> None:
        self._at: dict[PodHour, dict[Interval, list[Measurement]]] = {}
        for each in measured:
            self.add(each)

    def add(self, item: Measurement) -> None:
        """Count a measurement as the newest version of its interval."""
        self._at.setdefault(_hour_of(item), {}).setdefault(interval_of(item), []).append(item)

    def version_of(self, item: Measurement) -> int | None:
        """Return the version that a measurement is of its interval; None for a known one.

        Raises:
            MeasurementDiffers: The standing one says something else, and this corrects it not.
            MeasurementOverlaps: It overlaps one of another length that counts before it.
        """
        at_hour = self._at.get(_hour_of(item), {})
        versions = at_hour.get(interval_of(item), [])
        if any(content_of(each) == content_of(item) for each in versions):
            return None
        if versions and precedence(item) <= precedence(versions[-1]):
            raise MeasurementDiffers(
                f"{item.pod_id} has another measurement of {item.start_time.isoformat()}, "
                f"{versions[-1].quality}, revision {versions[-1].revision}.",
                podId=item.pod_id,
                startTime=item.start_time.isoformat(),
            )
        for interval, (*_, other) in at_hour.items():
            if interval != interval_of(item) and _overlap(item, other):
                _check_over(item, other)
        return len(versions) + 1


def _check_over(item: Measurement, other: Measurement) -> None:
    if may_lie_over(item, other):
        return
    taken, wanted = instant_at(_start_s(other)), instant_at(_start_s(item))
    raise MeasurementOverlaps(
        f"{item.pod_id} is measured for {other.duration_minutes} minutes from "
        f"{taken.isoformat()}, so {item.duration_minutes} minutes from {wanted.isoformat()} "
        f"are not taken.",
        podId=item.pod_id,
        startTime=wanted.isoformat(),
        takenStartTime=taken.isoformat(),
        takenDurationMinutes=other.duration_minutes,
    )


def interval_of(item: Measurement) -> Interval:
    """Return the interval that a measurement is of."""
    return item.pod_id, _start_s(item), item.duration_minutes


def _start_s(item: Measurement) -> int:
    return int(item.start_time.timestamp())


def _hour_of(item: Measurement) -> PodHour:
    return item.pod_id, _start_s(item) // HOUR_S


def _overlap(one: Measurement, other: Measurement) -> bool:
    first, second = _start_s(one), _start_s(other)
    return (
        second < first + one.duration_minutes * MINUTE_S
        and first < second + other.duration_minutes * MINUTE_S
    )


def content_of(measurement: Measurement) -> Measurement:
    """Return a measurement without receipt and version, in which two sendings of it may differ."""
    return msgspec.structs.replace(
        measurement,
        start_time=instant_at(_start_s(measurement)),
        received_at=instant_at(0),
        version=1,
    )
