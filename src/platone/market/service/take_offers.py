"""Offers that are checked together and stored at once: the way of nearly all of them.

Checks look at whole columns, so that those of thirty offers cost little more than those of one.
Offers of one party for one session, which share no point of delivery, are sound if all of them are
sound as one offer. In one transaction they are looked up, checked and stored::

    offers ──► looked up ──► checked as one ──► stored
                                └─refused─► each by itself ──► stored, or left

Baselines that the market has not seen yet are asked for together as well. What is left is taken by
:mod:`.submit_service` one by one, which alone refuses: an offer with terms or of a group, an
amendment, and each that seems wrong here.
"""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from enum import Enum

import msgspec

from platone.infra.trace.step import Step, step
from platone.kernel.errors import PlatoneError, Reasons
from platone.market.domain.claim import claims_of
from platone.market.domain.condition import Conditions
from platone.market.domain.order_columns import OrderColumns
from platone.market.domain.recording import Curves
from platone.market.domain.session import Session
from platone.market.records.submission import Named, StoredOrder
from platone.market.records.unit import UnitOfWork
from platone.market.service.check_order import CheckOrder
from platone.market.service.known_baseline import KnownBaselines, ReadKnownBaselines
from platone.market.service.look_up_order import Found, Known, LookUpOrders, name_of
from platone.market.service.store_order import ArrivedOffer, CheckedOrder, store
from platone.market.service.traced_session import traced
from platone.messages.base import SubmissionStatus
from platone.messages.clearing import Participation
from platone.messages.market import RecordedService, ServiceType


class Left(Enum):
    """Why an offer was left."""

    LACKS_BASELINES = "lacks baselines"
    """The market has not seen the baselines of its points of delivery."""
    TO_BE_JUDGED = "to be judged"
    """It is to be taken by itself."""


Taken = SubmissionStatus | Left
_Fresh = dict[str, Curves]
"""Baselines that customers was asked for, by session and point of delivery."""


@dataclass(frozen=True, slots=True)
class TakeOffers:
    """Takes offers together, and leaves those that are to be taken one by one.

    Args:
        look_up: Reads what messages are about.
        check: The checks of messages.
        baselines: The trades that a session builds on.
        needs: What a point of delivery has to have to be offered.
    """

    look_up: LookUpOrders
    check: CheckOrder
    baselines: ReadKnownBaselines
    needs: Participation

    def suits(self, order: OrderColumns) -> bool:
        """Return whether a message may be taken so, as far as it can be told from itself."""
        return (
            order.service.service_type is ServiceType.OFFER
            and not self.check.rules.asks_qualification
            and self.needs is not Participation.AGREED
            and order.is_simple
        )

    async def __call__(self, offers: Sequence[ArrivedOffer]) -> list[Taken]:
        """Take offers that suit, and return how, or why each was left.

        Args:
            offers: The offers; none touches what another does (:func:`apart`).
        """
        return await self.look_up.records.write(lambda unit: self._taken(unit, offers, {}))

    async def with_newest(self, offers: Sequence[ArrivedOffer]) -> list[Taken]:
        """Take offers whose baselines customers is asked for, by one call for all of a session.

        Raises:
            PartnerUnavailable, PartnerRefused: Customers does not say.
        """
        joined = [_joined(group) for group in _groups(offers)]
        found = await self.look_up.records.look(lambda unit: self.look_up.about(unit, joined))
        fresh: _Fresh = {}
        for its in found:
            if isinstance(its.session, Session):
                unseen = {
                    name: pod for name, pod in its.pods.items() if name not in its.known.curves
                }
                newest = await self.baselines.newest(its.session, unseen)
                fresh.setdefault(its.session.id, {}).update(newest)
        return await self.look_up.records.write(lambda unit: self._taken(unit, offers, fresh))

    async def _taken(
        self, unit: UnitOfWork, offers: Sequence[ArrivedOffer], fresh: _Fresh
    ) -> list[Taken]:
        versions = await unit.submissions.versions({name_of(each.order.service) for each in offers})
        groups = _groups(each for each in offers if not versions[name_of(each.order.service)])
        found = await self.look_up.about(unit, [_joined(group) for group in groups])
        names = {each.session.id for each in found if isinstance(each.session, Session)}
        sessions = await unit.sessions.held(names)
        sound: list[CheckedOrder] = []
        taken: dict[Named, Taken] = {}
        for group, its in zip(groups, found, strict=True):
            if not isinstance(its.session, Session):
                continue
            session = sessions[its.session.id]
            trades = await self.baselines.at_hand(unit, session)
            if trades is None:
                continue
            newest = fresh.get(session.id, {})
            known = KnownBaselines(its.known.curves, trades).updated(newest)
            lacking = [each for each in group if known.missing(_own([each], its.pods))]
            taken |= {name_of(each.order.service): Left.LACKS_BASELINES for each in lacking}
            whole = replace(its, session=session, known=known)
            rest = [each for each in group if name_of(each.order.service) not in taken]
            sound += self._sound(rest, session, whole, newest)
        with ExitStack() as steps:
            for session in {each.session.id: each.session for each in sound}.values():
                steps.enter_context(step(Step.OFFER, traced(session)))
            await store(unit, sound, sessions)
        taken |= {name_of(each.order.service): SubmissionStatus.ACCEPTED for each in sound}
        return [taken.get(name_of(each.order.service), Left.TO_BE_JUDGED) for each in offers]

    def _sound(
        self, group: Sequence[ArrivedOffer], session: Session, found: Found, fresh: Curves
    ) -> list[CheckedOrder]:
        """Return those offers of a group that nothing is wrong with.

        Args:
            group: The offers.
            session: Their session.
            found: What they are about, and maybe more.
            fresh: The baselines that customers was asked for.
        """
        if not group:
            return []
        order = _joined(group)
        whole = replace(found, pods=_own(group, found.pods))
        if self._is_sound(order, session, whole):
            return _checked(group, order, session, whole.pods, fresh)
        if len(group) == 1:
            return []
        return [one for each in group for one in self._sound([each], session, found, fresh)]

    def _is_sound(self, order: OrderColumns, session: Session, found: Found) -> bool:
        reasons = Reasons()
        try:
            self.check.alone(order, reasons)
            self.check.found(order, found, reasons)
            Conditions(self.needs).check(found.pods.values())
            self.check.by_baselines(order, session, found, found.known)
            reasons.raise_all()
        except PlatoneError:  # it is refused where it is taken by itself, with all reasons
            return False
        return True


def _groups(offers: Iterable[ArrivedOffer]) -> list[list[ArrivedOffer]]:
    """Return offers by their party and what they say of their session."""
    found: dict[tuple[object, ...], list[ArrivedOffer]] = {}
    for each in offers:
        service = each.order.service
        key = service.player_id, service.market_type, service.start_time, service.duration
        found.setdefault(key, []).append(each)
    return list(found.values())


def _joined(group: Sequence[ArrivedOffer]) -> OrderColumns:
    """Return the offers of a group as one."""
    return OrderColumns.joined([each.order for each in group])


def _own(offers: Iterable[ArrivedOffer], pods: Known) -> Known:
    """Return those of the registered points of delivery that some offers name."""
    return {name: pods[name] for each in offers for name in each.order.names if name in pods}


def _checked(
    group: Sequence[ArrivedOffer],
    order: OrderColumns,
    session: Session,
    pods: Known,
    fresh: Curves,
) -> list[CheckedOrder]:
    claims = claims_of(order)
    checked = []
    for each in group:
        service, names = each.order.service, each.order.names
        recorded = RecordedService(**msgspec.structs.asdict(service), submitted_at=each.at)
        stored = StoredOrder(session.id, recorded, each.text.recorded(recorded), each.text.digest)
        own = {name: claims[name] for name in names}
        its = {name: pods[name] for name in names}
        newest = {name: fresh[name] for name in names if name in fresh}
        checked.append(CheckedOrder(each.order, session, stored, its, own, newest))
    return checked
