"""Validation of signed readings: stored, known already, or refused.

The rules follow the usual validation of meter data (sum, range and time checks; compare the
VEE rules of the EEI's "Uniform Business Practices for Unbundled Electricity Metering").
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

import msgspec

from platone.access.domain.message import AuthenticMessage
from platone.access.domain.problem import (
    DeviceNotEnrolled,
    EnergyImplausible,
    IntervalTaken,
    PodMismatch,
    RegistersContradict,
    SequenceReused,
)
from platone.kernel.reading_choice import may_lie_over, precedence
from platone.kernel.reading_interval import check_interval, check_over
from platone.kernel.record_time import check_recordable
from platone.messages.metering import Reading

FUTURE_TOLERANCE = timedelta(seconds=60)
"""How far a device's clock may be ahead of ours; devices keep time by NTP, to a second or so."""
_PLAUSIBLE_FACTOR = 3.0
"""Largest mean power, in contracted powers: fuses bear short overloads, never thrice for long."""
_WITHOUT_CONTRACT_KW = 10_000_000.0
"""Largest mean power where none is contracted, kW: more than any single connection carries."""
_HOUR_MINUTES = 60
"""Minutes of an hour: readings' intervals divide it."""


class DeviceStatus(Enum):
    """The standing of a device: only an active one's readings are taken."""

    ACTIVE = "active"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Device:
    """An enrolled Light Node.

    Attributes:
        address: Its name.
        pod_id: The point of delivery that it meters.
        owner: The party that enrolled it.
        contract_kw: The larger of the PoD's contracted powers at enrolment, kW; 0: none.
        status: Whether its readings are taken.
        transaction: The transaction that put its key on the chain, "0x…".
    """

    address: str
    pod_id: str
    owner: str
    contract_kw: float
    status: DeviceStatus
    transaction: str | None = None

    @property
    def plausible_kw(self) -> float:
        """Return the largest mean power that is believed, kW."""
        return _PLAUSIBLE_FACTOR * self.contract_kw or _WITHOUT_CONTRACT_KW


PodHour = tuple[str, int]
"""Point of delivery, and hours since 1970: an aligned interval lies within one of them."""
Versions = dict[tuple[int, int], tuple[Reading, ...]]
"""Versions of readings by the first minute of their interval in its hour, and its length."""


@dataclass(slots=True)
class StoredState:
    """The stored devices, messages and readings that matter for some messages.

    Attributes:
        devices: Devices by address.
        hashes: Payload hashes of stored messages by name.
        readings: Stored readings of the hours that the messages touch: the versions of each
            interval, in the order in which they came.
    """

    devices: dict[str, Device] = field(default_factory=dict)
    hashes: dict[tuple[str, int], str] = field(default_factory=dict)
    readings: dict[PodHour, Versions] = field(default_factory=dict)

    def add(self, message: AuthenticMessage, new_readings: Iterable[Reading]) -> None:
        """Count a message, and its new readings, as stored."""
        self.hashes[message.name] = message.message_hash
        for reading in new_readings:
            self.add_reading(reading)

    def add_reading(self, reading: Reading) -> None:
        """Count a reading as the newest version of its interval."""
        at_hour = self.readings.setdefault(pod_hour(reading), {})
        versions = at_hour.get(interval_of(reading), ())
        at_hour[interval_of(reading)] = (*versions, _content_of(reading))


def pod_hour(reading: Reading) -> PodHour:
    """Return the point of delivery and the hour since 1970 that a reading lies in."""
    return reading.pod_id, int(reading.start_time.timestamp() // 3600)


def minute_of_hour(reading: Reading) -> int:
    """Return the minute of its hour (UTC) at which a reading begins."""
    return int(reading.start_time.timestamp() // 60) % _HOUR_MINUTES


def interval_of(reading: Reading) -> tuple[int, int]:
    """Return the minute of its hour at which a reading begins, and its length, minutes."""
    return minute_of_hour(reading), reading.duration_minutes


def validate_message(
    message: AuthenticMessage, known: StoredState, now: datetime
) -> list[Reading] | None:
    """Validate a signed message against the stored state.

    Returns:
        Its readings that are new and are to be stored, in order; None where the very same
        message was stored before.

    Raises:
        DeviceNotEnrolled, SequenceReused, PodMismatch, InstantOutOfRange, DurationNotTaken,
        IntervalMisaligned, IntervalInFuture, EnergyImplausible, RegistersContradict,
        IntervalTaken: It is refused, whole.
    """
    device = known.devices.get(message.batch.device)
    if device is None or device.status is not DeviceStatus.ACTIVE:
        raise DeviceNotEnrolled(f"{message.batch.device} is not enrolled.")
    stored_hash = known.hashes.get(message.name)
    if stored_hash == message.message_hash:
        return None
    if stored_hash is not None:
        raise SequenceReused(
            f"{device.address} used number {message.batch.sequence} for another message.",
            sequence=message.batch.sequence,
        )
    new_readings: list[Reading] = []
    seen: dict[PodHour, Versions] = {}
    for reading in message.batch.readings:
        _check_reading(reading, device, now)
        at = pod_hour(reading)
        if at not in seen:
            seen[at] = dict(known.readings.get(at, ()))
        if _is_new(reading, seen[at]):
            earlier = seen[at].get(interval_of(reading), ())
            seen[at][interval_of(reading)] = (*earlier, _content_of(reading))
            new_readings.append(reading)
    return new_readings


def _check_reading(reading: Reading, device: Device, now: datetime) -> None:
    if reading.pod_id != device.pod_id:
        raise PodMismatch(
            f"{device.address} stands at {device.pod_id}, not at {reading.pod_id}.",
            podId=reading.pod_id,
        )
    check_recordable(reading.start_time)
    has_registers = reading.registers is not None
    check_interval(reading.start_time, reading.duration_minutes, may_be_part=has_registers)
    check_over(reading.start_time, reading.duration_minutes, now, FUTURE_TOLERANCE)
    mean_kw = abs(reading.energy_wh) / 1000 * _HOUR_MINUTES / reading.duration_minutes
    if mean_kw > device.plausible_kw:
        raise EnergyImplausible(
            f"{mean_kw:g} kW on average pass {device.plausible_kw:g} kW.",
            startTime=reading.start_time.isoformat(),
        )
    if reading.registers is not None and reading.registers.energy_wh != reading.energy_wh:
        raise RegistersContradict(
            f"The registers of {reading.registers.meter_id} come to {reading.registers.energy_wh} "
            f"Wh, not to {reading.energy_wh}.",
            startTime=reading.start_time.isoformat(),
            meterId=reading.registers.meter_id,
        )


def _content_of(reading: Reading) -> Reading:
    """Return a reading without its registers, with which it says the same of its interval."""
    return msgspec.structs.replace(reading, registers=None)


def _is_new(reading: Reading, others: Versions) -> bool:
    """Return whether a reading is new: of a time never read, or a later version of it."""
    versions = others.get(interval_of(reading), ())
    if _content_of(reading) in versions:
        return False
    if versions and precedence(reading) <= precedence(versions[-1]):
        raise _taken(reading, versions[-1])
    start, minutes = interval_of(reading)
    for (at, length), (*_, other) in others.items():
        overlaps = at < start + minutes and start < at + length
        is_same = (at, length) == (start, minutes)
        if overlaps and not is_same and not may_lie_over(reading, other):
            raise _taken(reading, other)
    return True


def _taken(reading: Reading, other: Reading) -> IntervalTaken:
    return IntervalTaken(
        f"{reading.pod_id} has a reading of {other.duration_minutes} minutes from "
        f"{other.start_time.isoformat()} ({other.quality}, revision {other.revision}), so one of "
        f"{reading.duration_minutes} minutes from {reading.start_time.isoformat()} "
        f"({reading.quality}, revision {reading.revision}) is not taken.",
        podId=reading.pod_id,
        startTime=reading.start_time.isoformat(),
        takenStartTime=other.start_time.isoformat(),
        takenDurationMinutes=other.duration_minutes,
    )
