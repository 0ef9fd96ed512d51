"""A portfolio's planned offer: what is planned of each point of delivery, as one message."""

from collections.abc import Iterator, Sequence

from platone.aggregator.domain.activation import is_trade
from platone.aggregator.domain.offer import wire_instant
from platone.aggregator.domain.power_program import PlannedShare, SitePlan
from platone.aggregator.domain.site import EarlierTrade, FlexibleSite
from platone.kernel.market_time import QUARTERS_AN_HOUR, MarketDay
from platone.kernel.session_window import SessionWindow
from platone.messages.asset import Asset
from platone.messages.market import (
    Flexibility,
    FlexibilityService,
    PowerPoint,
    ServiceType,
    SessionReference,
)
from platone.messages.order import OrderTerms
from platone.messages.outcome import ValidatedOutcome
from platone.messages.plan import AssetShare, MostEnergy, PlannedPod, PlannedQuarter

LEAST_KW = 0.1
"""Least change that is offered, kW: that of the market's usual product."""


def portfolio_offer_id(party: str, session: SessionReference) -> str:
    """Return the identifier of a party's planned offer in a session."""
    kind = session.market_type.value
    return f"{party}/portfolio/{kind}/{wire_instant(session.start_time)}"


def planned_pod(site: FlexibleSite, plan: SitePlan) -> PlannedPod:
    """Return the plan of a point of delivery as a message, quarter-hour by quarter-hour."""
    quarters = tuple(_quarters(site, plan))
    bounds = MostEnergy(more=plan.most_kwh.get(1), less=plan.most_kwh.get(-1))
    return PlannedPod(
        pod_id=site.pod_id,
        quarters=quarters,
        most_energy_kwh=bounds if plan.most_kwh else None,
        returns=tuple(site.first + place for place in plan.returns) if quarters else (),
        rebound_kwh=round(_rebound_kwh(site, quarters, bounds), 6),
    )


def _quarters(site: FlexibleSite, plan: SitePlan) -> Iterator[PlannedQuarter]:
    for place in range(site.count):
        shares = [each for each in plan.shares if each.place == place]
        power_kw = round(sum(each.power_kw for each in shares), 3)
        if power_kw < LEAST_KW:
            continue
        side = int(site.side[place])
        yield PlannedQuarter(
            index=site.first + place,
            change_kw=side * power_kw,
            price_eur_per_kwh=max(each.cost for each in shares),
            shares=asset_shares(shares, side),
        )


def asset_shares(shares: Sequence[PlannedShare], side: int) -> tuple[AssetShare, ...]:
    """Return the parts of assets in a quarter-hour as a message tells them, the cheapest first.

    Args:
        shares: The parts.
        side: To which side: 1 more, -1 less.
    """
    return tuple(
        AssetShare(
            asset_id=each.asset.asset_id,
            change_kw=side * each.power_kw,
            cost_eur_per_kwh=each.cost,
        )
        for each in sorted(shares, key=lambda each: (each.cost, each.asset.asset_id))
    )


def _rebound_kwh(
    site: FlexibleSite, quarters: Sequence[PlannedQuarter], bounds: MostEnergy
) -> float:
    """Return the energy that flows the other way later, if all is taken: positive is consumed."""
    by_name = {each.asset_id: each for each in site.assets}
    moved: dict[tuple[str, bool], float] = {}
    for quarter in quarters:
        for share in quarter.shares:
            key = share.asset_id, share.change_kw > 0
            moved[key] = moved.get(key, 0.0) + abs(share.change_kw) / QUARTERS_AN_HOUR
    total = 0.0
    for (name, more), kwh in moved.items():
        most = bounds.more if more else bounds.less
        total += _coming_back_kwh(by_name[name], kwh if most is None else min(kwh, most), more=more)
    return total


def _coming_back_kwh(asset: Asset, kwh: float, *, more: bool) -> float:
    """Return the energy that an asset consumes later for what it moved, kWh; it may be negative."""
    if asset.battery is not None:
        return -kwh * asset.battery.efficiency if more else kwh / asset.battery.efficiency
    return kwh if asset.shiftable_load is not None else 0.0


def portfolio_offer(
    party: str,
    session: SessionReference,
    window: SessionWindow,
    sites: Sequence[FlexibleSite],
    planned: Sequence[PlannedPod],
) -> FlexibilityService:
    """Return the offer of a whole portfolio, an entry for each point of delivery and bound.

    Args:
        party: The aggregator.
        session: The session.
        window: Its quarter-hours.
        sites: The points of delivery that offer something, with their baselines.
        planned: What is planned of each.
    """
    entries = [
        entry for site, pod in zip(sites, planned, strict=True) for entry in _entries(site, pod)
    ]
    return FlexibilityService(
        player_id=party,
        service_type=ServiceType.OFFER,
        player_service_id=portfolio_offer_id(party, session),
        flexibility=entries,
        market_type=session.market_type,
        start_time=session.start_time,
        duration=window.hours,
    )


def _entries(site: FlexibleSite, pod: PlannedPod) -> Iterator[Flexibility]:
    bounds = pod.most_energy_kwh or MostEnergy()
    groups: dict[tuple[float, bool] | None, list[PowerPoint]] = {}
    for quarter in pod.quarters:
        more = quarter.change_kw > 0
        bound = bounds.more if more else bounds.less
        total_kw = float(site.day_kw[quarter.index - site.first]) + quarter.change_kw
        point = PowerPoint(index=quarter.index, p=total_kw, p_price=quarter.price_eur_per_kwh)
        groups.setdefault(None if bound is None else (bound, more), []).append(point)
    for group, points in groups.items():
        terms = None if group is None else OrderTerms(most_energy_kwh=group[0])
        yield Flexibility(pod=[pod.pod_id], power=points, order=terms)


def trades_by_pod(
    outcomes: Sequence[ValidatedOutcome], party: str, zone: str
) -> dict[str, list[EarlierTrade]]:
    """Return the trades that a party sold, by point of delivery."""
    found: dict[str, list[EarlierTrade]] = {}
    for outcome in outcomes:
        day = MarketDay.holding(outcome.start_time, zone)
        for part in outcome.flexibility:
            for trade in part.power:
                change_kw = trade.accepted_p_change  # none of one of reactive power
                if trade.player_offer_id == party and is_trade(trade) and change_kw:
                    kwh = change_kw / QUARTERS_AN_HOUR
                    sold = EarlierTrade(day.instant(trade.index), kwh)
                    found.setdefault(part.pod, []).append(sold)
    return found
