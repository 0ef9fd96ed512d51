"""Whether signed readings are stored, known already, or refused.

The rules follow the usual validation of meter data (sum, range and time checks; compare the
VEE rules of the EEI's "Uniform Business Practices for Unbundled Electricity Metering").
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum

from platone.access.domain.message import Authentic
from platone.access.domain.refusal import (
    DeviceNotEnrolled,
    EnergyImplausible,
    IntervalInFuture,
    IntervalMisaligned,
    IntervalTaken,
    PodMismatch,
    SequenceReused,
)
from platone.messages.metering import Reading

FUTURE_TOLERANCE = timedelta(seconds=60)
_PLAUSIBLE_FACTOR = 3.0
_WITHOUT_CONTRACT_KW = 10_000_000.0
_HOUR_MINUTES = 60


class DeviceStatus(Enum):
    """Whether a device's readings are taken."""

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
        """The largest mean power that is believed, kW."""
        return _PLAUSIBLE_FACTOR * self.contract_kw or _WITHOUT_CONTRACT_KW


Hour = tuple[str, int]
"""Point of delivery, and hours since 1970: an aligned interval lies within one of them."""


@dataclass(slots=True)
class Knowledge:
    """What is stored already, as far as it matters for some messages; grows while judging.

    Attributes:
        devices: Devices by address.
        hashes: Payload hashes of stored messages by name.
        readings: Stored readings of the hours that the messages touch, by minute of the hour.
    """

    devices: dict[str, Device] = field(default_factory=dict)
    hashes: dict[tuple[str, int], str] = field(default_factory=dict)
    readings: dict[Hour, dict[int, Reading]] = field(default_factory=dict)

    def learn(self, message: Authentic, fresh: Iterable[Reading]) -> None:
        """Count a message, and what was new in it, as stored."""
        self.hashes[message.name] = message.message_hash
        for reading in fresh:
            self.readings.setdefault(hour(reading), {})[minute(reading)] = reading


def hour(reading: Reading) -> Hour:
    """The hour that a reading lies in, at its point of delivery."""
    return reading.pod_id, int(reading.start_time.timestamp() // 3600)


def minute(reading: Reading) -> int:
    """The minute of its hour (UTC) at which a reading begins."""
    return int(reading.start_time.timestamp() // 60) % _HOUR_MINUTES


def judge(message: Authentic, known: Knowledge, now: datetime) -> list[Reading] | None:
    """Judge a signed message by what is stored.

    Returns:
        Its readings that are new and are to be stored, in order; None where the very same
        message was stored before.

    Raises:
        DeviceNotEnrolled, SequenceReused, PodMismatch, IntervalMisaligned, IntervalInFuture,
        EnergyImplausible, IntervalTaken: It is refused, whole.
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
    fresh: list[Reading] = []
    seen: dict[Hour, dict[int, Reading]] = {}
    for reading in message.batch.readings:
        _check(reading, device, now)
        place = hour(reading)
        if place not in seen:
            seen[place] = dict(known.readings.get(place, ()))
        if _is_new(reading, seen[place]):
            seen[place][minute(reading)] = reading
            fresh.append(reading)
    return fresh


def _check(reading: Reading, device: Device, now: datetime) -> None:
    if reading.pod_id != device.pod_id:
        raise PodMismatch(
            f"{device.address} stands at {device.pod_id}, not at {reading.pod_id}.",
            podId=reading.pod_id,
        )
    start, length = reading.start_time.astimezone(UTC), timedelta(minutes=reading.duration_minutes)
    since_midnight = start - start.replace(hour=0, minute=0, second=0, microsecond=0)
    if _HOUR_MINUTES % reading.duration_minutes or since_midnight % length:
        raise IntervalMisaligned(
            f"{reading.duration_minutes} minutes from {start.isoformat()} are not aligned.",
            startTime=start.isoformat(),
        )
    if start + length > now + FUTURE_TOLERANCE:
        raise IntervalInFuture(
            f"The interval from {start.isoformat()} is not over at {now.isoformat()}.",
            startTime=start.isoformat(),
        )
    mean_kw = abs(reading.energy_wh) / 1000 * _HOUR_MINUTES / reading.duration_minutes
    if mean_kw > device.plausible_kw:
        raise EnergyImplausible(
            f"{mean_kw:g} kW on average pass {device.plausible_kw:g} kW.",
            startTime=start.isoformat(),
        )


def _is_new(reading: Reading, others: Mapping[int, Reading]) -> bool:
    """Whether a reading's time was not read before; the same reading again is no conflict."""
    start = minute(reading)
    if others.get(start) == reading:
        return False
    end = start + reading.duration_minutes
    if any(at < end and start < at + other.duration_minutes for at, other in others.items()):
        raise IntervalTaken(
            f"{reading.pod_id} has another reading of {reading.start_time.isoformat()}.",
            podId=reading.pod_id,
            startTime=reading.start_time.isoformat(),
        )
    return True
