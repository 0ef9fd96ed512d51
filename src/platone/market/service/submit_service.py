"""Submission of offers of aggregators, and of requests of TSO and DSO (flows 2a, 2b and 2c).

::

    message ──► its own checks ──► looked up ──► checked by baselines ──► stored
                                   in groups     one by one               in groups
"""

import asyncio

import msgspec

from platone.infra.gathering import Gathering
from platone.kernel.clock import Clock
from platone.kernel.errors import PlatoneError, Reasons
from platone.market.domain.asked_group import asked_groups
from platone.market.domain.order_columns import OrderColumns
from platone.market.domain.order_terms import check_terms
from platone.market.domain.order_text import OrderText, write_order
from platone.market.domain.problem.order import ServiceNotAllowed, UnknownPom
from platone.market.domain.product import check_prices, check_volumes
from platone.market.domain.recording import Curves
from platone.market.domain.revision import is_repeated
from platone.market.domain.rules import MarketRules
from platone.market.domain.session import Session
from platone.market.domain.submission import (
    check_baselines,
    check_entries,
    check_free,
    check_known,
    check_offered,
    check_window,
)
from platone.market.records.submission import StoredOrder
from platone.market.records.unit import MarketRecords
from platone.market.service.known_baseline import KnownBaselines, ReadKnownBaselines
from platone.market.service.look_up_order import Found, LookUpOrders
from platone.market.service.store_order import CheckedOrder, StoreOrders, apart
from platone.messages.base import Submission, SubmissionStatus
from platone.messages.market import AskedGroup, FlexibilityService, RecordedService, ServiceType

_LONG = 20_000
"""Quarter-hours of a message that is written in a thread: some 10 ms of work."""


class SubmitService:
    """Takes requests and offers; everything is checked before anything is stored.

    Args:
        records: The market's records.
        baselines: The baselines by which messages are checked.
        clock: The market's clock.
        rules: Who may send what.
    """

    def __init__(
        self,
        records: MarketRecords,
        baselines: ReadKnownBaselines,
        clock: Clock,
        rules: MarketRules,
    ) -> None:
        self._baselines = baselines
        self._clock = clock
        self._rules = rules
        self._look_up = Gathering(LookUpOrders(records, baselines, clock, rules))
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
        order, reasons = OrderColumns(service), Reasons()
        with reasons:
            check_entries(order)
        with reasons:
            check_prices(order, self._rules.product)
        with reasons:
            check_terms(service, self._rules.clearing)
        text = await _written(order)
        found = await self._look_up(order)
        if is_repeated(service, text.digest, found.versions):
            return _told(service, SubmissionStatus.ALREADY_SUBMITTED)
        session = self._check_found(order, found, reasons)
        fresh: Curves = {}
        with reasons:
            fresh = await self._checked(order, session, found)
        reasons.raise_all()
        recorded = self._recorded(service, found, found.known.updated(fresh))
        stored = StoredOrder(session.id, recorded, text.recorded(recorded), text.digest)
        checked = CheckedOrder(order, session, stored, found.pods, fresh)
        return _told(service, await self._store(checked))

    def _check_found(self, order: OrderColumns, found: Found, reasons: Reasons) -> Session:
        """Return the session of a message, and note what is wrong with what it names.

        Raises:
            PlatoneError: It has no open session; with all that was noted before.
        """
        open_sessions: list[Session] = []
        with reasons:
            if isinstance(found.session, PlatoneError):
                raise found.session
            found.session.check_open(self._clock.now())
            open_sessions.append(found.session)
        if not open_sessions:
            reasons.raise_all()
        (session,) = open_sessions
        with reasons:
            check_window(order, session.plan.window)
        if order.service.service_type is ServiceType.OFFER:
            with reasons:
                check_free(order, found.taken)
        for pom, members in found.members.items():
            with reasons:
                if not members:
                    raise UnknownPom(f"The market knows no PoD of PoM {pom}.", pom=pom)
        with reasons:
            check_known(order.names, found.pods)
        return session

    async def _checked(self, order: OrderColumns, session: Session, found: Found) -> Curves:
        """Check a message by the baselines; return those that customers was asked for.

        What a request needs is noted by the newest. An offer is checked by those seen last, and
        only if it does not fit them by the newest.
        """
        is_offer = order.service.service_type is ServiceType.OFFER
        if is_offer and not found.known.missing(found.pods):
            try:
                self._check(order, session, found, found.known)
            except PlatoneError:
                fresh = await self._baselines.newest(session, found.pods)
                if not found.known.differs(fresh):
                    raise
            else:
                return {}
        else:
            fresh = await self._baselines.newest(session, found.pods)
        self._check(order, session, found, found.known.updated(fresh))
        return fresh

    def _check(
        self, order: OrderColumns, session: Session, found: Found, known: KnownBaselines
    ) -> None:
        reasons = Reasons()
        with reasons:
            check_baselines(found.pods, known.curves, session.plan.window)
        if order.service.service_type is ServiceType.OFFER:
            with reasons:
                check_offered(order, found.pods, known.counted)
            with reasons:
                check_volumes(order, known.schedules, self._rules.product)
        reasons.raise_all()

    def _recorded(
        self, service: FlexibilityService, found: Found, known: KnownBaselines
    ) -> RecordedService:
        asked: tuple[AskedGroup, ...] = ()
        if service.service_type is not ServiceType.OFFER:
            asked = asked_groups(service, found.members, known.schedules)
        whole = msgspec.structs.asdict(service)
        return RecordedService(**whole, submitted_at=self._clock.now(), asked=asked)


async def _written(order: OrderColumns) -> OrderText:
    if len(order.points) <= _LONG:
        return write_order(order.service)
    return await asyncio.to_thread(write_order, order.service)


def _told(service: FlexibilityService, status: SubmissionStatus) -> Submission:
    return Submission(id=service.player_service_id, status=status)
