"""Measurements: taken from the access layer (flow 7), shared with those who may see them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from platone.customers.domain.measurement import (
    HOUR_S,
    MeasuredTimes,
    MeasurementKey,
    check_taken,
    interval_start_s,
)
from platone.customers.domain.pod_owner import PodOwner, check_owner
from platone.customers.domain.problem import AnswerTooLarge
from platone.customers.domain.scope import Selection
from platone.customers.records.measurement import MeasurementRecords
from platone.customers.service.registration import ReadPods
from platone.customers.service.result import accepted, refused
from platone.kernel.clock import Clock
from platone.kernel.errors import PlatoneError
from platone.kernel.record_time import check_recordable
from platone.messages.base import Submission
from platone.messages.registry import Measurement

_LATE = timedelta(hours=24)
"""How long after its end a first reading is told to the market as late: until then settlement asks
again by itself, and estimates nothing."""
MAX_MEASUREMENTS = 100_000
"""Most measurements in one answer: about 30 MB of JSON, as much as a body may have."""


@dataclass(frozen=True, slots=True)
class TakeMeasurements:
    """Takes certified measurements, and corrections of them as new versions.

    Args:
        measurements: Where they are kept.
        clock: Tells what is over, and what is late.
        wake: Has the outbox looked at.
        operator: The market operator, where readings are published to topics.
    """

    measurements: MeasurementRecords
    clock: Clock
    wake: Callable[[], None]
    operator: str | None = None

    async def __call__(self, batch: Sequence[Measurement]) -> list[Submission]:
        """Take each of many on its own; a result is named ``podId/startTime``."""
        now = self.clock.now()
        checked = [_validate(item, now) for item in batch]
        keys = [entry for entry in checked if not isinstance(entry, PlatoneError)]
        results: list[Submission] = []
        new: list[Measurement] = []
        async with self.measurements.transaction() as unit:
            owners = await unit.owners({pod_id for pod_id, _ in keys})
            times = MeasuredTimes(await unit.find(_hours_around(keys)))
            for item, entry in zip(batch, checked, strict=True):
                name = f"{item.pod_id}/{item.start_time.isoformat()}"
                try:
                    version = _judge(item, entry, owners, times)
                except PlatoneError as error:
                    results.append(refused(name, error))
                    continue
                results.append(accepted(name, is_new=version is not None))
                if version is not None:
                    new.append(msgspec.structs.replace(item, version=version))
                    times.add(new[-1])
            await unit.add(new)
            if self.operator is not None:
                await unit.mark(new, self.operator, now)
            await unit.tell_market([each for each in new if _is_read_anew(each, now)])
        self.wake()
        return results


def _is_read_anew(item: Measurement, now: datetime) -> bool:
    """Return whether a measurement may change what was settled already."""
    ends = item.start_time + timedelta(minutes=item.duration_minutes)
    return item.version > 1 or ends + _LATE < now


def _hours_around(keys: Iterable[MeasurementKey]) -> Iterator[MeasurementKey]:
    """Yield the first and last minute of the hours that measurements lie in."""
    for pod_id, start_s in keys:
        hour_s = start_s - start_s % HOUR_S
        yield pod_id, hour_s
        yield pod_id, hour_s + HOUR_S - 1


def _validate(item: Measurement, now: datetime) -> MeasurementKey | PlatoneError:
    try:
        check_recordable(item.received_at)
        start_s = interval_start_s(item)
        check_taken(item, now)
    except PlatoneError as error:
        return error
    return item.pod_id, start_s


def _judge(
    item: Measurement,
    entry: MeasurementKey | PlatoneError,
    owners: Mapping[str, PodOwner],
    times: MeasuredTimes,
) -> int | None:
    """Return the version that a measurement is; None where it is known; raise what is wrong."""
    if isinstance(entry, PlatoneError):
        raise entry
    version = times.version_of(item)
    if version is not None:
        check_owner(owners, *entry)
    return version


@dataclass(frozen=True, slots=True)
class ReadMeasurements:
    """Shows measurements to those who may see them."""

    measurements: MeasurementRecords
    pods: ReadPods

    async def __call__(self, wanted: Selection, *, superseded: bool = False) -> list[Measurement]:
        """Return measurements by point of delivery and start.

        Args:
            wanted: Which ones.
            superseded: Whether to add the versions that no longer count.

        Raises:
            AnswerTooLarge: There are too many.
        """
        await self.pods.check(wanted.pod_ids, wanted.scope)
        found = await self.measurements.select(wanted, MAX_MEASUREMENTS + 1, superseded=superseded)
        if len(found) > MAX_MEASUREMENTS:
            raise AnswerTooLarge(
                f"More than {MAX_MEASUREMENTS} measurements match.", limit=MAX_MEASUREMENTS
            )
        return found
