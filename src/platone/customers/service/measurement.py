"""Measurements: taken from the access layer (flow 7), shared with those who may see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from platone.customers.domain.measurement import Fact, Key, check_same, fact_of, interval_s
from platone.customers.domain.pod_owner import Standing, check_standing
from platone.customers.domain.problem import AnswerTooLarge
from platone.customers.domain.scope import Selection
from platone.customers.records.measurement import MeasurementRecords
from platone.customers.service.registration import ReadPods
from platone.customers.service.result import accepted, refused
from platone.kernel.errors import PlatoneError
from platone.messages.base import Submission
from platone.messages.registry import Measurement

MAX_MEASUREMENTS = 100_000

_Checked = tuple[Key, Fact, Measurement]


@dataclass(frozen=True, slots=True)
class TakeMeasurements:
    """Takes certified measurements; one for each start of a point of delivery."""

    measurements: MeasurementRecords

    async def __call__(self, batch: Sequence[Measurement]) -> list[Submission]:
        """Take each of many on its own; a result is named ``podId/startTime``."""
        checked = [_check_form(item) for item in batch]
        keys = [entry[0] for entry in checked if not isinstance(entry, PlatoneError)]
        results: list[Submission] = []
        new: dict[Key, _Checked] = {}
        async with self.measurements.transaction() as changes:
            standings = await changes.standings({pod_id for pod_id, _ in keys})
            known = await changes.find(keys)
            for item, entry in zip(batch, checked, strict=True):
                name = f"{item.pod_id}/{item.start_time.isoformat()}"
                try:
                    is_new = _judge(entry, standings, known)
                except PlatoneError as error:
                    results.append(refused(name, error))
                    continue
                results.append(accepted(name, is_new=is_new))
                if is_new and not isinstance(entry, PlatoneError):
                    known[entry[0]] = entry[1]
                    new[entry[0]] = entry
            await changes.add(list(new.values()))
        return results


def _check_form(item: Measurement) -> _Checked | PlatoneError:
    try:
        return (item.pod_id, interval_s(item)), fact_of(item), item
    except PlatoneError as error:
        return error


def _judge(
    entry: _Checked | PlatoneError, standings: Mapping[str, Standing], known: Mapping[Key, Fact]
) -> bool:
    """Whether it is new; raises what is wrong with it."""
    if isinstance(entry, PlatoneError):
        raise entry
    key, fact, item = entry
    stored = known.get(key)
    if stored is not None:
        check_same(item, fact, stored)
        return False
    check_standing(standings, *key)
    return True


@dataclass(frozen=True, slots=True)
class ReadMeasurements:
    """Shows measurements."""

    measurements: MeasurementRecords
    pods: ReadPods

    async def __call__(self, wanted: Selection) -> list[Measurement]:
        """Measurements by point of delivery and start.

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
