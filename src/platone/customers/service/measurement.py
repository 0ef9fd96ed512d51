"""Measurements: taken from the access layer (flow 7), shared with those who may see them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from platone.customers.domain.measurement import (
    MeasuredTimes,
    MeasurementContent,
    MeasurementKey,
    check_same,
    check_taken,
    content_of,
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

MAX_MEASUREMENTS = 100_000
"""Most measurements in one answer: about 30 MB of JSON, as much as a body may have."""
_HOUR_S = 3600
"""An hour, s: no interval was ever longer, so that what overlaps lies in the same one."""

_ValidMeasurement = tuple[MeasurementKey, MeasurementContent, Measurement]


@dataclass(frozen=True, slots=True)
class TakeMeasurements:
    """Takes certified measurements: one for each minute of a point of delivery."""

    measurements: MeasurementRecords
    clock: Clock

    async def __call__(self, batch: Sequence[Measurement]) -> list[Submission]:
        """Take each of many on its own; a result is named ``podId/startTime``."""
        now = self.clock.now()
        checked = [_validate(item, now) for item in batch]
        keys = [entry[0] for entry in checked if not isinstance(entry, PlatoneError)]
        results: list[Submission] = []
        new: dict[MeasurementKey, _ValidMeasurement] = {}
        async with self.measurements.transaction() as unit:
            owners = await unit.owners({pod_id for pod_id, _ in keys})
            known = await unit.find(_hours_around(keys))
            times = MeasuredTimes((key, content[0]) for key, content in known.items())
            for item, entry in zip(batch, checked, strict=True):
                name = f"{item.pod_id}/{item.start_time.isoformat()}"
                try:
                    is_new = _judge(entry, owners, known, times)
                except PlatoneError as error:
                    results.append(refused(name, error))
                    continue
                results.append(accepted(name, is_new=is_new))
                if is_new and not isinstance(entry, PlatoneError):
                    known[entry[0]] = entry[1]
                    times.add(entry[0], item.duration_minutes)
                    new[entry[0]] = entry
            await unit.add(list(new.values()))
        return results


def _hours_around(keys: Iterable[MeasurementKey]) -> Iterator[MeasurementKey]:
    """Yield the first and last minute of the hours that measurements lie in."""
    for pod_id, start_s in keys:
        hour_s = start_s - start_s % _HOUR_S
        yield pod_id, hour_s
        yield pod_id, hour_s + _HOUR_S - 1


def _validate(item: Measurement, now: datetime) -> _ValidMeasurement | PlatoneError:
    try:
        check_recordable(item.received_at)
        start_s = interval_start_s(item)
        check_taken(item, now)
        return (item.pod_id, start_s), content_of(item), item
    except PlatoneError as error:
        return error


def _judge(
    entry: _ValidMeasurement | PlatoneError,
    owners: Mapping[str, PodOwner],
    known: Mapping[MeasurementKey, MeasurementContent],
    times: MeasuredTimes,
) -> bool:
    """Return whether a measurement is new; raise what is wrong with it."""
    if isinstance(entry, PlatoneError):
        raise entry
    key, fact, item = entry
    stored = known.get(key)
    if stored is not None:
        check_same(item, fact, stored)
        return False
    check_owner(owners, *key)
    times.check_free(key, item.duration_minutes)
    return True


@dataclass(frozen=True, slots=True)
class ReadMeasurements:
    """Shows measurements to those who may see them."""

    measurements: MeasurementRecords
    pods: ReadPods

    async def __call__(self, wanted: Selection) -> list[Measurement]:
        """Return measurements by point of delivery and start.

        Raises:
            AnswerTooLarge: There are too many.
        """
        await self.pods.check(wanted.pod_ids, wanted.scope)
        found = await self.measurements.select(wanted, MAX_MEASUREMENTS + 1)
        if len(found) > MAX_MEASUREMENTS:
            raise AnswerTooLarge(
                f"More than {MAX_MEASUREMENTS} measurements match.", limit=MAX_MEASUREMENTS
            )
        return found
