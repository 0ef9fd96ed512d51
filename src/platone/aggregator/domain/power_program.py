"""Linear programs over the powers of assets: columns, bounds, and the best solution.

What plans and dispatch have in common: how much an asset can give for sure, what it costs, and that
what a load puts off comes back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array

from platone.aggregator.domain.problem import PlanFailed
from platone.aggregator.domain.site import FlexibleSite, Floats
from platone.kernel.market_time import QUARTERS_AN_HOUR
from platone.messages.asset import Asset

LONGEST_S = 10.0
"""Longest time of one point of delivery's program, s: usual ones take milliseconds."""
_RETURN_COST = 1e-9
"""Cost of what comes back, EUR/kWh: no more comes back than was put off."""
_LEAST_COST = 1e-10
"""Least difference of costs that the solver heeds, EUR/kWh: HiGHS allows no less, and heeds
1e-7 where it is told nothing, which is more than what comes back costs."""
_WATT = 1000.0
"""Powers are whole watts, rounded down: steps in a kW."""
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


@dataclass(slots=True)
class PowerProgram:
    """A linear program as it is written down: rows of sparse bounds on columns of powers, kW."""

    most: list[float] = field(default_factory=list)
    gain: list[float] = field(default_factory=list)
    shares: dict[int, PlannedShare] = field(default_factory=dict)
    returns: dict[int, int] = field(default_factory=dict)
    most_kwh: dict[int, float] = field(default_factory=dict)
    rows: list[tuple[dict[int, float], float]] = field(default_factory=list)

    def column(self, most: float, gain: float) -> int:
        """Add a power from 0 to a most, and return its place."""
        self.most.append(most)
        self.gain.append(gain)
        return len(self.most) - 1

    def bound(self, parts: dict[int, float], most: float) -> None:
        """Let the sum of some powers, each times its factor, stay below a bound."""
        self.rows.append((parts, max(most, 0.0)))

    def equal(self, parts: dict[int, float], value: float) -> None:
        """Let the sum of some powers be a value."""
        self.rows.append((parts, value))
        self.rows.append(({column: -factor for column, factor in parts.items()}, -value))

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


def most_kw(site: FlexibleSite, asset: Asset, place: int, *, more: bool) -> float:
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


def bound_loads(program: PowerProgram, site: FlexibleSite) -> None:
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
        program.bound(energy, load.most_kwh - site.put_off_kwh)
    for later, parts in back_at.items():
        program.bound(parts, float(site.more_kw[later]))


def solved(program: PowerProgram, pod_id: str) -> SitePlan:
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
        options={"time_limit": LONGEST_S, "dual_feasibility_tolerance": _LEAST_COST},
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
