"""Limits of the grid, told to the market for a session that is cleared with the grid."""

from dataclasses import dataclass

from platone.dso.domain.grid_limit import LimitOrder
from platone.dso.service.calculation.grid_limits import find_grid_limits
from platone.dso.service.ports import Market
from platone.dso.service.session_calculation import CalculateForSession
from platone.grid.run.grid_work import GridWork
from platone.messages.base import Submission
from platone.messages.clearing import GridLimits
from platone.messages.market import SessionReference


@dataclass(frozen=True, slots=True)
class LimitsResult:
    """The broken limits of a session, the limits that were told, and the market's answer.

    Attributes:
        alarms: Consumers without supply and broken limits at the baselines, the worst first; JSON.
        told: The limits that were told.
        submission: The market's answer.
        remarks: What typical days stand in for.
    """

    alarms: bytes
    told: GridLimits
    submission: Submission
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TellGridLimits:
    """Calculates the limits of a session and tells them to the market.

    Args:
        calculate: Calculates on the session's forecast.
        work: The part of it that takes long.
        market: Takes the limits.
        dso: The DSO's party.
    """

    calculate: CalculateForSession
    work: GridWork
    market: Market
    dso: str

    async def __call__(
        self, session: SessionReference, price_limit_eur_per_kwh: float, *, reactive: bool
    ) -> LimitsResult:
        """Find what limits a session's trades, and tell it; the market takes the last that is told.

        Args:
            session: The session.
            price_limit_eur_per_kwh: Most that a kW of the most effective PoD may cost.
            reactive: Whether the market trades reactive power, which then has effects of its own.

        Raises:
            PlatoneError: The session cannot be calculated, as :class:`CalculateForSession` says.
            PartnerRefused, PartnerUnavailable: The market did not take the limits.
        """
        order = LimitOrder(self.dso, price_limit_eur_per_kwh, reactive)
        _, found = await self.calculate(session, find_grid_limits, order, self.work)
        told = GridLimits(
            market_type=session.market_type,
            start_time=session.start_time,
            player_id=self.dso,
            grid_limits=found.limits,
        )
        submission = await self.market.tell_limits(told)
        return LimitsResult(found.alarms, told, submission, found.remarks)
