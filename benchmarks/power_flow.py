"""Power flow: a day of the SimBench network, one state of 10,000 nodes, and how both grow.

Beside them: power-grid-model alone, given the same circuit and asked for voltages and currents, and
pandapower on the same file.
"""

import json
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from power_grid_model import CalculationMethod, ComponentType, PowerGridModel

from benchmarks import simbench
from benchmarks.harness import Row, growth, median_s, paired_s
from platone.grid.array import Floats
from platone.grid.file.pandapower.write import write_pandapower
from platone.grid.flow.engine import GridModelPowerFlow, load_update, model_input
from platone.grid.flow.state import ConsumerPower, snapshot
from platone.grid.network.branch import Line
from platone.grid.network.circuit import circuit_of
from platone.grid.network.element import Bus, Load, Source
from platone.grid.network.model import Network

_PEER_SOLVES = 8
_RUNS = 15
_DAY = slice(96 * 180, 96 * 181)
_ALL: Any = {
    ComponentType.node: ["u_pu", "u_angle"],
    ComponentType.generic_branch: ["i_from", "i_to"],
}


def radial(nodes: int) -> Network:
    """Feeders of 20 kV: each node hangs on one of the few before it."""
    rng = np.random.default_rng(1)
    kw = 3000.0 / nodes
    parent = [max(0, i - int(rng.integers(1, 60))) for i in range(1, nodes)]
    return Network(
        id="radial",
        name="",
        version="1",
        buses=tuple(Bus(id=f"b{i}", nominal_kv=20.0, min_pu=0.9, max_pu=1.1) for i in range(nodes)),
        sources=(Source(id="s", bus="b0", voltage_pu=1.0),),
        lines=tuple(
            Line(
                id=f"l{i}",
                from_bus=f"b{parent[i - 1]}",
                to_bus=f"b{i}",
                resistance_ohm=0.02,
                reactance_ohm=0.01,
                capacitance_nf=20.0,
                limit_a=300.0,
            )
            for i in range(1, nodes)
        ),
        loads=tuple(Load(id=f"d{i}", bus=f"b{i}", p_kw=kw, q_kvar=kw / 5) for i in range(1, nodes)),
    )


def bare(network: Network, power: ConsumerPower) -> Callable[[], Any]:
    """The library's own batch: model and loads stand ready, and its output is left as it is."""
    circuit = circuit_of(network)
    model = PowerGridModel(model_input(circuit))
    loads = load_update(circuit, power)
    fastest: Any = {
        "calculation_method": CalculationMethod.iterative_current,
        "error_tolerance": 1e-10,
        "output_component_types": _ALL,
    }
    if len(loads) > 1:
        many: Any = {"update_data": {ComponentType.sym_load: loads}, "threading": 0}
        return lambda: model.calculate_power_flow(**fastest, **many)
    model.update(update_data={ComponentType.sym_load: loads[0]})
    return lambda: model.calculate_power_flow(**fastest)


def _ours(network: Network, power: ConsumerPower) -> Callable[[], tuple[Floats, Floats, Floats]]:
    engine = GridModelPowerFlow()

    def solve() -> tuple[Floats, Floats, Floats]:
        flow = engine.solve(network, power)
        return flow.voltage_pu, flow.from_a, flow.to_a

    return solve


def _peer(content: bytes, times: int) -> tuple[Any, Callable[[], None]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandapower as pp  # noqa: PLC0415 - slow, and only compared with

        net = pp.from_json_string(content.decode())

    def solve() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for _ in range(times):
                pp.runpp(net, numba=False)

    return net, solve


def _check(network: Network, solve: Callable[[], tuple[Floats, Floats, Floats]], net: Any) -> None:
    """Times compare only where the results agree."""
    row = {int(bus.id.split("/")[1]): place for place, bus in enumerate(network.buses)}
    ours_pu, fed = solve()[0][0], net.res_bus.vm_pu.dropna()
    assert np.allclose(ours_pu[[row[i] for i in fed.index]], fed, atol=1e-6)


def _day_rows() -> list[Row]:
    network = simbench.grid()
    year = simbench.year(network)
    day = ConsumerPower(year.p_kw[_DAY], year.q_kvar[_DAY])
    content = simbench.NETWORK_FILE.read_bytes()
    net, peer = _peer(content, _PEER_SOLVES)
    peer()
    _check(network, _ours(network, snapshot(network)), net)
    peer_ms = median_s(peer, 3) * 1e3 / _PEER_SOLVES * len(day.p_kw)
    ours_s, bare_s = paired_s(_ours(network, day), bare(network, day), _RUNS)
    what, size = "grid: power flow of a day", f"{len(network.buses)} buses, {len(day.p_kw)} states"
    scaled = f"{size}; {_PEER_SOLVES} runs of it, scaled to the day"
    return [
        Row(what, ours_s * 1e3, "ms", "power-grid-model alone", bare_s * 1e3, size),
        Row(what, ours_s * 1e3, "ms", "pandapower runpp", peer_ms, scaled),
    ]


def _large_rows() -> list[Row]:
    network = radial(10_000)
    state = snapshot(network)
    _, peer = _peer(write_pandapower(network), 1)
    ours_s, bare_s = paired_s(_ours(network, state), bare(network, state), _RUNS)
    peer_s = median_s(peer, 5)
    what, size = "grid: power flow of 10,000 nodes", "one state, radial"
    return [
        Row(what, ours_s * 1e3, "ms", "power-grid-model alone", bare_s * 1e3, size),
        Row(what, ours_s * 1e3, "ms", "pandapower runpp", peer_s * 1e3, size),
    ]


def _growth_rows() -> list[Row]:
    def by_nodes(nodes: int) -> float:
        network = radial(nodes)
        return median_s(_ours(network, snapshot(network)), 7)

    small = radial(140)
    one = snapshot(small)

    def by_states(states: int) -> float:
        many = ConsumerPower(one.p_kw.repeat(states, 0), one.q_kvar.repeat(states, 0))
        return median_s(_ours(small, many), 7)

    return [
        _growth("nodes", by_nodes, (1_000, 3_000, 10_000, 30_000)),
        _growth("quarter-hours", by_states, (96, 288, 960, 2_880)),
    ]


def _growth(what: str, measured: Callable[[int], float], sizes: Sequence[int]) -> Row:
    exponent = growth(sizes, [measured(size) for size in sizes])
    note = f"fitted over {json.dumps(list(sizes))}"
    return Row(f"grid: power flow, growth with {what}", exponent, "exponent", note=note)


def measure() -> list[Row]:
    """Medians, and exponents of growth."""
    return [*_day_rows(), *_large_rows(), *_growth_rows()]
