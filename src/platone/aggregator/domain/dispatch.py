"""Dispatch of what was sold: each quarter-hour's change shared among the assets that can give it.

All that was sold is known now, in its order, so that a battery's charge is followed as it will be.
Assets are taken by merit, as far as the rest of the day leaves them able to deliver later sales,
too. Calculated anew with the newest states of the assets, it is the dispatch after a deviation::

    sold ──┐
           ├─► the cheapest shares ──► what each asset is to change
    assets ┘            └────────────► what none of them can give: uncovered
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from platone.aggregator.domain.power_program import (
    PlannedShare,
    PowerProgram,
    bound_loads,
    cost_of,
    most_kw,
    solved,
)
from platone.aggregator.domain.problem import PlanFailed
from platone.aggregator.domain.site import FlexibleSite
from platone.kernel.market_time import QUARTERS_AN_HOUR
from platone.messages.asset import Asset, Battery

_UNCOVERED_EUR_PER_KWH = 1e6
"""Cost of what no asset gives, above all costs of assets: it is the last choice."""
_DUST_KW = 0.002
"""Power below which nothing is missing: shares are rounded to watts."""


@dataclass(frozen=True, slots=True)
class SiteDispatch:
    """A dispatch of a point of delivery's assets.

    Attributes:
        shares: What each asset is to change.
        uncovered_kw: What is missing, by quarter-hour from the first of the site.
    """

    shares: tuple[PlannedShare, ...]
    uncovered_kw: Mapping[int, float]


def dispatch_sites(
    sites: Sequence[FlexibleSite], sold_kw: Sequence[Mapping[int, float]]
) -> list[SiteDispatch | PlanFailed]:
    """Return the dispatch of each point of delivery, or why it has none."""
    found: list[SiteDispatch | PlanFailed] = []
    for site, sold in zip(sites, sold_kw, strict=True):
        try:
            found.append(dispatch_site(site, sold))
        except PlanFailed as failed:
            found.append(failed)
    return found


def dispatch_site(site: FlexibleSite, sold_kw: Mapping[int, float]) -> SiteDispatch:
    """Return the power that each asset of a point of delivery is to change.

    Args:
        site: The point of delivery, whose sides are those of what was sold.
        sold_kw: What was sold, without a sign, by quarter-hour from the first of the site.

    Raises:
        PlanFailed: No dispatch was found in time.
    """
    program = PowerProgram()
    columns: dict[int, list[int]] = {place: [] for place in sold_kw}
    for asset in site.assets:
        for place in sold_kw:
            most = most_kw(site, asset, place, more=bool(site.side[place] > 0))
            if most > 0:
                column = program.column(most, -cost_of(asset))
                program.shares[column] = PlannedShare(place, asset, most, cost_of(asset))
                columns[place].append(column)
    for place, power_kw in sold_kw.items():
        missing = program.column(power_kw, -_UNCOVERED_EUR_PER_KWH)
        program.equal(dict.fromkeys([*columns[place], missing], 1.0), power_kw)
    for asset in site.assets:
        if asset.battery is not None:
            _follow_charge(program, site, asset, asset.battery)
    bound_loads(program, site)
    shares = solved(program, site.pod_id).shares
    given = dict.fromkeys(sold_kw, 0.0)
    for share in shares:
        given[share.place] += share.power_kw
    missing_kw = {place: power_kw - given[place] for place, power_kw in sold_kw.items()}
    uncovered = {place: round(kw, 3) for place, kw in missing_kw.items() if kw > _DUST_KW}
    return SiteDispatch(shares, uncovered)


def _follow_charge(
    program: PowerProgram, site: FlexibleSite, asset: Asset, battery: Battery
) -> None:
    """Keep a battery between its bounds after each quarter-hour; one below them only charges."""
    one_way = battery.efficiency**0.5
    held_kwh = battery.state_of_charge * battery.capacity_kwh
    # what was sold until the site's first quarter-hour: who gave it is not told, so by equal parts
    batteries = sum(each.battery is not None for each in site.assets)
    held_kwh += (one_way * site.sold_kwh[0] - site.sold_kwh[1] / one_way) / batteries
    held_kwh = float(np.clip(held_kwh, 0.0, battery.capacity_kwh))
    least_kwh = min(held_kwh, site.kept_share * battery.capacity_kwh)
    path: dict[int, float] = {}
    by_place = program.by_place([asset])
    for place in sorted(by_place):
        factor = one_way if site.side[place] > 0 else -1 / one_way
        path |= dict.fromkeys(by_place[place], factor / QUARTERS_AN_HOUR)
        program.bound(dict(path), battery.capacity_kwh - held_kwh)
        falling = {column: -each for column, each in path.items()}
        program.bound(falling, held_kwh - least_kwh)
