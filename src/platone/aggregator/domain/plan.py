"""A plan of what assets can offer together, whatever part of it is taken: a linear program.

The market may take any part of any quarter-hour, and nothing of its neighbours. So batteries are
planned by their two extremes: the charge if all that raises it is taken and nothing else, and the
charge if all that lowers it is. Between these lies every other acceptance::

    full  ───────────────────────────  ≥ charge + all that is offered to consume more
    now   ─────────────┬─────────────
    kept  ───────────────────────────  ≤ charge - all that is offered to consume less

A load that is put off is made up for within its longest shift, in quarter-hours that are not
offered, each kWh in fixed places: half of it taken, half of it comes back there.
"""

from collections.abc import Sequence

import numpy as np

from platone.aggregator.domain.power_program import (
    PlannedShare,
    PowerProgram,
    SitePlan,
    bound_loads,
    cost_of,
    most_kw,
    solved,
)
from platone.aggregator.domain.problem import PlanFailed
from platone.aggregator.domain.site import FlexibleSite
from platone.kernel.market_time import QUARTERS_AN_HOUR
from platone.messages.asset import Asset, Battery

_EVEN_SHARE = 1e-2
"""Weight of the greatest offered power, in parts of the least gain: of plans that are worth the
same, the even one is taken, and no plan that is worth less."""
_LEAST_GAIN = 1e-6
"""Gain of what is sold at its cost, EUR/kWh: it is offered, too."""


def plan_sites(sites: Sequence[FlexibleSite], *, linked: bool) -> list["SitePlan | PlanFailed"]:
    """Return the plan of each point of delivery, or why it has none."""
    found: list[SitePlan | PlanFailed] = []
    for site in sites:
        try:
            found.append(plan_site(site, linked=linked))
        except PlanFailed as failed:
            found.append(failed)
    return found


def plan_site(site: FlexibleSite, *, linked: bool = False) -> SitePlan:
    """Return the offered power of each asset, so that every part of it can be delivered.

    Args:
        site: The point of delivery.
        linked: Whether the market takes bounds of energy: then what a battery alone offers to a
            side is bounded by its energy, and none of it is reserved for each quarter-hour.

    Raises:
        PlanFailed: No plan was found in time.
    """
    program = PowerProgram()
    for asset in site.assets:
        for place in np.flatnonzero(site.side).tolist():
            _add_share(program, site, asset, place)
    _bound_contract(program, site)
    for asset in site.assets:
        if asset.battery is not None:
            _bound_battery(program, site, asset, asset.battery, linked=linked)
    bound_loads(program, site)
    return solved(program, site.pod_id)


def _add_share(program: PowerProgram, site: FlexibleSite, asset: Asset, place: int) -> None:
    """Add what an asset can give in a quarter-hour, where it gives anything for the price."""
    more = site.side[place] > 0
    most, cost = most_kw(site, asset, place, more=more), cost_of(asset)
    if most > 0 and site.price[place] >= cost:
        column = program.column(most, max(float(site.price[place]) - cost, _LEAST_GAIN))
        program.shares[column] = PlannedShare(place, asset, most, cost)


def _bound_contract(program: PowerProgram, site: FlexibleSite) -> None:
    """Keep to the contract, to what is fed in or drawn, and make the greatest power small."""
    highest_kw = float(max(site.more_kw.max(), site.less_kw.max()))
    peak = program.column(highest_kw, -_EVEN_SHARE * min(program.gain, default=0.0))
    for place, columns in program.by_place().items():
        limit_kw = site.more_kw[place] if site.side[place] > 0 else site.less_kw[place]
        program.bound(dict.fromkeys(columns, 1.0), float(limit_kw))
        program.bound(dict.fromkeys(columns, 1.0) | {peak: -1.0}, 0.0)
    metered = [each for each in site.assets if each.battery is None]
    for place, columns in program.by_place(metered).items():
        program.bound(dict.fromkeys(columns, 1.0), abs(float(site.day_kw[place])))


def _bound_battery(
    program: PowerProgram, site: FlexibleSite, asset: Asset, battery: Battery, *, linked: bool
) -> None:
    """Keep a battery between empty and full, if only what raises it is taken or what lowers it."""
    by_place = program.by_place([asset])
    one_way = battery.efficiency**0.5
    held_kwh = battery.state_of_charge * battery.capacity_kwh
    room_kwh = battery.capacity_kwh - held_kwh
    usable_kwh = held_kwh - site.kept_share * battery.capacity_kwh
    for row, side, factor, bound_kwh in (
        (0, 1, one_way, room_kwh),
        (1, -1, 1 / one_way, usable_kwh),
    ):
        places = np.flatnonzero(site.side == side).tolist()
        columns = [column for place in places for column in by_place.get(place, ())]
        left_kwh = max(bound_kwh - factor * site.sold_kwh[row], 0.0)
        alone = all(
            share.asset is asset for share in program.shares.values() if share.place in places
        )
        if linked and alone and columns and left_kwh > 0:
            program.most_kwh[side] = left_kwh / factor
        elif columns:  # at the end most is moved: earlier bounds follow from the last
            program.bound(dict.fromkeys(columns, factor / QUARTERS_AN_HOUR), left_kwh)
