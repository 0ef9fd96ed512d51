"""Submission of offers of aggregators, and of requests of TSO and DSO (flows 2a, 2b and 2c).

::

    message ──► looked up, checked and stored, together with others
       └─left─► its own checks ──► looked up ──► checked by baselines ──► stored
                                   in groups     one by one               in groups
"""

import asyncio

import msgspec

from platone.infra.gathering import Gathering
from platone.infra.trace.step import Step, step
from platone.kernel.clock import Clock
from platone.kernel.errors import Reasons
from platone.market.domain.asked_group import asked_groups
from platone.market.domain.claim import claims_of
from platone.market.domain.offered_group import (
    Basis,
    names_group,
    part_groups,
)
from platone.market.domain.order_columns import OrderColumns
from platone.market.domain.order_text import OrderText, write_order
from platone.market.domain.power_kind import (
    has_reactive,
)
from platone.market.domain.problem.order import ServiceNotAllowed
from platone.market.domain.qualification import check_qualified
from platone.market.domain.recording import Curves
from platone.market.domain.revision import is_repeated
from platone.market.domain.rules import MarketRules
from platone.market.domain.session import Session
from platone.market.domain.submission import (
    check_baselines,
    check_free,
    check_once,
)
from platone.market.records.submission import StoredOrder
from platone.market.records.unit import MarketRecords
from platone.market.service.check_order import CheckByBaselines, CheckOrder
from platone.market.service.known_baseline import KnownBaselines, ReadKnownBaselines
from platone.market.service.look_up_order import Found, LookUpOrders
from platone.market.service.read_conditions import ReadConditions
from platone.market.service.store_order import ArrivedOffer, CheckedOrder, StoreOrders, apart
from platone.market.service.take_offers import Left, Taken, TakeOffers
from platone.market.service.traced_session import traced
from platone.messages.base import Submission, SubmissionStatus
from platone.messages.market import (
    AskedGroup,
    Flexibility,
    FlexibilityService,
    RecordedService,
    ServiceType,
)

_LONG = 20_000
"""Quarter-hours of a message that is written and taken by itself: some 10 ms of work."""


class SubmitService:
    """Takes requests and offers; everything is checked before anything is stored.

    Args:
        records: The market's records.
        baselines: The baselines by which messages are checked.
        clock: The market's clock.
        rules: Who may send what.
        conditions: What is asked of PoDs that are offered.
    """

    def __init__(
        self,
        records: MarketRecords,
        baselines: ReadKnownBaselines,
        clock: Clock,
        rules: MarketRules,
        conditions: ReadConditions,
    ) -> None:
        self._records = records
        self._baselines = baselines
        self._clock = clock
        self._rules = rules
        self._conditions = conditions
        self._check = CheckOrder(rules, clock)
        self._by_baselines = CheckByBaselines(baselines, self._check)
        look_up = LookUpOrders(records, baselines, clock, rules)
        self._look_up = Gathering(look_up)
        self._together = TakeOffers(look_up, self._check, baselines, conditions.needs)
        self._take: Gathering[ArrivedOffer, Taken] = Gathering(self._together, apart)
        self._take_with_newest: Gathering[ArrivedOffer, Taken] = Gathering(
            self._together.with_newest, apart
        )
        self._store = Gathering(StoreOrders(records, clock), apart)

    async def __call__(
        self, service: FlexibilityService, party: str, *, aggregates: bool
    ) -> Submission:
        """Take a request or an offer.

        Args:
            service: The message.
            party: The caller.
            aggregates: Whether the caller is a flexibility service provider.

        Raises:
            PlatoneError: The documented problem, one of :mod:`..domain.problem` or
                DuplicateIdentifier.
        """
        if service.player_id != party:
            raise ServiceNotAllowed(
                f"{party} may not speak for {service.player_id}.", playerId=service.player_id
            )
        self._rules.check_player(party, service.service_type, aggregates=aggregates)
        order, text = await _prepared(service)
        if self._together.suits(order):
            taken = await self._taken_together(ArrivedOffer(order, text, self._clock.now()))
            if isinstance(taken, SubmissionStatus):
                return _told(service, taken)
        return _told(service, await self._taken_alone(order, text))

    async def _taken_together(self, arrived: ArrivedOffer) -> Taken:
        """Take an offer with others, or leave it."""
        if len(arrived.order.index) > _LONG:  # nobody's short one waits for its checks
            (taken,) = await self._together([arrived])
            return taken
        taken = await self._take(arrived)
        if taken is Left.LACKS_BASELINES:
            taken = await self._take_with_newest(arrived)
        return taken

    async def _taken_alone(self, order: OrderColumns, text: OrderText) -> SubmissionStatus:
        """Take a message by itself.

        Raises:
            PlatoneError: All that is wrong with it.
        """
        service, reasons = order.service, Reasons()
        self._check.alone(order, reasons)
        found = await self._look_up(order)
        if is_repeated(service, text.digest, found.versions):
            return SubmissionStatus.ALREADY_SUBMITTED
        session = self._check.found(order, found, reasons)
        kind = Step.OFFER if service.service_type is ServiceType.OFFER else Step.REQUEST
        with step(kind, traced(session)):
            checked = await self._checked_order(order, text, session, found, reasons)
            return await self._store(checked)

    async def _checked_order(
        self,
        order: OrderColumns,
        text: OrderText,
        session: Session,
        found: Found,
        reasons: Reasons,
    ) -> CheckedOrder:
        """Return a message that passed all checks; the groups of an offer are parted.

        Raises:
            PlatoneError: All that is wrong with it.
        """
        fresh: Curves = {}
        if order.service.service_type is ServiceType.OFFER:
            with reasons:
                conditions = await self._conditions(found.pods, self._clock.now())
                conditions.check(found.pods.values())
        offered: tuple[Flexibility, ...] = ()
        if names_group(order.service):
            offered = tuple(order.service.flexibility)
            order, fresh = await self._parted(order, session, found, reasons)
        with reasons:
            await self._check_qualified(order, session)
        with reasons:
            fresh |= await self._by_baselines(order, session, found)
        reasons.raise_all()
        if offered:  # known by the message as it was sent
            _, parted = await _prepared(order.service)
            text = OrderText(parted.flexibility, text.digest)
        recorded = self._recorded(order.service, found, found.known.updated(fresh), offered)
        stored = StoredOrder(session.id, recorded, text.recorded(recorded), text.digest)
        claims = claims_of(order) if order.service.service_type is ServiceType.OFFER else {}
        return CheckedOrder(order, session, stored, found.pods, claims, fresh)

    async def _parted(
        self, order: OrderColumns, session: Session, found: Found, reasons: Reasons
    ) -> tuple[OrderColumns, Curves]:
        """Return an offer with its groups parted by the newest baselines, and those.

        Raises:
            PlatoneError: It cannot be parted.
        """
        fresh = await self._baselines.newest(session, found.pods)
        known = found.known.updated(fresh)
        with reasons:
            check_baselines(found.pods, known.curves, session.plan.window)
        reasons.raise_all()
        basis = Basis(
            {pom: sorted(members) for pom, members in found.members.items()},
            found.pods,
            known.schedules,
            known.reactive(found.pods) if has_reactive(order.service) else {},
            self._rules.clearing.linked_orders,
        )
        parts = part_groups(order.service, basis)
        parted = OrderColumns(msgspec.structs.replace(order.service, flexibility=parts))
        with reasons:
            check_once(parted)
        with reasons:
            check_free(parted, found.taken)
        return parted, fresh

    async def _check_qualified(self, order: OrderColumns, session: Session) -> None:
        """Check that what is offered is qualified, where the market asks for it."""
        service = order.service
        if self._rules.asks_qualification and service.service_type is ServiceType.OFFER:
            async with self._records.reading() as unit:
                own = await unit.qualifications.of_pods(order.names, service.player_id)
            check_qualified(service, own, session.plan.window.day)

    def _recorded(
        self,
        service: FlexibilityService,
        found: Found,
        known: KnownBaselines,
        offered: tuple[Flexibility, ...],
    ) -> RecordedService:
        asked: tuple[AskedGroup, ...] = ()
        if service.service_type is not ServiceType.OFFER:
            reactive = known.reactive(found.pods) if has_reactive(service) else {}
            asked = asked_groups(service, found.members, known.schedules, reactive)
        whole = msgspec.structs.asdict(service)
        now = self._clock.now()
        return RecordedService(**whole, submitted_at=now, asked=asked, offered=offered)


async def _prepared(service: FlexibilityService) -> tuple[OrderColumns, OrderText]:
    if _is_long(service):
        return await asyncio.to_thread(_prepare, service)
    return _prepare(service)


def _prepare(service: FlexibilityService) -> tuple[OrderColumns, OrderText]:
    """Return a message in columns and as text, while the processor has what was decoded at hand."""
    order = OrderColumns(service)
    _ = order.columns  # together with those of other messages they would take twice as long
    return order, write_order(service)


def _is_long(service: FlexibilityService) -> bool:
    return sum(len(entry.power) for entry in service.flexibility) > _LONG


def _told(service: FlexibilityService, status: SubmissionStatus) -> Submission:
    return Submission(id=service.player_service_id, status=status)
