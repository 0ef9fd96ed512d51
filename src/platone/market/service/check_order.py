"""The check of a request or offer by the baselines of its points of delivery."""

from dataclasses import dataclass

from platone.kernel.errors import PlatoneError, Reasons
from platone.market.domain.activation import check_durations
from platone.market.domain.order_columns import OrderColumns
from platone.market.domain.power_kind import told_as_reactive, with_reactive_limits
from platone.market.domain.product import check_volumes
from platone.market.domain.recording import Curves
from platone.market.domain.rules import MarketRules
from platone.market.domain.session import Session
from platone.market.domain.submission import check_baselines, check_offered
from platone.market.service.known_baseline import KnownBaselines, ReadKnownBaselines
from platone.market.service.look_up_order import Found
from platone.messages.clearing import Product
from platone.messages.market import ServiceType


@dataclass(frozen=True, slots=True)
class CheckByBaselines:
    """Checks messages by the baselines that are known, and where needed by the newest.

    Args:
        baselines: The baselines by which messages are checked.
        rules: The market's products.
    """

    baselines: ReadKnownBaselines
    rules: MarketRules

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
                self._check(order, session, found, found.known)
            except PlatoneError:
                fresh = await self.baselines.newest(session, found.pods)
                if not found.known.differs(fresh):
                    raise
            else:
                return {}
        else:
            fresh = await self.baselines.newest(session, found.pods)
        self._check(order, session, found, found.known.updated(fresh))
        return fresh

    def _check(
        self, order: OrderColumns, session: Session, found: Found, known: KnownBaselines
    ) -> None:
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


def _check_changes(order: OrderColumns, curves: Curves, product: Product) -> None:
    """Check what an offer changes, all quarter-hours of one kind of power, against its product."""
    reasons = Reasons()
    with reasons:
        check_volumes(order, curves, product)
    with reasons:
        check_durations(order.service, curves, product)
    reasons.raise_all()
