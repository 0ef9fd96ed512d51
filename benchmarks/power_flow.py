"""The Italian day on the grid: power flow, request and validation.

Beside them: the library's bare batch on the same arrays, and pandapower on the same network.
"""

import csv
import importlib.resources
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from power_grid_model import ComponentType, DatasetType, PowerGridModel, initialize_array

from benchmarks.harness import Row, median_s, paired_s
from platone.dso.domain.array import Floats
from platone.dso.adapters.power_flow import _OUTPUT, GridModelPowerFlow, _first_load, _input
from platone.dso.domain.flexibility.request import PodFlexibility, size_request
from platone.dso.domain.flexibility.validation import Trade, validate
from platone.dso.domain.flow.limit import Limits
from platone.dso.domain.flow.state import ConsumerPower
from platone.dso.domain.network.branch import Line
from platone.dso.domain.network.file import read_network
from platone.dso.domain.network.model import Network

_SCENARIO = importlib.resources.files("platone.demo.italy") / "scenario"
_TAN_PHI = math.tan(math.acos(0.9))
_FLEXIBLE = [
    PodFlexibility(pod, up, down, _TAN_PHI)
    for pod, up, down in (
        ("IT002E61899978", 0.0, 2000.0),
        ("IT002E60976796", 100.0, 100.0),
        ("IT002E60974469", 1000.0, 2400.0),
        ("IT002E60499620", 200.0, 0.0),
        ("IT002E60550189", 500.0, 0.0),
    )
]
_TRADES = [
    Trade("IT002E61899978", 50, -1000.0, 0.03, _TAN_PHI),
    Trade("IT002E60974469", 50, -376.7407, 0.03, _TAN_PHI),
    Trade("IT002E60550189", 50, 271.748, 0.07, _TAN_PHI),
]
_PEER_SOLVES = 8
_RUNS = 15
_INSTANT = 50


def _day(network: Network) -> ConsumerPower:
    rows = list(csv.DictReader((_SCENARIO / "baselines.csv").read_text().splitlines()))
    factors = {profile.id: np.array(profile.factors) for profile in network.profiles}
    p = [load.p_kw * factors[load.profile or ""] for load in network.loads]
    q = [load.q_kvar * factors[load.profile or ""] for load in network.loads]
    for point in network.connection_points:
        p.append(np.array([float(row[point.pod_id]) for row in rows]))
        q.append(p[-1] * _TAN_PHI)
    return ConsumerPower(np.stack(p, axis=1), np.stack(q, axis=1))


def _bare(network: Network, power: ConsumerPower) -> Callable[[], Any]:
    """The library's own batch: model and loads stand ready, and its output is left as it is."""
    model = PowerGridModel(_input(network))
    scenarios, consumers = power.p_kw.shape
    loads = initialize_array(DatasetType.update, ComponentType.sym_load, (scenarios, consumers))
    loads["id"] = _first_load(network) + np.arange(consumers)
    loads["p_specified"] = power.p_kw * 1e3
    loads["q_specified"] = power.q_kvar * 1e3
    return lambda: model.calculate_power_flow(
        update_data={ComponentType.sym_load: loads}, threading=0, output_component_types=_OUTPUT
    )


def _twin(network: Network, power: ConsumerPower) -> tuple[Any, Any]:
    """The same network in pandapower, and its solver."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandapower as pp  # noqa: PLC0415 - slow, and only compared with
    net = pp.create_empty_network(f_hz=50.0)
    buses = {bus.id: pp.create_bus(net, vn_kv=bus.nominal_kv) for bus in network.buses}
    for source in network.sources:
        pp.create_ext_grid(net, buses[source.bus], vm_pu=source.voltage_pu)
    for branch in network.branches:
        ends = buses[branch.from_bus], buses[branch.to_bus]
        if isinstance(branch, Line):
            data = branch.resistance_ohm, branch.reactance_ohm, branch.capacitance_nf
            pp.create_line_from_parameters(net, *ends, 1.0, *data, branch.limit_a / 1e3)
        else:
            rated = branch.rated_kva / 1e3, branch.from_kv, branch.to_kv
            loss_percent = branch.copper_loss_kw / branch.rated_kva * 100
            pp.create_transformer_from_parameters(
                net,
                *ends,
                *rated,
                loss_percent,
                branch.short_circuit_percent,
                branch.iron_loss_kw,
                branch.no_load_percent,
            )
    for place, consumer in enumerate(network.consumers):
        p_mw, q_mvar = power.p_kw[_INSTANT, place] / 1e3, power.q_kvar[_INSTANT, place] / 1e3
        pp.create_load(net, buses[consumer.bus], p_mw, q_mvar)
    return net, pp


def _check_agreement(ours_pu: Floats, bare: Any, net: Any) -> None:
    """Times compare only where the results agree."""
    assert np.allclose(ours_pu, bare[ComponentType.node]["u_pu"], atol=1e-9)
    assert np.allclose(ours_pu[_INSTANT], net.res_bus.vm_pu.to_numpy(), atol=1e-4)


def measure() -> list[Row]:
    """Medians on the Italian network, 96 quarter-hours of which one is congested."""
    network = read_network((_SCENARIO / "network.json").read_bytes())
    power, limits, engine = _day(network), Limits(network), GridModelPowerFlow()
    net, pp = _twin(network, power)
    bare = _bare(network, power)

    def peer() -> None:
        for _ in range(_PEER_SOLVES):
            pp.runpp(net, trafo_model="pi", numba=False)

    def solve() -> None:
        engine.solve(network, power)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer()
        _check_agreement(engine.solve(network, power).voltage_pu, bare(), net)
        peer_ms = median_s(peer, 3) * 1e3 / _PEER_SOLVES * len(power.p_kw)
    flow_ms, bare_ms = (1e3 * each for each in paired_s(solve, bare, _RUNS))
    request_s, before_request_s = paired_s(
        lambda: size_request(limits, engine, power, _FLEXIBLE), solve, _RUNS
    )
    validate_s, before_validation_s = paired_s(
        lambda: validate(limits, engine, power, _TRADES), solve, _RUNS
    )
    size = f"{len(network.buses)} buses, {len(power.p_kw)} quarter-hours"
    flow, one = "grid: power flow of a day", "one power flow of the day"
    scaled = f"{size}; {_PEER_SOLVES} runs of it, scaled to the day"
    return [
        Row(flow, flow_ms, "ms", "power-grid-model alone", bare_ms, size),
        Row(flow, flow_ms, "ms", "pandapower runpp", peer_ms, scaled),
        Row(
            "grid: flexibility request",
            request_s * 1e3,
            "ms",
            one,
            before_request_s * 1e3,
            f"{size}; least volume that cures every limit",
        ),
        Row(
            "grid: technical validation",
            validate_s * 1e3,
            "ms",
            one,
            before_validation_s * 1e3,
            f"{size}; {len(_TRADES)} trades",
        ),
    ]
