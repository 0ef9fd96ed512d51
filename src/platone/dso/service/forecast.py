"""The inputs of a market day's calculations, gathered from the parties that know them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from platone.dso.domain.day_input import DayInput, bare_pods
from platone.dso.domain.forecast import (
    NOTHING,
    KnownDay,
    PodSlot,
    baselines_of,
    traded_reactive,
    traded_totals,
)
from platone.dso.domain.network_input import NetworkOutline
from platone.dso.records.outcome import OutcomeRecords
from platone.dso.service.ports import CustomerDatabase
from platone.dso.service.profile import ReadProfiles
from platone.dso.service.registration import ReadRegistrations
from platone.kernel.market_time import MarketDay


@dataclass(frozen=True, slots=True)
class GatherDay:
    """Gathers a market day's inputs.

    Args:
        registrations: Says which points of delivery are registered.
        customers: Baselines.
        profiles: Typical days.
        outcomes: What earlier sessions of the day traded.
    """

    registrations: ReadRegistrations
    customers: CustomerDatabase
    profiles: ReadProfiles
    outcomes: OutcomeRecords

    async def __call__(
        self,
        outline: NetworkOutline,
        day: MarketDay,
        *,
        without_outcome: str | None = None,
        as_of: datetime | None = None,
        suppose: Mapping[PodSlot, float] = NOTHING,
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

        Raises:
            PartnerRefused, PartnerUnavailable: Customers does not say.
        """
        known = await self.known(outline, day, without_outcome=without_outcome, as_of=as_of)
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
    ) -> KnownDay:
        """Return the knowledge of other parties about the network's points of delivery.

        Raises:
            PartnerRefused, PartnerUnavailable: Customers does not say.
        """
        every = await self.registrations()
        registered = {each: every[each] for each in outline.pods if each in every}
        series = await self.customers.baselines(sorted(registered), day, as_of)
        trades = [
            technical
            for technical in await self.outcomes.of_day(day)
            if technical.market_outcome != without_outcome
        ]
        baselines = baselines_of(day, registered, series)
        return KnownDay(
            registered,
            baselines,
            traded_totals(day, trades),
            has_trades=bool(trades),
            traded_kvar=traded_reactive(day, trades),
        )
