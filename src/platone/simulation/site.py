"""The network of a simulation: loads scaled to what it bears, and points of delivery in it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from platone.grid.array import Floats
from platone.grid.flow.limit import Limits
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.branch import Winding
from platone.grid.network.check import check
from platone.grid.network.element import Bus, ConnectionPoint, Load, Remark
from platone.grid.network.model import Network
from platone.grid.network.topology import pod_pom
from platone.grid.problem.calculation import PowerFlowDiverged
from platone.grid.profile.day_grid import market_places
from platone.grid.run.grid_work import GridWork
from platone.kernel.market_time import MarketDay
from platone.simulation.portfolio import SimulatedPod, SimulatedPortfolio
from platone.simulation.problem import ScenarioInvalid
from platone.simulation.shape import consumption

HOME_SHARE = 0.75
"""Part of a load that is households, where the network does not say how it runs: our choice."""
_STEPS = 24
"""Halvings of the search for the loads' scale: to a ten-millionth."""
_LEAST_SCALE, _MOST_SCALE = 1e-2, 1e2
"""Bounds of the loads' scale: a network that needs more is not the one that is meant."""


@dataclass(frozen=True, slots=True, eq=False)
class SimulationSite:
    """A network with the points of delivery of a simulation.

    Attributes:
        network: The network; its connection points are the points of delivery.
        planned: The same with the limits that the DSO plans with: a margin below the real ones.
        limits: The real limits.
        pods: The points of delivery, in the network's order.
        poms: The point of measurement of each.
        scale: What all its loads were multiplied by.
        remarks: What was noticed.
    """

    network: Network
    planned: Network
    limits: Limits
    pods: tuple[SimulatedPod, ...]
    poms: dict[str, str]
    scale: float
    remarks: tuple[Remark, ...]


def place_pods(network: Network, portfolio: SimulatedPortfolio) -> Network:
    """Return a network in which points of delivery take their peaks out of the loads at their bus.

    Raises:
        ScenarioInvalid: A point of delivery stands twice, or at no bus or profile of the network.
    """
    taken_kw: dict[str, float] = defaultdict(float)
    profiles = {each.id for each in network.profiles}
    seen: set[str] = {each.id for each in network.loads}
    for pod in portfolio.pods:
        if pod.pod_id in seen:
            raise ScenarioInvalid(f"{pod.pod_id} stands twice.", podId=pod.pod_id)
        if pod.bus not in network.bus_position:
            raise ScenarioInvalid(f"{pod.pod_id} is at no bus {pod.bus}.", podId=pod.pod_id)
        if pod.profile is not None and pod.profile not in profiles:
            raise ScenarioInvalid(f"{pod.pod_id}: no profile {pod.profile}.", podId=pod.pod_id)
        seen.add(pod.pod_id)
        taken_kw[pod.bus] += pod.peak_kw
    drawn_kw: dict[str, float] = defaultdict(float)
    for load in _drawing(network):
        drawn_kw[load.bus] += load.p_kw
    left = {bus: max(1 - taken_kw[bus] / kw, 0.0) for bus, kw in drawn_kw.items()}
    return check(
        replace(
            network,
            loads=tuple(
                _scaled(load, left[load.bus]) if load.closed and load.p_kw > 0 else load
                for load in network.loads
            ),
            connection_points=tuple(
                ConnectionPoint(pod_id=pod.pod_id, bus=pod.bus) for pod in portfolio.pods
            ),
        )
    )


def make_site(
    network: Network, portfolio: SimulatedPortfolio, scale: float, margin: float
) -> SimulationSite:
    """Return the site of a simulation; raises as `place_pods`.

    Args:
        network: The network; its loads are scaled already.
        portfolio: The points of delivery.
        scale: What all its loads were multiplied by.
        margin: Part of each limit that the DSO keeps free when it plans.
    """
    placed = place_pods(network, portfolio)
    limits = Limits(placed)
    watched = np.isfinite([*limits.from_a, *limits.max_pu, *limits.min_pu]).any()
    remarks = () if watched else (Remark(network.id, "has no limit at all: nothing can congest"),)
    planned = _with_margin(placed, margin)
    return SimulationSite(placed, planned, limits, portfolio.pods, pod_pom(placed), scale, remarks)


def _with_margin(network: Network, margin: float) -> Network:
    """Return a network whose currents and voltages keep a margin from its limits."""
    part = 1 - margin

    def less(limit: float | None) -> float | None:
        return None if limit is None else limit * part

    def winding(given: Winding) -> Winding:
        return replace(given, limit_percent=less(given.limit_percent))

    return replace(
        network,
        lines=tuple(replace(each, limit_a=less(each.limit_a)) for each in network.lines),
        transformers=tuple(
            replace(each, limit_percent=less(each.limit_percent)) for each in network.transformers
        ),
        three_winding_transformers=tuple(
            replace(
                unit,
                windings=(
                    winding(unit.windings[0]),
                    winding(unit.windings[1]),
                    winding(unit.windings[2]),
                ),
            )
            for unit in network.three_winding_transformers
        ),
        buses=tuple(_narrowed(bus, margin) for bus in network.buses),
    )


def _narrowed(bus: Bus, margin: float) -> Bus:
    """Return a bus whose voltage band is narrower by a part of half its width on both sides."""
    if bus.min_pu is None or bus.max_pu is None:
        return bus
    less = margin * (bus.max_pu - bus.min_pu) / 2
    return replace(bus, min_pu=bus.min_pu + less, max_pu=bus.max_pu - less)


def scale_loads(network: Network, loading: float | None, day: MarketDay) -> tuple[Network, float]:
    """Return a network whose hardest quarter-hour of a day stands at a part of its nearest limit.

    Args:
        network: The network; plants rest meanwhile.
        loading: That part; none: the network stays as it is.
        day: A working day of the season in which most is consumed.

    Returns:
        The network without points of delivery, and what its loads were multiplied by.
    """
    bare = replace(network, connection_points=())
    if loading is None or not _drawing(network):
        return bare, 1.0
    hardest = _hardest_power(bare, day)
    if not _stress(bare, hardest, _LEAST_SCALE) < loading < _stress(bare, hardest, _MOST_SCALE):
        return bare, 1.0
    low, high = np.log(_LEAST_SCALE), np.log(_MOST_SCALE)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _stress(bare, hardest, float(np.exp(middle))) < loading:
            low = middle
        else:
            high = middle
    scale = float(f"{np.exp(low):.6g}")
    loads = tuple(
        _scaled(load, scale) if load.closed and load.p_kw > 0 else load for load in network.loads
    )
    return replace(bare, loads=loads), scale


def load_factors(network: Network, loads: Sequence[Load], day: MarketDay) -> Floats:
    """Return the part of its peak that each load takes, shape (quarter-hours, loads)."""
    home, work = consumption(day)
    mixed = HOME_SHARE * home + (1 - HOME_SHARE) * work
    places = market_places(day)
    own = {each.id: np.array(each.factors)[places] for each in network.profiles}
    columns = [mixed if load.profile is None else own[load.profile] for load in loads]
    return np.stack(columns, axis=1) if columns else np.zeros((len(places), 0))


def _drawing(network: Network) -> list[Load]:
    return [each for each in network.loads if each.closed and each.p_kw > 0]


def _scaled(load: Load, factor: float) -> Load:
    return replace(
        load,
        p_kw=load.p_kw * factor,
        q_kvar=load.q_kvar * factor,
        phase_kw=None,
        phase_kvar=None,
    )


def _hardest_power(network: Network, day: MarketDay) -> ConsumerPower:
    loads = network.loads
    factors = load_factors(network, loads, day)[::2]
    draws = np.array([float(load.closed and load.p_kw > 0) for load in loads])
    p_kw, q_kvar = ([getattr(load, name) for load in loads] for name in ("p_kw", "q_kvar"))
    return ConsumerPower(factors * p_kw * draws, factors * q_kvar * draws)


def _stress(network: Network, power: ConsumerPower, scale: float) -> float:
    """Return how near the loads bring the network to its nearest limit: 1 is at it."""
    try:
        flow = GridWork().power_flow(
            network, ConsumerPower(power.p_kw * scale, power.q_kvar * scale)
        )
    except PowerFlowDiverged:
        return float(np.inf)
    return 1 + float(Limits(network).excess(flow).max())
