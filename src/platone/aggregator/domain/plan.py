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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from platone.aggregator.domain.problem import PlanFailed
from platone.aggregator.domain.site import FlexibleSite, Floats
from platone.kernel.market_time import QUARTERS_AN_HOUR
from platone.messages.portfolio import Asset, Battery

LONGEST_S = 10.0
"""Longest time of one point of delivery's program, s: usual ones take milliseconds."""
_EVEN_SHARE = 1e-2
"""Weight of the greatest offered power, in parts of the least gain: of plans that are worth the
same, the even one is taken, and no plan that is worth less."""
_LEAST_GAIN = 1e-6
"""Gain of what is sold at its cost, EUR/kWh: it is offered, too."""
_RETURN_COST = 1e-9
"""Cost of what comes back, EUR/kWh: no more comes back than was put off."""
_WATT = 1000.0
"""Offered powers are whole watts, rounded down: steps in a kW."""
_ROUNDING_KW = 1e-7
"""Error of the solver that is forgiven when a power is rounded down, kW."""


@dataclass(frozen=True, slots=True)
class PlannedShare:
    """The most power that one asset gives in one quarter-hour.

    Attributes:
        place: The quarter-hour, counted from the session's first.
        asset: The asset.
        power_kw: Most that it changes, without a sign.
        cost: What that costs, EUR/kWh.
    """

    place: int
    asset: Asset
    power_kw: float
    cost: float


@dataclass(frozen=True, slots=True)
class SitePlan:
    """A plan of a point of delivery's assets in a session.

    Attributes:
        shares: What each asset offers.
        returns: Quarter-hours, from the session's first, in which what is put off comes back.
        most_kwh: Bounds of energy that are told to the market, by side: 1 more, -1 less.
    """

    shares: tuple[PlannedShare, ...] = ()
    returns: tuple[int, ...] = ()
    most_kwh: Mapping[int, float] = field(default_factory=dict)


def plan_sites(sites: Sequence[FlexibleSite], *, linked: bool) -> list["SitePlan | PlanFailed"]:
    """Return the plan of each point of delivery, or why it has none."""
    found: list[SitePlan | PlanFailed] = []
    for site in sites:
        try:
            found.append(plan_site(site, linked=linked))
        except PlanFailed as failed:
            found.append(failed)
    return found


@dataclass(slots=True)
class _Program:
    """A linear program as it is written down: rows of sparse bounds on columns of powers, kW."""

    most: list[float] = field(default_factory=list)
    gain: list[float] = field(default_factory=list)
    shares: dict[int, PlannedShare] = field(default_factory=dict)
    returns: dict[int, int] = field(default_factory=dict)
    most_kwh: dict[int, float] = field(default_factory=dict)
    rows: list[tuple[dict[int, float], float]] = field(default_factory=list)

    def column(self, most: float, gain: float = 0.0) -> int:
        """Add a power from 0 to a most, and return its place."""
        self.most.append(most)
        self.gain.append(gain)
        return len(self.most) - 1

    def bound(self, parts: dict[int, float], most: float) -> None:
        """Let the sum of some powers, each times its factor, stay below a bound."""
        self.rows.append((parts, max(most, 0.0)))

    def by_place(self, assets: Sequence[Asset] | None = None) -> dict[int, list[int]]:
        """Return the columns of shares by quarter-hour; of some assets, or of all."""
        found: dict[int, list[int]] = {}
        for column, share in self.shares.items():
            if assets is None or share.asset in assets:
                found.setdefault(share.place, []).append(column)
        return found


def cost_of(asset: Asset) -> float:
    """Return the cost of a kWh of an asset's flexibility, EUR."""
    if asset.battery is not None:
        return asset.battery.wear_eur_per_kwh
    if asset.plant is not None:
        return asset.plant.curtailment_eur_per_kwh
    return 0.0 if asset.shiftable_load is None else asset.shiftable_load.comfort_eur_per_kwh


def plan_site(site: FlexibleSite, *, linked: bool = False) -> SitePlan:
    """Return the offered power of each asset, so that every part of it can be delivered.

    Args:
        site: The point of delivery.
        linked: Whether the market takes bounds of energy: then what a battery alone offers to a
            side is bounded by its energy, and none of it is reserved for each quarter-hour.

    Raises:
        PlanFailed: No plan was found in time.
    """
    program = _Program()
    for asset in site.assets:
        for place in np.flatnonzero(site.side).tolist():
            _add_share(program, site, asset, place)
    _bound_contract(program, site)
    for asset in site.assets:
        if asset.battery is not None:
            _bound_battery(program, site, asset, asset.battery, linked=linked)
    _bound_loads(program, site)
    return _solved(program, site.pod_id)


def _add_share(program: _Program, site: FlexibleSite, asset: Asset, place: int) -> None:
    """Add what an asset can give in a quarter-hour, where it gives anything for the price."""
    more = site.side[place] > 0
    most, cost = _most_kw(site, asset, place, more=more), cost_of(asset)
    if most > 0 and site.price[place] >= cost:
        column = program.column(most, max(float(site.price[place]) - cost, _LEAST_GAIN))
        program.shares[column] = PlannedShare(place, asset, most, cost)


def _most_kw(site: FlexibleSite, asset: Asset, place: int, *, more: bool) -> float:
    """Return the most power of an asset: what the meter shows for sure is all that counts.

    A plant gives at least what is fed in, a load takes at most what is drawn.
    """
    drawn_kw = float(site.day_kw[place])
    if asset.battery is not None:
        return asset.battery.charge_kw if more else asset.battery.discharge_kw
    if asset.plant is not None and more:
        return min(asset.plant.peak_kw, max(-drawn_kw, 0.0)) * asset.plant.curtailable_share
    if asset.shiftable_load is not None and not more:
        return min(asset.shiftable_load.power_kw, max(drawn_kw, 0.0))
    return 0.0


def _bound_contract(program: _Program, site: FlexibleSite) -> None:
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
    program: _Program, site: FlexibleSite, asset: Asset, battery: Battery, *, linked: bool
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


def _bound_loads(program: _Program, site: FlexibleSite) -> None:
    """Let what loads put off come back later, where nothing is offered and the contract allows."""
    back_at: dict[int, dict[int, float]] = {}
    for asset in site.assets:
        load = asset.shiftable_load
        if load is None:
            continue
        own: dict[int, dict[int, float]] = {}
        columns = [column for each in program.by_place([asset]).values() for column in each]
        for column in columns:
            place = program.shares[column].place
            last = min(place + load.longest_shift, len(site.day_kw) - 1)
            returns: dict[int, float] = {}
            for later in range(place + 1, last + 1):
                if site.free[later]:
                    back = program.column(load.power_kw, -_RETURN_COST)
                    program.returns[back] = later
                    returns[back] = -1.0
                    own.setdefault(later, {})[back] = 1.0
                    back_at.setdefault(later, {})[back] = 1.0
            program.bound({column: 1.0} | returns, 0.0)
        for parts in own.values():
            program.bound(parts, load.power_kw)
        energy = dict.fromkeys(columns, 1 / QUARTERS_AN_HOUR)
        program.bound(energy, load.most_kwh)
    for later, parts in back_at.items():
        program.bound(parts, float(site.more_kw[later]))


def _solved(program: _Program, pod_id: str) -> SitePlan:
    """Return the best plan, in whole watts.

    Raises:
        PlanFailed: There was none in time.
    """
    if not program.shares:
        return SitePlan()
    places = [(row, column) for row, (parts, _) in enumerate(program.rows) for column in parts]
    factors = [factor for parts, _ in program.rows for factor in parts.values()]
    matrix = csr_array(
        (factors, tuple(zip(*places, strict=True))),
        shape=(len(program.rows), len(program.most)),
    )
    found = linprog(
        -np.array(program.gain),
        A_ub=matrix,
        b_ub=[most for _, most in program.rows],
        bounds=[(0.0, most) for most in program.most],
        method="highs",
        options={"time_limit": LONGEST_S},
    )
    if found.status != 0:
        raise PlanFailed(f"{pod_id}: no plan was found: {found.message}", podId=pod_id)
    powers: Floats = np.floor((found.x + _ROUNDING_KW) * _WATT) / _WATT
    shares = tuple(
        replace(share, power_kw=float(powers[column]))
        for column, share in program.shares.items()
        if powers[column] > 0
    )
    returns = {place for column, place in program.returns.items() if found.x[column] > _ROUNDING_KW}
    return SitePlan(shares, tuple(sorted(returns)), program.most_kwh if shares else {})
