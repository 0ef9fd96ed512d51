"""Measurements: one for each start of a point of delivery, and the first one stays."""

from platone.customers.domain.instant import LATEST_S, MINUTE_S, grid_s
from platone.customers.domain.problem import MeasurementDiffers, NumberTooLarge, SeriesTooLate
from platone.messages.registry import Measurement, Setpoint

_MOST = 2**63 - 1

Key = tuple[str, int]
"""A point of delivery and the start of an interval, seconds."""

Fact = tuple[int, int, str, str, int, str, str]
"""What two sendings of one measurement share: all but the time of receipt."""


def interval_s(item: Measurement | Setpoint) -> int:
    """Start of an item's interval, seconds.

    Raises:
        StartNotAligned: It is not on a whole minute.
        SeriesTooLate: It ends after the year 2099.
    """
    start_s = grid_s(item.start_time, MINUTE_S)
    if start_s + item.duration_minutes * MINUTE_S > LATEST_S:
        raise SeriesTooLate("The interval ends after 2099.", podId=item.pod_id)
    return start_s


def fact_of(measurement: Measurement) -> Fact:
    """What is compared when it comes again.

    Raises:
        NumberTooLarge: Its sequence cannot be kept.
    """
    if measurement.sequence > _MOST:
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


def check_same(measurement: Measurement, fact: Fact, stored: Fact) -> None:
    """Check that a measurement that comes again is the one that is stored.

    Raises:
        MeasurementDiffers: It says something else.
    """
    if fact != stored:
        raise MeasurementDiffers(
            f"{measurement.pod_id} has another measurement of "
            f"{measurement.start_time.isoformat()}.",
            podId=measurement.pod_id,
            startTime=measurement.start_time.isoformat(),
        )
