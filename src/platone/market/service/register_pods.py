"""Registration of points of delivery and their points of measurement (flow 0B)."""

from dataclasses import dataclass

import msgspec

from platone.kernel.clock import Clock
from platone.market.records.unit import MarketRecords, UnitOfWork
from platone.messages.base import Submission, Submissions, SubmissionStatus
from platone.messages.ledger import WalletOpening
from platone.messages.registry import PodRegistry, PointOfDelivery

_DELETE = "delete"


@dataclass(frozen=True, slots=True)
class RegisterPods:
    """Takes registrations; each PoD's wallet is opened at the ledger.

    Args:
        records: The market's records.
        clock: The market's clock.
    """

    records: MarketRecords
    clock: Clock

    async def __call__(self, registry: PodRegistry) -> Submissions:
        """Register, change or (actionType delete) forget PoDs.

        Sessions in which a PoD was mentioned before keep what they recorded then.
        """
        results: list[Submission] = []
        changed: dict[str, PointOfDelivery] = {}
        async with self.records.writing() as unit:
            known = await unit.pods.find({pod.pod_id for pod in registry.pods})
            for pod in registry.pods:
                before = changed.get(pod.pod_id) or known.get(pod.pod_id)
                is_same = _same(before, pod)
                status = SubmissionStatus.of_taken(is_new=not is_same)
                results.append(Submission(id=pod.pod_id, status=status))
                if not is_same:
                    changed[pod.pod_id] = pod
                    await _open_wallet(unit, before, pod)
            await unit.pods.put(list(changed.values()), self.clock.now())
        return Submissions(results=results)


def _same(before: PointOfDelivery | None, pod: PointOfDelivery) -> bool:
    """Return whether a registration says nothing new; when it was sent does not matter."""
    if before is None:
        return pod.action_type == _DELETE
    return msgspec.structs.replace(before, send_time=None) == msgspec.structs.replace(
        pod, send_time=None
    )


async def _open_wallet(
    unit: UnitOfWork, before: PointOfDelivery | None, pod: PointOfDelivery
) -> None:
    """Have the PoD's wallet opened, if it is new or belongs to others now."""
    opening = WalletOpening.of(pod)
    is_open = before is not None and WalletOpening.of(before) == opening
    if pod.action_type != _DELETE and not is_open:
        await unit.outgoing.send(f"PUT /api/contracts/wallets/{pod.pod_id}", opening)
