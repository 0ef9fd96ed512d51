"""Storage of requests and offers that passed all checks, several in one transaction.

What was true when they were checked may have changed meanwhile, so it is looked at again: the gate,
their identifiers, and what others offer. Each has its own answer, all of them once all that was
stored is durable.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from platone.kernel.canonical import content_hash
from platone.kernel.clock import Clock
from platone.kernel.errors import PlatoneError
from platone.kernel.market_time import MarketDay
from platone.market.domain.order_columns import OrderColumns
from platone.market.domain.order_text import OrderText
from platone.market.domain.recording import Curves
from platone.market.domain.revision import Version, check_amendment, is_repeated
from platone.market.domain.session import Session
from platone.market.domain.submission import check_free
from platone.market.records.claim import Claim
from platone.market.records.submission import StoredOrder
from platone.market.records.unit import MarketRecords, UnitOfWork
from platone.market.service.look_up_order import (
    Known,
    Place,
    name_of,
    taken_by_others,
    taken_by_pod,
)
from platone.messages.base import SubmissionStatus
from platone.messages.market import FlexibilityService, ServiceState, ServiceType


@dataclass(frozen=True, slots=True)
class ArrivedOffer:
    """An offer as it came.

    Attributes:
        order: The message.
        text: Its canonical JSON.
        at: When it came.
    """

    order: OrderColumns
    text: OrderText
    at: datetime


@dataclass(frozen=True, slots=True)
class CheckedOrder:
    """A request or offer that passed all checks.

    Attributes:
        order: The message, an offer with its groups parted.
        session: Its session as it was then.
        stored: What is stored of it.
        pods: The PoDs that it is about.
        claims: The quarter-hours that an offer takes of each PoD, a bit for each index.
        fresh: The baselines that customers was asked for.
    """

    order: OrderColumns
    session: Session
    stored: StoredOrder
    pods: Known
    claims: Mapping[str, int]
    fresh: Curves


def apart(arrived: CheckedOrder | ArrivedOffer) -> list[Hashable]:
    """Return the names that no other of the same transaction may touch: identifier and PoDs."""
    order = arrived.order
    names: list[Hashable] = [name_of(order.service)]
    if order.service.service_type is ServiceType.OFFER:
        names += order.names
    return names


@dataclass(frozen=True, slots=True)
class StoreOrders:
    """Stores requests and offers.

    Args:
        records: The market's records.
        clock: The market's clock.
    """

    records: MarketRecords
    clock: Clock

    async def __call__(
        self, orders: Sequence[CheckedOrder]
    ) -> list[SubmissionStatus | BaseException]:
        """Store what still may be stored; return how each was taken, or why it was not.

        Args:
            orders: The messages; none touches what another does (:func:`apart`).
        """
        return await self.records.write(lambda unit: self._taken(unit, orders))

    async def _taken(
        self, unit: UnitOfWork, orders: Sequence[CheckedOrder]
    ) -> list[SubmissionStatus | BaseException]:
        told: list[SubmissionStatus | BaseException] = []
        fit: list[CheckedOrder] = []
        sessions = await unit.sessions.held({each.session.id for each in orders})
        versions = await unit.submissions.versions({name_of(each.order.service) for each in orders})
        claims = taken_by_pod(await unit.claims.find(_offered(orders)))
        for each in orders:
            before = versions[name_of(each.order.service)]
            try:
                status = self._status(each, sessions, before, claims)
            except PlatoneError as error:
                told.append(error)
                continue
            told.append(status)
            if status is SubmissionStatus.ACCEPTED:
                fit.append(each)
                await self._end_earlier(unit, each, before)
        await store(unit, fit, sessions)
        return told

    def _status(
        self,
        checked: CheckedOrder,
        sessions: Mapping[str, Session],
        before: Sequence[Version],
        claims: Mapping[Place, Sequence[Claim]],
    ) -> SubmissionStatus:
        """Return how a message is taken now; raise what it is refused with."""
        service, session = checked.order.service, sessions[checked.session.id]
        if is_repeated(service, checked.stored.digest, before):
            return SubmissionStatus.ALREADY_SUBMITTED
        session.check_open(self.clock.now())
        check_amendment(service, session.id, before[-1] if before else None)
        if service.service_type is ServiceType.OFFER:
            names = checked.order.names
            check_free(checked.order, taken_by_others(claims, service, session, names))
        return SubmissionStatus.ACCEPTED

    async def _end_earlier(
        self, unit: UnitOfWork, checked: CheckedOrder, before: Sequence[Version]
    ) -> None:
        """End the version that stands, which a message replaces."""
        if any(version.state is ServiceState.STANDS for version in before):
            player, name = name_of(checked.order.service)
            await unit.submissions.end(player, name, ServiceState.REPLACED, self.clock.now())


def _offered(orders: Sequence[CheckedOrder]) -> dict[str, list[str]]:
    wanted: dict[str, list[str]] = {}
    for each in orders:
        if each.order.service.service_type is ServiceType.OFFER:
            wanted.setdefault(each.session.id, []).extend(each.order.names)
    return wanted


async def store(
    unit: UnitOfWork, orders: Sequence[CheckedOrder], sessions: Mapping[str, Session]
) -> None:
    """Store messages that may be stored, and have them certified.

    Args:
        unit: The transaction.
        orders: The messages.
        sessions: Their sessions as they are now, by identifier.
    """
    if not orders:
        return
    await unit.claims.add(
        Claim(each.session.id, pod, *name_of(each.order.service), quarter_hours)
        for each in orders
        for pod, quarter_hours in each.claims.items()
    )
    pods: dict[str, Known] = {}
    fresh: dict[MarketDay, Curves] = {}
    for each in orders:
        pods.setdefault(each.session.id, {}).update(each.pods)
        fresh.setdefault(each.session.plan.window.day, {}).update(each.fresh)
    for day, curves in fresh.items():
        await unit.baselines.note(day, curves)
    await unit.submissions.record_pods({name: its.values() for name, its in pods.items()})
    await unit.submissions.add(each.stored for each in orders)
    for name in pods:
        if not sessions[name].used:
            await unit.sessions.mark_used(name)
    stored = {_record_id(each.order.service): each.stored for each in orders}
    await unit.outgoing.certify_orders("flexibilityService", stored)


def _record_id(service: FlexibilityService) -> str:
    """Return the identifier of the certified record of a version: of a first one without number."""
    version = [service.revision] if service.revision > 1 else []
    name = content_hash([service.player_id, service.player_service_id, *version])
    return f"flexibilityService-{name}"
