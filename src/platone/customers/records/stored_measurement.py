"""A measurement as it is read: its row, and what the readings of its message have in common."""

from typing import Any

from sqlalchemy import ColumnElement, Row, and_, select

from platone.customers.domain.instant import EARLIEST_S, LATEST_S, instant_at, instant_at_us
from platone.customers.records.month import NUMBERS_OF_MONTH, first_message_number
from platone.customers.records.table import (
    measurement,
    measurement_device,
    measurement_message,
    measurement_pod,
)
from platone.kernel.reading_choice import QUALITIES
from platone.messages.registry import Measurement

IS_OF_POD = measurement.c.pod == measurement_pod.c.number + 0
"""The condition that joins readings to their points of delivery. What is added has SQLite, which
has no index of readings by time, begin with those: else it reads all readings one by one."""

of_pods = (
    select(
        measurement_pod.c.pod_id,
        measurement.c.start_s,
        measurement.c.duration_minutes,
        measurement.c.energy_wh,
        measurement.c.is_superseded,
    )
    .join_from(measurement, measurement_pod, IS_OF_POD)
    .subquery("of_pods")
)
"""The energies of all measurements, with their points of delivery."""

measurements = (
    select(
        measurement_pod.c.pod_id,
        measurement.c.start_s,
        measurement.c.duration_minutes,
        measurement.c.version,
        measurement.c.energy_wh,
        measurement.c.reactive_energy_varh,
        measurement.c.is_superseded,
        measurement_message.c.number.label("message"),
        measurement_device.c.address.label("device"),
        measurement_message.c.sequence,
        measurement_message.c.received_us,
        measurement_message.c.revision,
        measurement_message.c.quality,
        measurement_message.c.certification_hash,
        measurement_message.c.certification_id,
        measurement_message.c.meter_id,
    )
    .join_from(measurement, measurement_pod, IS_OF_POD)
    .join(measurement_message, measurement.c.message == measurement_message.c.number)
    .join(measurement_device, measurement_message.c.device == measurement_device.c.number)
    .subquery("measurements")
)
"""All measurements whole."""


def in_time(from_s: int, to_s: int) -> ColumnElement[bool]:
    """Return the condition of measurements whose starts are in a time; half-open, s since 1970.

    It names their messages' months too, so that PostgreSQL looks into the tables of no others.
    """
    its = measurements.c
    first_s, last_s = (min(max(each, EARLIEST_S), LATEST_S) for each in (from_s, to_s - 1))
    first, end = first_message_number(first_s), first_message_number(last_s) + NUMBERS_OF_MONTH
    return and_(its.start_s >= from_s, its.start_s < to_s, its.message >= first, its.message < end)


def stored_certification_id(given: Measurement) -> str:
    """Return the identifier of a reading's certification as it is stored: empty where usual.

    The access layer makes it of the message's device and number, which stand beside it.
    """
    is_usual = given.certification_id == _usual(given.device, given.sequence)
    return "" if is_usual else given.certification_id


def stored_measurement(row: Row[Any]) -> Measurement:
    """Return the measurement of a row of all measurements."""
    return Measurement(
        pod_id=row.pod_id,
        start_time=instant_at(row.start_s),
        duration_minutes=row.duration_minutes,
        energy_wh=row.energy_wh,
        quality=QUALITIES[row.quality],
        device=row.device,
        sequence=row.sequence,
        certification_id=row.certification_id or _usual(row.device, row.sequence),
        certification_hash=row.certification_hash.hex(),
        received_at=instant_at_us(row.received_us),
        revision=row.revision,
        reactive_energy_varh=row.reactive_energy_varh,
        version=row.version,
        meter_id=row.meter_id,
    )


def _usual(device: str, sequence: int) -> str:
    return f"reading:{device}:{sequence}"
