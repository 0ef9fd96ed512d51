"""The checks of a request or offer: by itself, by what it names, and by baselines.

They are made of one message, or of several offers as if they were one (:mod:`.take_offers`).
"""

from dataclasses import dataclass

from platone.kernel.clock import Clock
from platone.kernel.errors import PlatoneError, Reasons
from platone.market.domain.activation import check_durations, check_reached
from platone.market.domain.offered_group import check_group_terms, names_group
from platone.market.domain.order_columns import OrderColumns
from platone.market.domain.order_terms import check_terms
from platone.market.domain.power_kind import check_kinds, told_as_reactive, with_reactive_limits
from platone.market.domain.problem.order import UnknownPom
from platone.market.domain.product import check_prices, check_volumes
from platone.market.domain.recording import Curves
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
from platone.market.service.known_baseline import KnownBaselines, ReadKnownBaselines
from platone.market.service.look_up_order import Found
from platone.messages.clearing import Product
from platone.messages.market import ServiceType


@dataclass(frozen=True, slots=True)
class CheckOrder:
    """Checks messages by what is at hand.

    Args:
        rules: The market's products.
        clock: The market's clock.
    """

    rules: MarketRules
    clock: Clock

    def alone(self, order: OrderColumns, reasons: Reasons) -> None:
        """Note what is wrong with a message by itself."""
        with reasons:
            check_entries(order)
        if order.is_simple:  # and nothing more to look at
            with reasons:
                check_prices(order, self.rules.product)
            return
        with reasons:
            check_kinds(order.service, self.rules.clearing)
        with reasons:
            check_prices(order.active, self.rules.product)
        with reasons, told_as_reactive():
            check_prices(order.reactive, self.rules.reactive)
        with reasons:
            check_terms(order.service, self.rules.clearing)
        with reasons:
            check_group_terms(order.service)

    def found(self, order: OrderColumns, found: Found, reasons: Reasons) -> Session:
        """Return the session of a message, and note what is wrong with what it names.

        Raises:
            PlatoneError: It has no open session; with all that was noted before.
        """
        open_sessions: list[Session] = []
        with reasons:
            if isinstance(found.session, PlatoneError):
                raise found.session
            found.session.check_open(self.clock.now())
            open_sessions.append(found.session)
        if not open_sessions:
            reasons.raise_all()
        (session,) = open_sessions
        window, service = session.plan.window, order.service
        with reasons:
            check_window(order, window)
        with reasons:
            check_reached(order.indices, window, session.decision_due, self.rules.product)
        names_one = order.is_simple or not names_group(service)
        if service.service_type is ServiceType.OFFER and names_one:
            with reasons:
                check_free(order, found.taken)
        for pom, members in found.members.items():
            with reasons:
                if not members:
                    raise UnknownPom(f"The market knows no such PoD of PoM {pom}.", pom=pom)
        with reasons:
            check_known(order.names, found.pods)
        return session

    def by_baselines(
        self, order: OrderColumns, session: Session, found: Found, known: KnownBaselines
    ) -> None:
        """Check an offer by baselines, and that all that are needed are there.

        Raises:
            PlatoneError: All that is wrong with it.
        """
        reasons = Reasons()
        with reasons:
            check_baselines(found.pods, known.curves, session.plan.window)
        if order.service.service_type is ServiceType.OFFER:
            active, reactive = order.active, order.reactive
            with reasons:
                check_offered(active, found.pods, known.counted)
            with reasons:
                _check_changes(active, known.schedules, self.rules.product)
            if reactive.service.flexibility:
                limits = {name: with_reactive_limits(pod) for name, pod in found.pods.items()}
                curves = known.reactive(found.pods)
                with reasons, told_as_reactive():
                    check_offered(reactive, limits, curves)
                with reasons, told_as_reactive():
                    _check_changes(reactive, curves, self.rules.reactive)
        reasons.raise_all()


@dataclass(frozen=True, slots=True)
class CheckByBaselines:
    """Checks messages by the baselines that are known, and where needed by the newest.

    Args:
        baselines: The baselines by which messages are checked.
        check: The checks by what is at hand.
    """

    baselines: ReadKnownBaselines
    check: CheckOrder

    async def __call__(self, order: OrderColumns, session: Session, found: Found) -> Curves:
        """Check a message by the baselines; return those that customers was asked for.

        What a request needs is noted by the newest. An offer is checked by those seen last, and
        only if it does not fit them by the newest.

        Raises:
            PlatoneError: All that is wrong with it.
        """
        is_offer = order.service.service_type is ServiceType.OFFER
        if is_offer and not found.known.missing(found.pods):
            try:
                self.check.by_baselines(order, session, found, found.known)
            except PlatoneError:
                fresh = await self.baselines.newest(session, found.pods)
                if not found.known.differs(fresh):
                    raise
            else:
                return {}
        else:
            fresh = await self.baselines.newest(session, found.pods)
        self.check.by_baselines(order, session, found, found.known.updated(fresh))
        return fresh


def _check_changes(order: OrderColumns, curves: Curves, product: Product) -> None:
    """Check what an offer changes, all quarter-hours of one kind of power, against its product."""
    reasons = Reasons()
    with reasons:
        check_volumes(order, curves, product)
    with reasons:
        check_durations(order.service, curves, product)
    reasons.raise_all()
