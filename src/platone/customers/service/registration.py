"""Registration of points of delivery (flow 0) and of their points of measurement (flow 0A)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from platone.customers.domain.pod import Registration, associate, register
from platone.customers.domain.problem import PodEnded, UnknownPod
from platone.customers.domain.scope import Scope
from platone.customers.records.pod import PodRecords
from platone.customers.service.result import accepted, refused
from platone.infra.listing import Listed, Part
from platone.kernel.clock import Clock
from platone.kernel.errors import NotOwner, PlatoneError
from platone.messages.base import Submission
from platone.messages.instant import check_instants
from platone.messages.registry import PointOfDelivery


@dataclass(frozen=True, slots=True)
class RegisterPods:
    """Takes an aggregator's registrations, and tells them to the market (flow 0B)."""

    pods: PodRecords
    clock: Clock
    announced: Callable[[], None]

    async def one(self, pod: PointOfDelivery, party: str) -> Submission:
        """Register one PoD; raises as :func:`~platone.customers.domain.pod.register`."""
        (outcome,) = await self._apply([pod], party)
        if isinstance(outcome, PlatoneError):
            raise outcome
        return accepted(pod.pod_id, is_new=outcome)

    async def many(self, pods: Sequence[PointOfDelivery], party: str) -> list[Submission]:
        """Register each of many on its own: what is wrong with one stops no other."""
        outcomes = await self._apply(pods, party)
        return [
            refused(pod.pod_id, outcome)
            if isinstance(outcome, PlatoneError)
            else accepted(pod.pod_id, is_new=outcome)
            for pod, outcome in zip(pods, outcomes, strict=True)
        ]

    async def _apply(
        self, pods: Sequence[PointOfDelivery], party: str
    ) -> list[bool | PlatoneError]:
        """Return for each registration whether it changed something, or why not."""
        now = self.clock.now()
        outcomes: list[bool | PlatoneError] = []
        async with self.pods.transaction() as unit:
            known = await unit.find(pod.pod_id for pod in pods)
            erased = await unit.under_erasure()
            changed: list[Registration] = []
            for pod in pods:
                try:
                    check_instants(pod)
                    if pod.pod_id in erased:
                        raise PodEnded(f"{pod.pod_id} is being erased.", podId=pod.pod_id)
                    after = register(pod, known.get(pod.pod_id), party, int(now.timestamp()))
                except PlatoneError as error:
                    outcomes.append(error)
                    continue
                outcomes.append(after is not None)
                if after is not None:
                    known[pod.pod_id] = after
                    changed.append(after)
            await unit.save(changed, party, now)
        if changed:
            self.announced()
        return outcomes


@dataclass(frozen=True, slots=True)
class AssociatePom:
    """Takes the DSO's association of a point of delivery with a point of measurement."""

    pods: PodRecords
    clock: Clock
    announced: Callable[[], None]

    async def __call__(self, pod_id: str, po_m_id: str, party: str) -> Submission:
        """Associate a point of delivery with a point of measurement.

        Raises:
            UnknownPod: There is no such point of delivery.
            PodEnded: Its registration has ended.
        """
        async with self.pods.transaction() as unit:
            known = (await unit.find([pod_id])).get(pod_id)
            if known is None:
                raise UnknownPod(pod_id)
            if known.ended_s is not None:
                raise PodEnded(f"{pod_id} has ended.", podId=pod_id)
            after = associate(known, po_m_id)
            await unit.save([after] if after else [], party, self.clock.now())
        if after is not None:
            self.announced()
        return accepted(pod_id, is_new=after is not None)


@dataclass(frozen=True, slots=True)
class ReadPods:
    """Shows registrations to those who may see them."""

    pods: PodRecords

    async def one(self, pod_id: str, scope: Scope) -> PointOfDelivery:
        """Return one registration; raises as :meth:`check`."""
        found = await self.pods.find([pod_id])
        _check_visible(pod_id, found, scope)
        return found[pod_id].pod

    async def many(
        self, scope: Scope, part: Part, *, po_m_id: str | None, with_ended: bool
    ) -> Listed[PointOfDelivery]:
        """Return registrations that may be seen, by identifier."""
        return await self.pods.select(scope, part, po_m_id=po_m_id, with_ended=with_ended)

    async def check(self, pod_ids: Sequence[str], scope: Scope) -> None:
        """Check that each point of delivery may be seen.

        Raises:
            UnknownPod: One is not registered.
            NotOwner: One is another party's.
        """
        if not pod_ids:
            return
        found = await self.pods.find(pod_ids)
        for pod_id in pod_ids:
            _check_visible(pod_id, found, scope)


def _check_visible(pod_id: str, found: Mapping[str, Registration], scope: Scope) -> None:
    known = found.get(pod_id)
    if known is None:
        raise UnknownPod(pod_id)
    if not scope.holds(known.pod.aggregator_id, known.pod.customer_id):
        raise NotOwner(f"{pod_id} is another party's.", podId=pod_id)
