"""Request and validation on the SimBench network: a day, a year, and how they grow.

Beside the request: pandapower's optimal power flow (`runopp`) of congested quarter-hours.
"""

import resource
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import spmatrix

from benchmarks.harness import Row, median_s
from benchmarks.simbench import NETWORK_FILE, grid, year
from platone.grid.array import Floats
from platone.grid.flexibility.acceptance import Acceptance, Changes, accept
from platone.grid.flexibility.request import FlexibilityNeed, PodFlexibility, size_request
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.limit import Limits
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.branch import Line
from platone.grid.network.check import check
from platone.grid.network.element import Bus, Load, Source
from platone.grid.network.model import Network

_DAY = 96
_YEAR = 365 * _DAY
_CONGESTED = 10
_BRANCHES = 25
_GROWN = 2.0
_SHARE = 1.0
_PEER_SOLVES = 3
_RUNS = 7
_engine = GridModelPowerFlow()


@dataclass(frozen=True)
class _Case:
    """A network with limits that bind, its load, and what is flexible."""

    network: Network
    power: ConsumerPower
    flexible: Sequence[PodFlexibility]

    def request(self) -> FlexibilityNeed:
        return size_request(Limits(self.network), _engine, self.power, self.flexible)

    def of(self, rows: slice, pods: int | None = None) -> "_Case":
        """Some of its quarter-hours and PoDs."""
        power = ConsumerPower(self.power.p_kw[rows], self.power.q_kvar[rows])
        return _Case(self.network, power, self.flexible[:pods])


def _loads(network: Network) -> list[int]:
    return [i for i, each in enumerate(network.consumers) if each.id.startswith("load/")]


def _grown(network: Network) -> ConsumerPower:
    """The year with twice the load, the plants as they are."""
    power = year(network)
    factor = np.ones(len(network.consumers))
    factor[_loads(network)] = _GROWN
    return ConsumerPower(power.p_kw * factor, power.q_kvar * factor)


def _currents(network: Network, power: ConsumerPower) -> Floats:
    """The lines' currents; single precision keeps a year small."""
    lines, size = len(network.lines), 2048
    parts = [
        ConsumerPower(power.p_kw[i : i + size], power.q_kvar[i : i + size])
        for i in range(0, len(power.p_kw), size)
    ]
    flows = (_engine.solve(network, part) for part in parts)
    return np.concatenate(
        [np.maximum(flow.from_a, flow.to_a)[:, :lines].astype(np.float32) for flow in flows]
    )


def _limited(network: Network, limits_a: dict[int, float]) -> Network:
    lines = tuple(
        replace(line, limit_a=limits_a[i]) if i in limits_a else line
        for i, line in enumerate(network.lines)
    )
    return check(replace(network, lines=lines))


def _flexible(network: Network, power: ConsumerPower) -> list[PodFlexibility]:
    """Every load: by its mean, at its power factor of that time."""
    ids = [(network.consumers[i].id, i) for i in _loads(network)]
    mean = power.p_kw.mean(axis=0)
    tan = power.q_kvar.mean(axis=0) / np.where(mean > 0, mean, 1.0)
    return [
        PodFlexibility(
            pod_id=name,
            max_up_kw=_SHARE * float(mean[i]),
            max_down_kw=_SHARE * float(mean[i]),
            kvar_per_kw=float(tan[i]),
        )
        for name, i in ids
        if mean[i] > 0
    ]


def _day(network: Network, whole: ConsumerPower) -> _Case:
    """The day of the greatest load; the 25 most loaded lines bind in its 10 worst quarter-hours."""
    first = int(whole.p_kw[:_YEAR].sum(axis=1).argmax()) // _DAY * _DAY
    rows = slice(first, first + _DAY)
    power = ConsumerPower(whole.p_kw[rows], whole.q_kvar[rows])
    current = _currents(network, power)
    most = np.argsort(-current.max(axis=0))[:_BRANCHES]
    worst = np.argsort(-current[:, most].sum(axis=1))[:_CONGESTED]
    others = np.setdiff1d(np.arange(_DAY), worst)
    limits = {int(i): float(current[others, i].max()) * 1.001 for i in most}
    return _Case(_limited(network, limits), power, _flexible(network, power))


def _year(network: Network, whole: ConsumerPower) -> _Case:
    """The year; the 25 most loaded lines bind in a hundredth of it."""
    power = ConsumerPower(whole.p_kw[:_YEAR], whole.q_kvar[:_YEAR])
    current = _currents(network, power)
    most = np.argsort(-current.max(axis=0))[:_BRANCHES]
    limits = {int(i): float(np.quantile(current[:, i], 0.99)) for i in most}
    return _Case(_limited(network, limits), power, _flexible(network, power))


def _trades(case: _Case) -> tuple[_Case, Changes]:
    """Trades of every load that bring each quarter-hour above the day's peak, so all congest."""
    network, power = case.network, case.power
    loads = np.array(_loads(network))
    own = power.p_kw[:, loads]
    rng = np.random.default_rng(1)
    change = own.max(axis=0) * 1.25 - own + rng.uniform(-20, 20, own.shape)
    current = _currents(network, power)
    most = np.argsort(-current.max(axis=0))[:_BRANCHES]
    limits = {int(i): float(current[:, i].max()) * 1.02 for i in most}
    changes = Changes(
        scenario=np.repeat(np.arange(len(own)), len(loads)),
        consumer=np.tile(loads, len(own)),
        change_kw=change.ravel(),
        price_eur_per_kwh=rng.choice([0.01, 0.02, 0.05, 0.08], change.size),
        kvar_per_kw=np.full(change.size, 0.3),
    )
    return _Case(_limited(network, limits), power, ()), changes


def _optimal_power_flow(case: _Case, scenario: int) -> Callable[[], float]:
    """The peer's optimal power flow of one quarter-hour: the least kW, at constant kvar."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandapower as pp  # noqa: PLC0415 - slow, and only compared with
    net: Any = pp.from_json(str(NETWORK_FILE))
    matrix: Any = spmatrix
    matrix.H = property(lambda own: own.conj().T)  # scipy 1.17 has taken it away; the peer needs it
    margin = {each.pod_id: each.max_down_kw / 1e3 for each in case.flexible}
    net.line["max_loading_percent"] = 100.0
    net.line["max_i_ka"] = [(line.limit_a or 1e6) / 1e3 for line in case.network.lines]
    net.bus["min_vm_pu"], net.bus["max_vm_pu"] = 0.8, 1.2
    for i, each in enumerate(case.network.consumers):
        table, index = each.id.split("/")
        sign = 1.0 if table == "load" else -1.0
        net[table].loc[int(index), "p_mw"] = sign * case.power.p_kw[scenario, i] / 1e3
        net[table].loc[int(index), "q_mvar"] = sign * case.power.q_kvar[scenario, i] / 1e3
    net.load["controllable"] = True
    own = np.array([margin.get(f"load/{i}", 0.0) for i in net.load.index])
    net.load["min_p_mw"], net.load["max_p_mw"] = net.load.p_mw - own, net.load.p_mw
    net.load["min_q_mvar"] = net.load["max_q_mvar"] = net.load.q_mvar
    for name in ("p_mw", "q_mvar"):
        net.ext_grid[f"min_{name}"], net.ext_grid[f"max_{name}"] = -1e3, 1e3
    net.ext_grid["controllable"] = net.sgen["controllable"] = False
    before = float(net.load.p_mw.sum())
    for i in net.load.index:
        pp.create_poly_cost(net, i, "load", cp1_eur_per_mw=-1.0)
    pp.create_poly_cost(net, 0, "ext_grid", cp1_eur_per_mw=0.0)

    def solve() -> float:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pp.runopp(net, calculate_voltage_angles=False, numba=False)
        return 1e3 * (before - float(net.res_load.p_mw.sum()))

    return solve


def _beside_peer(case: _Case) -> Row:
    """The changes of single PoDs at constant kvar: what the peer can ask for too."""
    still = [replace(each, kvar_per_kw=0.0, max_up_kw=0.0) for each in case.flexible]
    limits = Limits(case.network)

    def ours() -> FlexibilityNeed:
        return size_request(limits, _engine, case.power, still, in_groups=False)

    need = ours()
    asked = np.zeros(len(case.power.p_kw))
    for each in need.needs:
        asked[each.scenario] -= each.change_kw
    worst = np.argsort(-asked)[:_PEER_SOLVES]
    solves = [_optimal_power_flow(case, int(scenario)) for scenario in worst]
    ours_s, times, parts = [], [], []
    for scenario, solve in zip(worst, solves, strict=True):
        ours_s.append(median_s(ours, 3))
        begin = time.perf_counter()
        parts.append(solve() / float(asked[scenario]))
        times.append(time.perf_counter() - begin)
    assert min(parts) > 1 - 1e-4, parts
    assert not need.incurable
    return Row(
        "grid: the same of single PoDs at constant kvar",
        1e3 * float(np.median(ours_s)),
        "ms",
        "pandapower runopp of those 10",
        1e3 * float(np.median(times)) * _CONGESTED,
        f"{_PEER_SOLVES} optimal power flows, scaled; they ask for "
        f"{min(parts):.6f} to {max(parts):.6f} of our kW, which are {_proven(need.gap)}",
    )


def _proven(gap: float | None) -> str:
    """Return in words how near the changes are to the least."""
    if gap is None:
        return "not proven to be the least"
    return f"proven to be within {gap:.0e} of the least"


def _exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Slope of the logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def _feeders(nodes: int) -> _Case:
    """Feeders of 25 buses from one busbar, a load at each; those of a tenth are overloaded."""
    rng = np.random.default_rng(nodes)
    buses = (
        Bus(id="bar", nominal_kv=20.0, min_pu=0.8, max_pu=1.2),
        *(Bus(id=f"b{i}", nominal_kv=20.0, min_pu=0.8, max_pu=1.2) for i in range(nodes)),
    )
    lines = tuple(
        Line(
            id=f"l{i}",
            from_bus="bar" if i % 25 == 0 else f"b{i - 1}",
            to_bus=f"b{i}",
            resistance_ohm=0.1,
            reactance_ohm=0.1,
            capacitance_nf=100.0,
            limit_a=None,
        )
        for i in range(nodes)
    )
    loads = tuple(Load(id=f"load/{i}", bus=f"b{i}", p_kw=0.0, q_kvar=0.0) for i in range(nodes))
    network = check(
        Network(
            id="feeders",
            version="1",
            buses=buses,
            sources=(Source(id="S", bus="bar", voltage_pu=1.02),),
            lines=lines,
            loads=loads,
        )
    )
    p_kw = rng.uniform(20, 120, (_CONGESTED, nodes))
    power = ConsumerPower(p_kw, p_kw * 0.3)
    current = _currents(network, power)
    limits = {i: float(current[:, i].max() * 0.95) for i in range(0, nodes, 250)}
    return _Case(_limited(network, limits), power, _flexible(network, power))


def _growth(case: _Case) -> list[Row]:
    sizes = {
        "nodes": [100, 400, 1600, 6400],
        "PoDs": [17, 35, 70, 139],
        "quarters": [8, 16, 32, 64],
    }
    by_nodes = [median_s(_feeders(n).request, 3) for n in sizes["nodes"]]
    changes = _trades(case)
    by_pods = [median_s(case.of(slice(None), n).request, 3) for n in sizes["PoDs"]]
    by_quarters = [median_s(_validation(*changes, n), 3) for n in sizes["quarters"]]
    told = (
        ("request, by nodes", "nodes", by_nodes, "10 quarter-hours, all congested"),
        ("request, by flexible PoDs", "PoDs", by_pods, "the day above"),
        ("validation, by quarter-hours", "quarters", by_quarters, "all congested"),
    )
    return [
        Row(
            f"grid: growth of {what}",
            _exponent(sizes[axis], seconds),
            "exponent",
            note=f"{', '.join(map(str, sizes[axis]))}: "
            f"{', '.join(f'{1e3 * each:.0f}' for each in seconds)} ms; {of}",
        )
        for what, axis, seconds, of in told
    ]


def _validation(case: _Case, changes: Changes, quarters: int) -> Callable[[], Acceptance]:
    """The validation of the day's first quarter-hours."""
    own = changes.scenario < quarters
    part = Changes(
        changes.scenario[own],
        changes.consumer[own],
        changes.change_kw[own],
        changes.price_eur_per_kwh[own],
        changes.kvar_per_kw[own],
    )
    power = case.of(slice(quarters)).power
    return lambda: accept(Limits(case.network), _engine, power, part)


def _run_of_year(case: _Case) -> Row:
    begin = time.perf_counter()
    need = case.request()
    seconds = time.perf_counter() - begin
    peak_gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    congested = len({each.scenario for each in need.violations})
    return Row(
        "grid: a year's power flows, alarms and requests",
        seconds,
        "s",
        "the goal",
        60.0,
        f"{len(case.power.p_kw):,} quarter-hours, {congested} of them congested with "
        f"{len(need.violations):,} violations, "
        f"{len(need.incurable)} left; at most {peak_gib:.2f} GiB",
    )


def measure() -> list[Row]:
    """Medians."""
    network = grid()
    whole = _grown(network)
    day = _day(network, whole)
    need = day.request()
    congested = len({each.scenario for each in need.violations})
    assert congested == _CONGESTED
    assert not need.incurable
    beside = _beside_peer(day)
    request_s = median_s(day.request, _RUNS)
    changes = _trades(day)
    judged = accept(Limits(changes[0].network), _engine, changes[0].power, changes[1])
    assert len({each.scenario for each in judged.violations}) == _DAY
    assert not judged.left
    validation_s = median_s(_validation(*changes, _DAY), _RUNS)
    size = f"{_DAY} quarter-hours, {len(day.flexible)} flexible loads"
    return [
        Row(
            "grid: request of a day with 10 congested quarter-hours",
            request_s * 1e3,
            "ms",
            beside.beside,
            beside.beside_value,
            f"{size}, {len(need.violations)} violations; in groups, sure for any split",
        ),
        beside,
        Row(
            "grid: validation of a day, all congested",
            validation_s * 1e3,
            "ms",
            "the request",
            request_s * 1e3,
            f"{len(changes[1].scenario):,} trades, {len(judged.violations):,} violations, "
            f"{len(judged.against):,} cut, none left",
        ),
        _run_of_year(_year(network, whole)),
        *_growth(day),
    ]
