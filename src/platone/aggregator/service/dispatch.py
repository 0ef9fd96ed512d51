"""Dispatch of what was sold: shared among assets, watched by measurements, told where it fails."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from msgspec import structs

from platone.aggregator.domain.delivery import (
    Ordered,
    alarms_of,
    dispatched_quarters,
    measured_kw,
    orders_of,
    shares_by_start,
)
from platone.aggregator.domain.dispatch import SiteDispatch, dispatch_sites
from platone.aggregator.domain.portfolio_offer import trades_by_pod
from platone.aggregator.domain.problem import PlanFailed, UnknownTenant
from platone.aggregator.domain.site import (
    STALEST,
    EarlierTrade,
    Elsewhere,
    FlexibleSite,
    flexible_site,
    usable_assets,
)
from platone.aggregator.records.alarm import AlarmRecords
from platone.aggregator.records.seen import Seen
from platone.aggregator.service.forecast import ForecastSources
from platone.aggregator.service.plan import LONGEST_SESSION, PlanRooms
from platone.infra.listing import Key, Listed, Part, each_of, part_of
from platone.kernel.market_time import QUARTER_HOUR, MarketDay
from platone.kernel.session_window import SessionWindow
from platone.messages.asset import Asset
from platone.messages.delivery import DeliveryAlarm, PodDispatch
from platone.messages.plan import AskedQuarter, AssetShare, Side

_log = logging.getLogger(__name__)
_WATCH_S = 60.0
"""Pause between two looks at deliveries, s: measurements come each quarter of an hour."""
_LATE = timedelta(hours=2)
"""How late a measurement may come to be looked at, across midnight too: devices send again soon."""
_PODS_AT_ONCE = 100
"""PoDs of one call and one calculation: an address of some kB, and a second."""
_PODS_IN_TURN = 1000
"""PoDs whose deliveries are looked at in turn: what was sold is read anew for so many."""
_Told = Mapping[datetime, tuple[tuple[AssetShare, ...], float]]


@dataclass(frozen=True, slots=True)
class _Sold:
    """A market day's sales of a party.

    Attributes:
        day: The market day.
        now: The current instant.
        orders: What was ordered, by PoD and quarter-hour.
        trades: What was sold in all sessions since the oldest state of an asset that counts.
    """

    day: MarketDay
    now: datetime
    orders: Mapping[str, Mapping[datetime, Ordered]]
    trades: Mapping[str, Sequence[EarlierTrade]]


class DispatchService:
    """Shares what was sold among assets, and watches what is delivered.

    Args:
        rooms: The records of portfolios.
        alarms: The alarms that are stored.
        sources: Measurements, calculations, clock and zone.
    """

    def __init__(self, rooms: PlanRooms, alarms: AlarmRecords, sources: ForecastSources) -> None:
        self._rooms = rooms
        self._alarms = alarms
        self._sources = sources

    async def dispatch(self, party: str, day: MarketDay, part: Part) -> Listed[PodDispatch]:
        """Return the dispatch of a party's assets on a market day, and what was delivered, by PoD.

        Raises:
            UnknownTenant: The party is not served here.
            PartnerUnavailable: The customer database does not answer.
            CalculationQueueFull: Too many calculations wait.
        """
        if party not in self._sources.meters:
            raise UnknownTenant(f"{party} is not served here.", partyId=party)
        sold = await self._sold(party, day)
        chosen = part_of(sold.orders, _place_of, part, (str,))
        pods, found = chosen.items, list[PodDispatch]()
        for first in range(0, len(pods), _PODS_AT_ONCE):
            some = pods[first : first + _PODS_AT_ONCE]
            measured = await self._measured(party, some, sold)
            shares = await self._shares(party, some, sold)
            for pod in some:
                quarters = dispatched_quarters(
                    sold.orders[pod], day, sold.now, measured.get(pod, {}), shares.get(pod, {})
                )
                found.append(PodDispatch(pod_id=pod, day=day.on, quarters=tuple(quarters)))
        return Listed(found, chosen.next)

    async def alarms(self, seen: Seen, part: Part) -> Listed[DeliveryAlarm]:
        """Return alarms that a reader sees, the newest first."""
        return await self._alarms.newest(seen, part)

    async def watch(self) -> None:
        """Look at the deliveries of these hours once, note alarms, and wait before the next look.

        Raises:
            PartnerUnavailable: The customer database does not answer.
        """
        now, zone = self._sources.clock.now(), self._sources.zone
        days = dict.fromkeys(MarketDay.holding(at, zone) for at in (now - _LATE, now))
        for party in self._sources.meters:
            for day in days:
                await self._note(party, day, now)
        await asyncio.sleep(_WATCH_S)

    async def _note(self, party: str, day: MarketDay, now: datetime) -> None:
        """Keep the alarms of a day that are new, and log them."""
        dispatched = each_of(partial(self.dispatch, party, day), _PODS_IN_TURN)
        found = [
            alarm
            async for each in dispatched
            for alarm in alarms_of(each.pod_id, day, each.quarters, now)
        ]
        for new in await self._alarms.add(party, found):
            at = new.start_time.isoformat()
            kw = f"{new.missing_kw:g} kW of {new.ordered_kw:g} kW"
            _log.warning("%s at %s %s: %s", new.pod_id, at, new.kind.value, kw)

    async def _sold(self, party: str, day: MarketDay) -> _Sold:
        zone = self._sources.zone
        since = day.start - STALEST - LONGEST_SESSION
        outcomes = await self._rooms.trades.outcomes(party, since)
        of_day = [each for each in outcomes if MarketDay.holding(each.start_time, zone) == day]
        return _Sold(
            day,
            self._sources.clock.now(),
            orders_of(of_day, party, zone),
            trades_by_pod(outcomes, party, zone),
        )

    async def _measured(
        self, party: str, pods: Sequence[str], sold: _Sold
    ) -> dict[str, dict[datetime, float]]:
        """Return the measured power of the sold quarter-hours that are over, kW."""
        starts = [start for pod in pods for start in sold.orders[pod]]
        over = [start for start in starts if start + QUARTER_HOUR <= sold.now]
        if not over:
            return {}
        source = self._sources.meters[party]
        rows = await source.rows(pods, min(over), max(over) + QUARTER_HOUR)
        found: dict[str, dict[datetime, float]] = {}
        for (pod, start), power_kw in measured_kw(rows).items():
            found.setdefault(pod, {})[start] = power_kw
        return found

    async def _shares(self, party: str, pods: Sequence[str], sold: _Sold) -> dict[str, _Told]:
        """Return the assets' shares of what is to come, by PoD with assets."""
        window = _rest(sold)
        if window is None:
            return {}
        sites = await self._sites(party, pods, sold, window)
        changes = [_changes(site, sold) for site in sites]
        found = await self._sources.desk.run(
            dispatch_sites,
            sites,
            [{place: abs(kw) for place, kw in each.items()} for each in changes],
        )
        return {
            site.pod_id: _told(site, each, sold.day, change)
            for site, each, change in zip(sites, found, changes, strict=True)
        }

    async def _sites(
        self, party: str, pods: Sequence[str], sold: _Sold, window: SessionWindow
    ) -> list[FlexibleSite]:
        """Return the PoDs with assets and sales to come, as a dispatch sees them."""
        rooms = self._rooms
        assets: dict[str, list[Asset]] = {}
        for asset in await rooms.assets.of(party):
            assets.setdefault(asset.pod_id, []).append(asset)
        baselines = await rooms.portfolio.baselines(party, sold.day.start)
        said = await rooms.preferences.of_day(sold.day.on, pods)
        wanted = set(pods) & assets.keys() & baselines.keys()
        found: list[FlexibleSite] = []
        for item in await rooms.portfolio.pods(party):
            pod = item.pod.pod_id
            asked = _asked(sold, pod, window)
            if pod not in wanted or not asked:
                continue
            wish = said.get(pod)  # what is sold is delivered; what the customer keeps is kept
            before = [each for each in sold.trades.get(pod, ()) if each.start < window.start]
            found.append(
                flexible_site(
                    item,
                    usable_assets(assets[pod], window),
                    baselines[pod].values,
                    window,
                    asked,
                    preference=wish and structs.replace(wish, available=True, hours=()),
                    elsewhere=Elsewhere(before),
                )
            )
        return found


def _place_of(pod_id: str) -> Key:
    return (pod_id,)


def _rest(sold: _Sold) -> SessionWindow | None:
    """Return the rest of a market day; None where it is over."""
    passed = max((sold.now - sold.day.start) // QUARTER_HOUR, 0)
    if passed >= sold.day.quarter_hours:
        return None
    return SessionWindow(sold.day, sold.day.instant(passed), sold.day.end)


def _asked(sold: _Sold, pod: str, window: SessionWindow) -> list[AskedQuarter]:
    """Return the sold quarter-hours to come; all assets count, whatever they cost."""
    return [
        AskedQuarter(
            index=sold.day.index(start),
            direction=Side.MORE if order.change_kw > 0 else Side.LESS,
            price_eur_per_kwh=0.0,
        )
        for start, order in sold.orders[pod].items()
        if start >= window.start and order.change_kw
    ]


def _changes(site: FlexibleSite, sold: _Sold) -> dict[int, float]:
    """Return the sold changes of quarter-hours to come, by place from the site's first."""
    return {
        sold.day.index(start) - site.first: order.change_kw
        for start, order in sold.orders[site.pod_id].items()
        if start >= sold.day.instant(site.first) and order.change_kw
    }


def _told(
    site: FlexibleSite,
    found: SiteDispatch | PlanFailed,
    day: MarketDay,
    changes: Mapping[int, float],
) -> _Told:
    """Return a dispatch by quarter-hour; without one all of it is missing."""
    if isinstance(found, PlanFailed):
        _log.warning("%s", found.detail)
        found = SiteDispatch((), {place: abs(kw) for place, kw in changes.items()})
    return shares_by_start(found, site.first, day, changes)
