"""Baselines of a portfolio, forecast from its measurements and submitted as any baseline is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from platone.aggregator.domain.forecast import HISTORY, days_ahead, forecast_baselines
from platone.aggregator.domain.preference import market_day_on
from platone.aggregator.domain.problem import ForecastInvalid, PodNotInPortfolio, UnknownTenant
from platone.aggregator.records.forecast import ForecastRecords
from platone.aggregator.records.seen import Seen
from platone.aggregator.service.portfolio import DELETED, PortfolioService, refusal
from platone.aggregator.service.ports import MeteringSource
from platone.infra.calculation.desk import CalculationDesk
from platone.infra.listing import Listed, Part
from platone.kernel.clock import Clock
from platone.kernel.errors import PlatoneError
from platone.kernel.market_time import MarketDay
from platone.messages.base import Submission, SubmissionStatus
from platone.messages.plan import BaselineForecastOrder, PodForecast
from platone.messages.registry import Series

_MOST_PODS = 200
"""Most PoDs of an order: a minute or two of reading and calculating."""
_PODS_AT_ONCE = 10
"""PoDs of one calculation: their quarter-hours of ten weeks are 10 MB of JSON."""


@dataclass(frozen=True, slots=True)
class ForecastSources:
    """The places that a forecast needs beside the portfolio.

    Attributes:
        meters: The measurements, as each party that is served here sees them.
        desk: Calculates.
        clock: The market's clock.
        zone: IANA name of the market's zone.
    """

    meters: Mapping[str, MeteringSource]
    desk: CalculationDesk
    clock: Clock
    zone: str


class ForecastService:
    """Forecasts baselines, and tells what such forecasts have been wrong by.

    Args:
        portfolio: The portfolios, which take the baselines.
        records: The forecasts that are stored.
        sources: What else is needed.
    """

    def __init__(
        self, portfolio: PortfolioService, records: ForecastRecords, sources: ForecastSources
    ) -> None:
        self._portfolio = portfolio
        self._records = records
        self._sources = sources

    async def forecast(self, party: str, order: BaselineForecastOrder) -> list[Submission]:
        """Forecast baselines of a market day, and submit them; one answer a PoD.

        Raises:
            UnknownTenant: The party is not served here.
            ForecastInvalid: The day is not one of the next, or the PoDs are too many.
            CalendarInvalid: There is no such country.
            PartnerUnavailable: The customer database does not answer.
            CalculationQueueFull: Too many calculations wait.
        """
        if party not in self._sources.meters:
            raise UnknownTenant(f"{party} is not served here.", partyId=party)
        day, origin = market_day_on(order.day, self._sources.zone), self._sources.clock.now()
        days_ahead(day, origin)
        mine = await self._pods(party)
        wanted = list(dict.fromkeys(order.pod_ids or mine))
        if len(wanted) > _MOST_PODS:
            raise ForecastInvalid(
                f"{len(wanted)} PoDs are too many; name {_MOST_PODS} at most.", most=_MOST_PODS
            )
        known = [pod for pod in wanted if pod in set(mine)]
        results = {
            pod: refusal(
                pod, PodNotInPortfolio(f"{pod} is not in the portfolio of {party}.", podId=pod)
            )
            for pod in wanted
            if pod not in known
        }
        for first in range(0, len(known), _PODS_AT_ONCE):
            some = known[first : first + _PODS_AT_ONCE]
            made = await self._made(party, some, order.country, origin, day)
            for answer in await self._taken(party, some, made, day, submit=order.submit):
                results[answer.id] = answer
        return [results[pod] for pod in wanted]

    async def newest(self, seen: Seen, part: Part) -> Listed[PodForecast]:
        """Return newest forecasts that a reader sees, by party and PoD."""
        return await self._records.newest(seen, part)

    async def _pods(self, party: str) -> list[str]:
        items = await self._portfolio.pods(party)
        return [each.pod.pod_id for each in items if each.pod.action_type != DELETED]

    async def _made(
        self, party: str, pods: Sequence[str], country: str, origin: datetime, day: MarketDay
    ) -> Sequence[PodForecast | PlatoneError]:
        rows = await self._sources.meters[party].rows(pods, origin - HISTORY, origin)
        return await self._sources.desk.run(forecast_baselines, rows, pods, country, origin, day)

    async def _taken(
        self,
        party: str,
        pods: Sequence[str],
        made: Sequence[PodForecast | PlatoneError],
        day: MarketDay,
        *,
        submit: bool,
    ) -> list[Submission]:
        """Keep forecasts, submit them as baselines, and return an answer for each PoD."""
        good = [each for each in made if isinstance(each, PodForecast)]
        await self._records.save(party, good)
        refused = [
            refusal(pod, each)
            for pod, each in zip(pods, made, strict=True)
            if isinstance(each, PlatoneError)
        ]
        if not submit:
            accepted = SubmissionStatus.ACCEPTED
            return [*refused, *(Submission(id=each.pod_id, status=accepted) for each in good)]
        series = [
            Series(pod_id=each.pod_id, start_time=day.start, values=list(each.values))
            for each in good
        ]
        return [*refused, *await self._portfolio.accept_baselines(party, series)]
