"""Measurements: taken from the access layer (flow 7), shared with those who may see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from platone.customers.domain.measurement import (
    MeasurementContent,
    MeasurementKey,
    check_same,
    content_of,
    interval_start_s,
)
from platone.customers.domain.pod_owner import PodOwner, check_owner
from platone.customers.domain.problem import AnswerTooLarge
from platone.customers.domain.scope import Selection
from platone.customers.records.measurement import MeasurementRecords
from platone.customers.service.registration import ReadPods
from platone.customers.service.result import accepted, refused
from platone.kernel.errors import PlatoneError
from platone.messages.base import Submission
from platone.messages.registry import Measurement

MAX_MEASUREMENTS = 100_000
"""Most measurements in one answer: about 30 MB of JSON, as much as a body may have."""

_ValidMeasurement = tuple[MeasurementKey, MeasurementContent, Measurement]


@dataclass(frozen=True, slots=True)
class TakeMeasurements:
    """Takes certified measurements; one for each start of a point of delivery."""

    measurements: MeasurementRecords

    async def __call__(self, batch: Sequence[Measurement]) -> list[Submission]:
        """Take each of many on its own; a result is named ``podId/startTime``."""
        checked = [_validate(item) for item in batch]
        keys = [entry[0] for entry in checked if not isinstance(entry, PlatoneError)]
        results: list[Submission] = []
        new: dict[MeasurementKey, _ValidMeasurement] = {}
        async with self.measurements.transaction() as unit:
            owners = await unit.owners({pod_id for pod_id, _ in keys})
            known = await unit.find(keys)
            for item, entry in zip(batch, checked, strict=True):
                name = f"{item.pod_id}/{item.start_time.isoformat()}"
                try:
                    is_new = _judge(entry, owners, known)
                except PlatoneError as error:
                    results.append(refused(name, error))
                    continue
                results.append(accepted(name, is_new=is_new))
                if is_new and not isinstance(entry, PlatoneError):
                    known[entry[0]] = entry[1]
                    new[entry[0]] = entry
            await unit.add(list(new.values()))
        return results


def _validate(item: Measurement) -> _ValidMeasurement | PlatoneError:
    try:
        return (item.pod_id, interval_start_s(item)), content_of(item), item
    except PlatoneError as error:
        return error


def _judge(
    entry: _ValidMeasurement | PlatoneError,
    owners: Mapping[str, PodOwner],
    known: Mapping[MeasurementKey, MeasurementContent],
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
