"""The inputs of a market day's calculations, gathered from the parties that know them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from platone.dso.domain.day_input import DayInput, bare_pods
from platone.dso.domain.final_outcome import activated
from platone.dso.domain.forecast import (
    NOTHING,
    KnownDay,
    PodSlot,
    baselines_of,
    traded_reactive,
    traded_totals,
)
from platone.dso.domain.network_input import NetworkOutline
from platone.dso.records.final_outcome import FinalOutcomeRecords
from platone.dso.records.outcome import OutcomeRecords
from platone.dso.service.ports import CustomerDatabase
from platone.dso.service.profile import ReadProfiles
from platone.dso.service.registration import ReadRegistrations
from platone.kernel.market_time import MarketDay
from platone.messages.base import MarketType
from platone.messages.outcome import TechnicalOutcome, ValidatedOutcome
from platone.messages.registry import PointOfDelivery, Series


@dataclass(frozen=True, slots=True)
class GatherDay:
    """Gathers a market day's inputs.

    Args:
        registrations: Says which points of delivery are registered.
        customers: Baselines.
        profiles: Typical days.
        outcomes: What of earlier sessions' trades of the day the grid can take.
        finals: What of them is activated, once that is decided.
    """

    registrations: ReadRegistrations
    customers: CustomerDatabase
    profiles: ReadProfiles
    outcomes: OutcomeRecords
    finals: FinalOutcomeRecords

    async def __call__(
        self,
        outline: NetworkOutline,
        day: MarketDay,
        *,
        without_outcome: str | None = None,
        as_of: datetime | None = None,
        suppose: Mapping[PodSlot, float] = NOTHING,
        with_trades: bool = True,
    ) -> DayInput:
        """Return the day's inputs.

        Each PoD follows its baseline, in quarter-hours without one its typical days, and where
        the DSO has validated trades of the day, their totals, later ones over earlier ones. Loads
        follow their typical days, those without any the network file.

        Args:
            outline: The names in the network.
            day: The market day.
            without_outcome: A market outcome that does not count.
            as_of: Baselines as they stood just before this instant; none for now.
            suppose: Powers, kW, that count in place of all else.
            with_trades: Whether any trade counts.

        Raises:
            PartnerRefused, PartnerUnavailable: Customers does not say.
        """
        known = await self.known(
            outline, day, without_outcome=without_outcome, as_of=as_of, with_trades=with_trades
        )
        typical = await self.profiles.of_day([*outline.loads, *bare_pods(known)], day)
        return DayInput(
            day=day, known=known, typical=typical, loads=outline.loads, suppose=dict(suppose)
        )

    async def known(
        self,
        outline: NetworkOutline,
        day: MarketDay,
        *,
        without_outcome: str | None = None,
        as_of: datetime | None = None,
        with_trades: bool = True,
    ) -> KnownDay:
        """Return the knowledge of other parties about the network's points of delivery.

        Raises:
            PartnerRefused, PartnerUnavailable: Customers does not say.
        """
        every = await self.registrations()
        registered = {each: every[each] for each in outline.pods if each in every}
        series = await self.customers.baselines(sorted(registered), day, as_of)
        answers = await self.outcomes.of_day(day) if with_trades else []
        finals = await self.finals.of_day(day) if with_trades else []
        trades = await asyncio.to_thread(_trades, answers, finals, without_outcome)
        return await asyncio.to_thread(_known_day, day, registered, series, trades)


def _known_day(
    day: MarketDay,
    registered: Mapping[str, PointOfDelivery],
    series: Sequence[Series],
    trades: Sequence[TechnicalOutcome],
) -> KnownDay:
    return KnownDay(
        registered,
        baselines_of(day, registered, series),
        traded_totals(day, trades),
        has_trades=bool(trades),
        traded_kvar=traded_reactive(day, trades),
    )


def _trades(
    answers: Sequence[TechnicalOutcome],
    finals: Sequence[ValidatedOutcome],
    without_outcome: str | None,
) -> list[TechnicalOutcome]:
    """Return the activated trades of a day, the day-ahead session's first, then by start.

    Until an outcome is final, the DSO's own answer to it counts.
    """
    found = {each.market_outcome: each for each in answers}
    found |= {each.market_outcome: activated(each) for each in finals}
    found.pop(without_outcome or "", None)
    return sorted(
        (each for each in found.values() if each.flexibility),
        key=lambda each: (each.market_type is MarketType.REAL_TIME, each.start_time),
    )
