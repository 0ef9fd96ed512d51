"""State estimation with its tests of bad data: one instant, and how it grows with the network.

SimBench's network with SCADA at every second bus and fourth branch and a meter at each consumer.
Beside it: pandapower's weighted least squares with its own tests, and power-grid-model's Newton
estimation, which tests nothing, on the same measurements. The public call is
``platone.grid.estimate``: measurements as they are sent in, checked, the tested state out.
"""

import itertools
import statistics
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from benchmarks import simbench
from benchmarks.grid_model import GridModelEstimate
from benchmarks.harness import Row, growth, median_s, paired_s
from benchmarks.pandapower_estimate import PandapowerEstimate
from benchmarks.power_flow import radial
from platone import grid
from platone.grid.array import Complexes
from platone.grid.estimation.covariance import StateCovariance
from platone.grid.estimation.estimate import NetworkEstimator, estimate
from platone.grid.estimation.estimator import Estimator
from platone.grid.estimation.measurement import (
    BranchPower,
    Injection,
    Measurement,
    VoltageMeasurement,
)
from platone.grid.estimation.network_model import NetworkModel
from platone.grid.estimation.placement import place_measurements
from platone.grid.estimation.result import EstimationOptions
from platone.grid.estimation.sensors import SensorSet
from platone.grid.estimation.solver import Solver
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.state import ConsumerPower, Flow, snapshot
from platone.grid.network.model import Network

_INSTANTS, _RUNS, _PEER_RUNS, _ROUNDS = 96, 21, 5, 3
_SIZES, _PEER_NODES = (100, 1_000, 10_000), 1_000
_CONFIDENCE = 0.99
_NOON = 96 * 180 + 48
_STD_PU, _SHARE, _LEAST_KVA = 2e-3, 0.02, 1.0


def measured(
    network: Network, flow: Flow, row: int, seed: int, certain: int | None = None
) -> list[Measurement]:
    """What SCADA and meters would say of a state, with their errors; a node once.

    Standard deviations are shares of powers: of those of the same state, or of another.
    """
    random, certain = np.random.default_rng(seed), row if certain is None else certain
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
            p, q, std_p, std_q = _noisy(flow.from_kva[[row, certain], i], random)
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
    return [*voltages, *branches, *_meters(network, flow, row, certain, random)]


def _noisy(kvas: Complexes, random: np.random.Generator) -> tuple[float, float, float, float]:
    """Active and reactive power with errors, and their standard deviations, by another power."""
    kva, other = kvas.tolist()
    std_p, std_q = (max(_SHARE * abs(part), _LEAST_KVA) for part in (other.real, other.imag))
    p, q = kva.real + std_p * random.standard_normal(), kva.imag + std_q * random.standard_normal()
    return float(p), float(q), float(std_p), float(std_q)


def _meters(
    network: Network, flow: Flow, row: int, certain: int, random: np.random.Generator
) -> list[Measurement]:
    fed_from = {each.bus for each in network.sources}
    found: list[Measurement] = []
    for bus in sorted({each.bus for each in network.consumers} - fed_from):
        place = network.bus_position[bus]
        if flow.voltage_pu[row, place] > 0:
            p, q, std_p, std_q = _noisy(flow.bus_kva[[row, certain], place], random)
            found.append(
                Injection(
                    id=f"m-{bus}", element=bus, p_kw=p, q_kvar=q, std_kw=std_p, std_kvar=std_q
                )
            )
    return found


def _simbench_flow(network: Network) -> Flow:
    year = simbench.year(network)
    rows = slice(_NOON - _INSTANTS // 2, _NOON + _INSTANTS // 2)
    power = ConsumerPower(year.p_kw[rows], year.q_kvar[rows])
    return GridModelPowerFlow().solve(network, power)


def _check_agreement(
    model: NetworkModel, voltage: Any, peer: PandapowerEstimate, other: GridModelEstimate
) -> None:
    """Times compare only where the results agree."""
    of_bus = model.state_of_node[model.circuit.node_of_bus]
    ours = np.abs(np.append(voltage, 0.0))[of_bus]
    fed = of_bus >= 0
    assert np.abs(ours - peer.net.res_bus_est.vm_pu.to_numpy())[fed].max() < 1e-6
    assert np.abs(np.abs(other.voltage()) - np.abs(voltage)).max() < 1e-6


def measure() -> list[Row]:
    """Medians on SimBench's network, and on radial networks of up to 10,000 nodes."""
    network = simbench.grid()
    flow = _simbench_flow(network)
    measurements = measured(network, flow, 0, 0)
    peer, model = PandapowerEstimate(network, measurements), NetworkModel(network)
    other = GridModelEstimate(model, measurements)
    peer.estimate()
    _check_agreement(
        model, grid.estimate(network, measurements, only_measured=True).voltage, peer, other
    )
    numbers = int(SensorSet(measurements).has_number.sum())
    size = f"{len(network.buses)} buses, {numbers} numbers"
    return [
        *_public(network, flow, peer, size),
        *_core(model, flow, other, size),
        *_large(),
    ]


def _public(network: Network, flow: Flow, peer: PandapowerEstimate, size: str) -> list[Row]:
    """The whole call: known sensors with new values, and sensors never seen before."""
    instants = [measured(network, flow, row, row, 0) for row in range(_INSTANTS)]
    bare, same = EstimationOptions(pseudo="never"), itertools.cycle(instants)
    model = NetworkModel(network)

    def again(sets: Iterator[list[Measurement]]) -> Any:
        return grid.estimate(network, next(sets), only_measured=True, options=bare)

    size = f"{size}; checks, state, chi-square, largest residual"
    ways = (
        ("known sensors, new values", partial(again, same), size),
        (
            "known sensors, new values, all standard deviations told",
            lambda: again(same).uncertainty,
            f"{size}; with covariance in the state's own equations",
        ),
        (
            "new sensors",
            lambda: estimate(model, next(same), None, bare),
            f"{size}; with placement, observability and covariance",
        ),
    )
    beside = (
        ("pandapower WLS with its chi2 and rn_max tests", peer.tested),
        ("pandapower WLS, no tests", peer.estimate),
    )
    rows = []
    for what, call, note in ways:
        for name, their in beside:
            ours_s, their_s = _in_turn_s(call, their)
            whole = f"grid: study.estimate, {what}"
            rows.append(Row(whole, ours_s * 1e3, "ms", name, their_s * 1e3, note))
    return rows


def _in_turn_s(ours: Callable[[], Any], other: Callable[[], Any]) -> tuple[float, float]:
    """Medians of two works in turn, each some times together as a server would run them."""
    rounds = [(median_s(ours, _RUNS), median_s(other, 1)) for _ in range(_ROUNDS)]
    first, second = zip(*rounds, strict=True)
    return statistics.median(first), statistics.median(second)


def _core(model: NetworkModel, flow: Flow, other: GridModelEstimate, size: str) -> list[Row]:
    """The state alone from prepared numbers, beside a compiled engine that tests nothing."""
    network = model.network
    first, fresh = (SensorSet(measured(network, flow, row, seed)) for row, seed in ((0, 0), (1, 7)))
    placed = place_measurements(model, first)
    solver = Solver(placed.sensors, placed.value)
    estimator = Estimator(solver, StateCovariance(solver.gain), _CONFIDENCE)
    value = placed.row_values(fresh.flat_value)
    one_s, other_s = paired_s(lambda: estimator.state(value), other.voltage, _RUNS)
    bare = "power-grid-model Newton, no tests"
    name = "grid: state estimation from prepared numbers, with tests"
    return [Row(name, one_s * 1e3, "ms", bare, other_s * 1e3, f"{size}; one instant")]


def _large() -> list[Row]:
    """Radial networks: the whole call by size; pandapower where it does not take minutes."""
    bare, rows, times = EstimationOptions(pseudo="never"), list[Row](), list[float]()
    for nodes in _SIZES:
        network = radial(nodes)
        flow = GridModelPowerFlow().solve(network, snapshot(network))
        sets = [measured(network, flow, 0, seed) for seed in (0, 3)]
        model = NetworkModel(network)
        first_s = median_s(partial(estimate, model, sets[0], None, bare), 3)
        again = NetworkEstimator(model)
        again(sets[0], None, bare)
        times.append(median_s(partial(again, sets[1], None, bare), 5))
        if nodes == _PEER_NODES:
            theirs_s = median_s(PandapowerEstimate(network, sets[0]).estimate, 3)
            beside = "pandapower WLS, no tests", theirs_s * 1e3
            name = f"grid: state estimation with tests, {nodes:,} nodes"
            rows += [
                Row(f"{name}, known sensors", times[-1] * 1e3, "ms", *beside, "the whole call"),
                Row(f"{name}, new sensors", first_s * 1e3, "ms", *beside, "the whole call"),
            ]
    name = f"grid: state estimation with tests, {nodes:,} nodes"
    return [
        *rows,
        Row(f"{name}, known sensors", times[-1] * 1e3, "ms", note="the whole call, ours alone"),
        Row(f"{name}, new sensors", first_s, "s", note="the whole call, ours alone"),
        Row(
            "grid: state estimation, growth with nodes",
            growth(_SIZES, times),
            "exponent",
            note=f"{_SIZES[0]:,} to {_SIZES[-1]:,} nodes, known sensors",
        ),
    ]
