"""Setpoints: recorded by the DSO as it sends them (flow 6)."""

from collections.abc import Sequence
from dataclasses import dataclass

from platone.customers.domain.measurement import interval_start_s
from platone.customers.domain.pod_owner import check_owner
from platone.customers.domain.problem import AnswerTooLarge
from platone.customers.domain.scope import Selection
from platone.customers.records.setpoint import SetpointRecords
from platone.customers.service.registration import ReadPods
from platone.customers.service.result import accepted, refused
from platone.kernel.clock import Clock
from platone.kernel.errors import DuplicateIdentifier, PlatoneError
from platone.messages.base import Submission
from platone.messages.registry import Setpoint

MAX_SETPOINTS = 100_000
"""Most setpoints in one answer: about 20 MB of JSON."""


@dataclass(frozen=True, slots=True)
class TakeSetpoints:
    """Takes the DSO's setpoints, each by its identifier."""

    setpoints: SetpointRecords
    clock: Clock

    async def __call__(self, batch: Sequence[Setpoint]) -> list[Submission]:
        """Take each of many on its own: what is wrong with one stops no other."""
        results: list[Submission] = []
        new: dict[str, tuple[int, Setpoint]] = {}
        async with self.setpoints.transaction() as unit:
            known = await unit.find({item.setpoint_id for item in batch})
            owners = await unit.owners({item.pod_id for item in batch})
            for item in batch:
                try:
                    start_s = interval_start_s(item)
                    is_new = _is_new(item, known.get(item.setpoint_id))
                    if is_new:
                        check_owner(owners, item.pod_id, start_s)
                except PlatoneError as error:
                    results.append(refused(item.setpoint_id, error))
                    continue
                results.append(accepted(item.setpoint_id, is_new=is_new))
                if is_new:
                    known[item.setpoint_id] = item
                    new[item.setpoint_id] = (start_s, item)
            await unit.add(list(new.values()), self.clock.now())
        return results


def _is_new(item: Setpoint, stored: Setpoint | None) -> bool:
    if stored is not None and stored != item:
        raise DuplicateIdentifier(
            f"{item.setpoint_id} was recorded with other content.", setpointId=item.setpoint_id
        )
    return stored is None


@dataclass(frozen=True, slots=True)
class ReadSetpoints:
    """Shows setpoints to those who may see them."""

    setpoints: SetpointRecords
    pods: ReadPods

    async def __call__(self, wanted: Selection) -> list[Setpoint]:
        """Return setpoints by point of delivery and start.

        Raises:
            AnswerTooLarge: There are too many.
        """
        await self.pods.check(wanted.pod_ids, wanted.scope)
        found = await self.setpoints.select(wanted, MAX_SETPOINTS + 1)
        if len(found) > MAX_SETPOINTS:
            raise AnswerTooLarge(f"More than {MAX_SETPOINTS} match.", limit=MAX_SETPOINTS)
        return found
