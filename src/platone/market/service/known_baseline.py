"""The baselines by which requests and offers are checked before the gate closes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from platone.market.domain.calendar import Status, day_ahead_session
from platone.market.domain.power_kind import reactive_curves
from platone.market.domain.problem.session import UnknownSession
from platone.market.domain.recording import NO_TRADES, Curves, DayAheadTrades
from platone.market.domain.session import Session
from platone.market.records.unit import UnitOfWork
from platone.market.service.ports import Partners
from platone.market.service.record_session import day_ahead_trades
from platone.messages.base import MarketType
from platone.messages.registry import PointOfDelivery


@dataclass(frozen=True, slots=True)
class KnownBaselines:
    """The baselines of a session's PoDs as they stand, which may change until its gate closes.

    Attributes:
        curves: Baselines of the market day, kW by PoD.
        trades: What was traded the day ahead.
    """

    curves: Curves
    trades: DayAheadTrades

    @property
    def counted(self) -> Curves:
        """The baselines that would count: those of the day ahead where it traded."""
        return self.trades.counted(self.curves)

    @property
    def schedules(self) -> Curves:
        """The powers that totals are changes from."""
        return self.trades.schedules(self.counted)

    def reactive(self, pods: Mapping[str, PointOfDelivery]) -> Curves:
        """Return the same of reactive power, kvar, of points of delivery that are registered."""
        return reactive_curves(self.schedules, pods, self.trades.totals_kvar)

    def missing(self, pods: Iterable[str]) -> bool:
        """Return whether a PoD has none."""
        return any(pod not in self.curves for pod in pods)

    def differs(self, fresh: Curves) -> bool:
        """Return whether others are newer."""
        return any(self.curves.get(pod) != curve for pod, curve in fresh.items())

    def updated(self, fresh: Curves) -> "KnownBaselines":
        """Return these with newer ones in their place."""
        return KnownBaselines(self.curves | fresh, self.trades)


class ReadKnownBaselines:
    """Reads the newest baselines that customers has, and the trades that a session builds on.

    Args:
        partners: Where baselines come from.
    """

    def __init__(self, partners: Partners) -> None:
        self._partners = partners
        self._trades: tuple[tuple[str, bool], DayAheadTrades] | None = None

    async def newest(self, session: Session, pods: Mapping[str, PointOfDelivery]) -> Curves:
        """Return the baselines that customers has now.

        Where it has none of a PoD for the day, the typical one of its registration counts if that
        has a value for each of the day's quarter-hours.
        """
        day = session.plan.window.day
        fresh = await self._partners.baselines(list(pods), day)
        for name, pod in pods.items():
            typical = pod.power_baseline_curves
            if name not in fresh and typical is not None and len(typical) == day.quarter_hours:
                fresh[name] = typical
        return fresh

    async def day_ahead(self, unit: UnitOfWork, session: Session) -> DayAheadTrades:
        """Return the trades that a session builds on; the last ones are kept: all ask for them."""
        key = await _outcome_before(unit, session)
        if key is None:
            return NO_TRADES
        if self._trades is None or self._trades[0] != key:
            self._trades = (key, await day_ahead_trades(unit, session))
        return self._trades[1]

    async def at_hand(self, unit: UnitOfWork, session: Session) -> DayAheadTrades | None:
        """Return the same if it takes no long reading; None where it does."""
        key, kept = await _outcome_before(unit, session), self._trades
        if key is None:
            return NO_TRADES
        return kept[1] if kept is not None and kept[0] == key else None


async def _outcome_before(unit: UnitOfWork, session: Session) -> tuple[str, bool] | None:
    """Return the outcome that a session builds on, and whether it is not final; None without."""
    if session.plan.market_type is MarketType.DAY_AHEAD:
        return None
    try:
        before = await unit.sessions.get(day_ahead_session(session.plan.window.day).id)
    except UnknownSession:
        return None
    if before.outcome_id is None:
        return None
    return before.outcome_id, before.status is Status.OUTCOME
