"""Measurements: one for each start of a point of delivery, and the first one stays."""

from platone.customers.domain.instant import LATEST_S, MINUTE_S, aligned_s
from platone.customers.domain.problem import MeasurementDiffers, NumberTooLarge, SeriesTooLate
from platone.messages.registry import Measurement, Setpoint

_LARGEST_SEQUENCE = 2**63 - 1
"""Largest sequence number that a database integer of 64 bits with sign can keep."""

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
