"""Offers planned over a portfolio's assets, and sent as one message."""

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from platone.aggregator.domain.offer import baseline_missing, renewed
from platone.aggregator.domain.plan import plan_sites
from platone.aggregator.domain.portfolio_offer import (
    planned_pod,
    portfolio_offer,
    portfolio_offer_id,
    trades_by_pod,
)
from platone.aggregator.domain.power_program import SitePlan
from platone.aggregator.domain.problem import PlanFailed
from platone.aggregator.domain.reservation import decided
from platone.aggregator.domain.site import (
    NOWHERE,
    STALEST,
    EarlierTrade,
    Elsewhere,
    FlexibleSite,
    flexible_site,
    usable_assets,
)
from platone.aggregator.domain.window import window_of
from platone.aggregator.records.asset import AssetRecords
from platone.aggregator.records.plan import PlanRecords
from platone.aggregator.records.portfolio import PortfolioRecords
from platone.aggregator.records.preference import PreferenceRecords
from platone.aggregator.records.trade import TradeRecords
from platone.aggregator.service.portfolio import DELETED
from platone.aggregator.service.trade import TradeService
from platone.infra.calculation.desk import CalculationDesk
from platone.infra.http.problem import problem_of
from platone.kernel.errors import PlatoneError
from platone.kernel.market_time import QUARTERS_AN_HOUR, MarketDay
from platone.kernel.session_window import SessionWindow
from platone.messages.asset import Asset
from platone.messages.base import Submission, SubmissionStatus
from platone.messages.market import FlexibilityService, MarketSession, SessionReference
from platone.messages.plan import OfferPlan, PlannedPod, PlannedQuarter, PlanOrder
from platone.messages.registry import PortfolioPod

_log = logging.getLogger(__name__)
_SITES_AT_ONCE = 100
"""Points of delivery of one calculation: some seconds at most, then others have a turn."""
LONGEST_SESSION = timedelta(hours=25)
"""Longest delivery of a session: a trade begins at most so long after its session."""


@dataclass(frozen=True, slots=True)
class PlanRooms:
    """The records that plans are made of, and kept in.

    Attributes:
        portfolio: The portfolios.
        assets: Their assets.
        preferences: What customers said for market days.
        trades: What was offered and sold.
        plans: The plans that were sent.
    """

    portfolio: PortfolioRecords
    assets: AssetRecords
    preferences: PreferenceRecords
    trades: TradeRecords
    plans: PlanRecords


class PlanService:
    """Plans what assets offer together in a session, and sends it.

    Args:
        rooms: The records.
        trade: Knows the market of each party.
        desk: Calculates.
        zone: IANA name of the market's zone.
    """

    def __init__(
        self, rooms: PlanRooms, trade: TradeService, desk: CalculationDesk, zone: str
    ) -> None:
        self._rooms = rooms
        self._trade = trade
        self._desk = desk
        self._zone = zone
        self._turns: dict[str, asyncio.Lock] = {}

    async def plan(self, party: str, order: PlanOrder) -> OfferPlan:
        """Plan the offer of all PoDs with assets in a session, and send it unless asked not to.

        A later plan of the same session replaces what an earlier one offered.

        Raises:
            UnknownTenant: The party is not served here.
            SessionStartInvalid: No session of the kind starts then.
            PartnerUnavailable: The market does not answer.
            CalculationQueueFull: Too many calculations wait.
        """
        self._trade.market(party)
        async with self._turns.setdefault(party, asyncio.Lock()):  # else both might sell the same
            return await self._plan(party, order)

    async def _plan(self, party: str, order: PlanOrder) -> OfferPlan:
        session = SessionReference(market_type=order.market_type, start_time=order.start_time)
        window = window_of(session, self._zone)
        sites, failed = await self._sites(party, order, session, window)
        plans = await self._planned(sites, linked=order.linked_orders)
        pods = [_told(site, plan) for site, plan in zip(sites, plans, strict=True)]
        everything = sorted([*pods, *failed], key=lambda each: each.pod_id)
        chosen = [(site, pod) for site, pod in zip(sites, pods, strict=True) if pod.quarters]
        if not order.send:
            return OfferPlan(pods=everything)
        if not chosen:
            return OfferPlan(pods=everything, submission=await self._withdrawn(party, session))
        told_sites, told = zip(*chosen, strict=True)
        offer = portfolio_offer(party, session, window, told_sites, told)
        return OfferPlan(pods=everything, submission=await self._sent(party, session, offer, told))

    async def _sent(
        self,
        party: str,
        session: SessionReference,
        offer: FlexibilityService,
        told: Sequence[PlannedPod],
    ) -> Submission:
        """Send an offer; what the market may have taken is never offered twice.

        Raises:
            PartnerUnavailable: The market does not answer.
        """
        plans, trades = self._rooms.plans, self._rooms.trades
        earlier = await plans.of(party, session)
        before = await trades.offer(party, offer.player_service_id)
        # what was withdrawn or refused is another version, too
        offer = renewed(offer, before, is_other=not earlier)
        await plans.save(party, session, told)
        await trades.save_offer(party, offer, _unanswered(offer))
        answer = await self._trade.market(party).offer(offer)
        await trades.save_offer(party, offer, answer)
        if answer.status is SubmissionStatus.REFUSED:
            await plans.save(party, session, earlier)
        return answer

    async def _withdrawn(self, party: str, session: SessionReference) -> Submission | None:
        """Withdraw what an earlier plan offered, if it offered anything."""
        identifier = portfolio_offer_id(party, session)
        if not await self._rooms.plans.of(party, session):
            return None
        answer = await self._trade.market(party).withdraw(identifier)
        if answer.status is not SubmissionStatus.REFUSED:
            await self._rooms.plans.save(party, session, [])
        return answer

    async def _planned(
        self, sites: Sequence[FlexibleSite], *, linked: bool
    ) -> list[SitePlan | PlanFailed]:
        found: list[SitePlan | PlanFailed] = []
        calculate = partial(plan_sites, linked=linked)
        for first in range(0, len(sites), _SITES_AT_ONCE):
            found += await self._desk.run(calculate, sites[first : first + _SITES_AT_ONCE])
        return found

    async def _sites(
        self, party: str, order: PlanOrder, session: SessionReference, window: SessionWindow
    ) -> tuple[list[FlexibleSite], list[PlannedPod]]:
        """Return the PoDs with assets as a plan sees them, and those that cannot be planned."""
        assets: dict[str, list[Asset]] = {}
        for asset in await self._rooms.assets.of(party):
            assets.setdefault(asset.pod_id, []).append(asset)
        items = await self._items(party, assets)
        said = await self._rooms.preferences.of_day(window.day.on, assets)
        baselines = await self._rooms.portfolio.baselines(party, window.day.start)
        elsewhere = await self._elsewhere(party, session, window)
        sites: list[FlexibleSite] = []
        failed: list[PlannedPod] = []
        for item in items:
            pod_id = item.pod.pod_id
            baseline = baselines.get(pod_id)
            if baseline is None:
                problem = problem_of(baseline_missing(pod_id, window))
                failed.append(PlannedPod(pod_id=pod_id, problem=problem))
                continue
            site = flexible_site(
                item,
                usable_assets(assets[pod_id], window),
                baseline.values,
                window,
                order.asked,
                preference=said.get(pod_id),
                elsewhere=elsewhere.get(pod_id, NOWHERE),
            )
            sites.append(site)
        return sites, failed

    async def _items(self, party: str, pods: Collection[str]) -> list[PortfolioPod]:
        return [
            each
            for each in await self._rooms.portfolio.pods(party)
            if each.pod.pod_id in pods and each.pod.action_type != DELETED
        ]

    async def _elsewhere(
        self, party: str, session: SessionReference, window: SessionWindow
    ) -> Mapping[str, Elsewhere]:
        """Return trades of all sessions, and offers in others that are not decided, by PoD."""
        since = window.start - STALEST - LONGEST_SESSION
        outcomes = await self._rooms.trades.outcomes(party, since)
        trades = trades_by_pod(outcomes, party, self._zone)
        reserved: dict[str, set[int]] = {}
        plans = await self._rooms.plans.since(party, since)
        others = [each for each in plans if each.session != session]
        known = decided(outcomes, await self._sessions(party, since) if others else (), party)
        for sent in others:
            day = MarketDay.holding(sent.session.start_time, self._zone)
            quarters = known.open_quarters(sent.session, sent.pod)
            trades.setdefault(sent.pod.pod_id, []).extend(_offered(quarters, day))
            if day == window.day and known.may_return(sent.session, sent.pod):
                reserved.setdefault(sent.pod.pod_id, set()).update(sent.pod.returns)
        return {
            pod: Elsewhere(trades.get(pod, ()), reserved.get(pod, ()))
            for pod in trades.keys() | reserved.keys()
        }

    async def _sessions(self, party: str, since: datetime) -> Sequence[MarketSession]:
        """Return sessions as they stand at the market; none where it does not answer now.

        What is offered in them then counts as offered still.
        """
        try:
            return await self._trade.market(party).sessions(since)
        except PlatoneError as error:
            _log.info("%s plans without the states of sessions: %s", party, error.detail)
            return ()


def _unanswered(offer: FlexibilityService) -> Submission:
    """Return the note of an offer until the market has answered: it may have taken it."""
    problem = {"title": "The market has not answered yet"}
    return Submission(id=offer.player_service_id, status=SubmissionStatus.REFUSED, problem=problem)


def _offered(quarters: Sequence[PlannedQuarter], day: MarketDay) -> list[EarlierTrade]:
    return [
        EarlierTrade(day.instant(each.index), each.change_kw / QUARTERS_AN_HOUR)
        for each in quarters
    ]


def _told(site: FlexibleSite, plan: SitePlan | PlanFailed) -> PlannedPod:
    if isinstance(plan, PlanFailed):
        return PlannedPod(pod_id=site.pod_id, problem=problem_of(plan))
    return planned_pod(site, plan)
