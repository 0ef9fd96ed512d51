"""A measurement as it is read from its row."""

from typing import Any

from sqlalchemy import Row

from platone.customers.domain.instant import instant_at, instant_at_us
from platone.messages.registry import Measurement


def stored_certification_id(given: Measurement) -> str:
    """Return the identifier of a reading's certification as it is stored: empty where usual.

    The access layer makes it of the message's device and number, which stand beside it.
    """
    is_usual = given.certification_id == _usual(given.device, given.sequence)
    return "" if is_usual else given.certification_id


def stored_measurement(row: Row[Any]) -> Measurement:
    """Return the measurement of a row of its table."""
    return Measurement(
        pod_id=row.pod_id,
        start_time=instant_at(row.start_s),
        duration_minutes=row.duration_minutes,
        energy_wh=row.energy_wh,
        quality=row.quality,
        device=row.device,
        sequence=row.sequence,
        certification_id=row.certification_id or _usual(row.device, row.sequence),
        certification_hash=row.certification_hash,
        received_at=instant_at_us(row.received_us),
        revision=row.revision,
        reactive_energy_varh=row.reactive_energy_varh,
        version=row.version,
        meter_id=row.meter_id,
    )


def _usual(device: str, sequence: int) -> str:
    return f"reading:{device}:{sequence}"
