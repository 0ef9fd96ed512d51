"""State estimation with its tests of bad data: one instant, many, and how it grows.

SimBench's network with SCADA at every second bus and fourth branch and a meter at each consumer.
Beside it: pandapower's weighted least squares with its own tests, and power-grid-model's Newton
estimation, which tests nothing, on the same measurements.
"""

import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from benchmarks import simbench
from benchmarks.grid_model import GridModelEstimate
from benchmarks.harness import Row, growth, median_s, paired_s
from benchmarks.power_flow import radial
from platone.dso.adapters.pandapower.write import write_pandapower
from platone.dso.adapters.power_flow import GridModelPowerFlow
from platone.dso.domain.array import Floats
from platone.dso.domain.estimation.estimate import Options, estimate
from platone.dso.domain.estimation.estimator import Estimator
from platone.dso.domain.estimation.ground import Ground
from platone.dso.domain.estimation.measurement import (
    BranchPower,
    Injection,
    Measurement,
    VoltageMeasurement,
)
from platone.dso.domain.estimation.placement import Placed, numbers_of, place
from platone.dso.domain.flow.state import ConsumerPower, Flow, snapshot
from platone.dso.domain.network.circuit import circuit_of
from platone.dso.domain.network.model import Network

_INSTANTS, _RUNS, _PEER_RUNS = 96, 21, 5
_NOON = 96 * 180 + 48
_STD_PU, _SHARE, _LEAST_KVA = 2e-3, 0.02, 1.0


def measured(network: Network, flow: Flow, row: int, seed: int) -> list[Measurement]:
    """What SCADA and meters would say of a state, with their errors; a node once."""
    random = np.random.default_rng(seed)
    node = flow.circuit.node_of_bus
    _, first = np.unique(node, return_index=True)
    voltages: list[Measurement] = [
        VoltageMeasurement(
            id=f"v{i}",
            bus=network.buses[i].id,
            voltage_kv=float(flow.voltage_pu[row, i] + _STD_PU * random.standard_normal())
            * network.buses[i].nominal_kv,
            std_kv=_STD_PU * network.buses[i].nominal_kv,
        )
        for i in first[::2].tolist()
        if flow.voltage_pu[row, i] > 0
    ]
    branches: list[Measurement] = []
    for i, branch in enumerate(network.branches):
        if not i % 4 and flow.circuit.ports.closed[i].all():
            p, q, std_p, std_q = _noisy(flow.from_kva[row, i], random)
            branches.append(
                BranchPower(
                    id=f"f{i}",
                    branch=branch.id,
                    end="from",
                    p_kw=p,
                    q_kvar=q,
                    std_kw=std_p,
                    std_kvar=std_q,
                )
            )
    return [*voltages, *branches, *_meters(network, flow, row, random)]


def _noisy(kva: complex, random: np.random.Generator) -> tuple[float, float, float, float]:
    """Active and reactive power with errors, and their standard deviations."""
    std_p, std_q = (max(_SHARE * abs(part), _LEAST_KVA) for part in (kva.real, kva.imag))
    p, q = kva.real + std_p * random.standard_normal(), kva.imag + std_q * random.standard_normal()
    return float(p), float(q), float(std_p), float(std_q)


def _meters(
    network: Network, flow: Flow, row: int, random: np.random.Generator
) -> list[Measurement]:
    fed_from = {each.bus for each in network.sources}
    found: list[Measurement] = []
    for bus in sorted({each.bus for each in network.consumers} - fed_from):
        place = network.bus_position[bus]
        if flow.voltage_pu[row, place] > 0:
            p, q, std_p, std_q = _noisy(flow.bus_kva[row, place], random)
            found.append(
                Injection(
                    id=f"m-{bus}", element=bus, p_kw=p, q_kvar=q, std_kw=std_p, std_kvar=std_q
                )
            )
    return found


class Peer:
    """pandapower with the same network and measurements."""

    def __init__(self, network: Network, measurements: Sequence[Measurement]) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pandapower as pp  # noqa: PLC0415 - slow, and only compared with
            from pandapower import estimation  # noqa: PLC0415

            self.net = pp.from_json_string(write_pandapower(network).decode())
        self._pp, self._estimation = pp, estimation
        place_of = {bus.id: row for row, bus in zip(self.net.bus.index, network.buses, strict=True)}
        for each in measurements:
            self._add(each, place_of, network)
        node = circuit_of(network).node_of_bus
        fed_or_used = (*network.consumers, *network.sources)
        done = {int(node[network.bus_position[each.bus]]) for each in fed_or_used}
        for place_, bus in enumerate(network.buses):
            if int(node[place_]) not in done:
                done.add(int(node[place_]))
                for kind in ("p", "q"):
                    pp.create_measurement(self.net, kind, "bus", 0.0, 1e-5, place_of[bus.id])

    def _add(self, each: Measurement, place_of: dict[str, Any], network: Network) -> None:
        make = self._pp.create_measurement
        if isinstance(each, VoltageMeasurement):
            kv = network.buses[network.bus_position[each.bus]].nominal_kv
            bus = place_of[each.bus]
            make(self.net, "v", "bus", each.voltage_kv / kv, each.std_kv / kv, bus)
        elif isinstance(each, Injection | BranchPower):
            parts = ((each.p_kw, each.std_kw), (each.q_kvar, each.std_kvar))
            for kind, (value, std) in zip("pq", parts, strict=True):
                value_mw, std_mw = (value or 0.0) / 1e3, (std or 0.0) / 1e3
                if isinstance(each, Injection):
                    make(self.net, kind, "bus", value_mw, std_mw, place_of[each.element])
                    continue
                row = network.branch_position[each.branch]
                is_line = row < len(network.lines)
                table = "line" if is_line else "trafo"
                at = self.net[table].index[row if is_line else row - len(network.lines)]
                side = "from" if is_line else "hv"
                make(self.net, kind, table, value_mw, std_mw, at, side)

    def estimate(self) -> None:
        """The state alone."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._estimation.estimate(self.net, init="flat", zero_injection=None)

    def tested(self) -> None:
        """The state with its two tests of bad data."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._estimation.chi2_analysis(self.net, init="flat")
            self._estimation.remove_bad_data(self.net, init="flat", rn_max_threshold=6.0)


def _batch(
    network: Network, flow: Flow, engine: GridModelEstimate
) -> tuple[Floats, Callable[[], Any]]:
    """Values of many instants, and the other library's batch of them."""
    sets = [measured(network, flow, row, row) for row in range(_INSTANTS)]
    numbers = np.stack([numbers_of(each) for each in sets], axis=1)
    return numbers, engine.batch(sets)


def _simbench_flow(network: Network) -> Flow:
    year = simbench.year(network)
    rows = slice(_NOON - _INSTANTS // 2, _NOON + _INSTANTS // 2)
    power = ConsumerPower(year.p_kw[rows], year.q_kvar[rows])
    return GridModelPowerFlow().solve(network, power)


def _check_agreement(ground: Ground, voltage: Any, peer: Peer, other: GridModelEstimate) -> None:
    """Times compare only where the results agree."""
    of_bus = ground.state_of_node[ground.circuit.node_of_bus]
    ours = np.abs(np.append(voltage, 0.0))[of_bus]
    fed = of_bus >= 0
    assert np.abs(ours - peer.net.res_bus_est.vm_pu.to_numpy())[fed].max() < 1e-6
    assert np.abs(np.abs(other.voltage()) - np.abs(voltage)).max() < 1e-6


def measure() -> list[Row]:
    """Medians on SimBench's network, and on radial networks of up to 10,000 nodes."""
    network = simbench.grid()
    flow = _simbench_flow(network)
    ground, measurements = Ground(network), measured(network, flow, 0, 0)
    placed = place(ground, measurements)
    estimator = Estimator(placed.setting)
    state = estimator.state(placed.value)
    peer, other = Peer(network, measurements), GridModelEstimate(ground, measurements)
    peer.estimate()
    _check_agreement(ground, state.voltage, peer, other)
    fresh = placed.valued(numbers_of(measured(network, flow, 1, 7)))
    one_s, other_s = paired_s(lambda: estimator.state(fresh), other.voltage, _RUNS)
    wls_s = median_s(peer.estimate, _PEER_RUNS)
    tested_s = median_s(peer.tested, 3)
    whole_s = median_s(lambda: estimate(ground, measurements, None, Options(pseudo="never")), 5)
    numbers, their_batch = _batch(network, flow, other)
    values = placed.valued(numbers)
    found = estimator.states(values)
    assert found.found.all()
    many_s, many_other_s = paired_s(lambda: estimator.states(values), their_batch, _PEER_RUNS)
    redundancy = f"{int(placed.setting.measured.sum())} numbers, {2 * len(ground.fed)} unknowns"
    size = f"{len(network.buses)} buses, {redundancy}"
    one, tests = "grid: state estimation, with bad-data tests", "chi-square, largest residual"
    bare, each = "power-grid-model Newton, no tests", f"{size}; {_INSTANTS} instants, each"
    return [
        Row(one, one_s * 1e3, "ms", "pandapower WLS, no tests", wls_s * 1e3, f"{size}; {tests}"),
        Row(one, one_s * 1e3, "ms", "pandapower WLS, chi2 and rn_max", tested_s * 1e3, size),
        Row(one, one_s * 1e3, "ms", bare, other_s * 1e3, size),
        Row(
            "grid: state estimation, many instants",
            many_s / _INSTANTS * 1e3,
            "ms",
            bare,
            many_other_s / _INSTANTS * 1e3,
            each,
        ),
        Row(
            "grid: state estimation from new sensors",
            whole_s * 1e3,
            "ms",
            "pandapower WLS, no tests",
            wls_s * 1e3,
            f"{size}; placement, observability, covariance and report included",
        ),
        *_large(),
    ]


def _first(placed: Placed) -> None:
    """Everything that is made once for a set of sensors, and one state."""
    Estimator(placed.setting).state(placed.value)


def _large() -> list[Row]:
    sizes = [100, 1_000, 10_000]
    times, first = [], 0.0
    peer_s = 0.0
    for nodes in sizes:
        network = radial(nodes)
        flow = GridModelPowerFlow().solve(network, snapshot(network))
        ground = Ground(network)
        measurements = measured(network, flow, 0, 0)
        placed = place(ground, measurements)
        estimator = Estimator(placed.setting)
        first = median_s(partial(_first, placed), 1)
        estimator.state(placed.value)
        fresh = placed.valued(numbers_of(measured(network, flow, 0, 3)))
        times.append(median_s(partial(estimator.state, fresh), 5))
        if nodes == sizes[-1]:
            peer_s = median_s(Peer(network, measurements).estimate, 1)
    size = f"{sizes[-1]:,} nodes"
    name = f"grid: state estimation, {size}"
    return [
        Row(name, times[-1] * 1e3, "ms", "pandapower WLS, no tests", peer_s * 1e3, size),
        Row(f"{name}, new sensors", first, "s", note=f"{size}; with drawn covariance"),
        Row(
            "grid: state estimation, growth with nodes",
            growth(sizes, times),
            "exponent",
            note="100 to 10,000 nodes",
        ),
    ]
