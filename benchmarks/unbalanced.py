"""Unbalanced power flow: a day of the IEEE European low-voltage feeder, and 10,000 buses of it.

Beside them: power-grid-model's asymmetric batch, given lines, transformer and loads of its own
kinds, and pandapower's `runpp_3ph` on the same file. The day is the feeder's snapshot of 09:26,
each load times a factor by chance from 0.2 to 2.5 in each quarter-hour.
"""

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from power_grid_model import (
    CalculationMethod,
    ComponentType,
    DatasetType,
    LoadGenType,
    PowerGridModel,
    WindingType,
    initialize_array,
)

from benchmarks.harness import Row, median_s, paired_s
from platone.grid.array import Floats
from platone.grid.file.pandapower.read import read_pandapower
from platone.grid.file.pandapower.write import write_pandapower
from platone.grid.flow.alarm import violations
from platone.grid.flow.current_injection import CurrentInjectionFlow
from platone.grid.flow.limit import Limits
from platone.grid.flow.phase_limit import PhaseLimits
from platone.grid.flow.phase_share import phase_power
from platone.grid.flow.phase_state import PhasePower
from platone.grid.flow.state import snapshot
from platone.grid.network.element import Source
from platone.grid.network.model import Network

_QUARTER_HOURS = 96
_RUNS = 15
_PEER_SOLVES = 4
_COPIES = 11
_IDEAL_SOURCE_VA = 1e20
_ALL: Any = {
    ComponentType.node: ["u_pu", "u_angle"],
    ComponentType.line: ["i_from", "i_to"],
    ComponentType.transformer: ["i_from", "i_to"],
}


def _feeder() -> tuple[Network, Any, Any]:
    """The feeder, its twin in pandapower, and pandapower.

    The source is ideal and the transformer's zero sequence has no magnetising impedance, because
    power-grid-model cannot express them.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandapower as pp  # noqa: PLC0415 - slow, and only compared with
        import pandapower.networks as public  # noqa: PLC0415

        net = public.ieee_european_lv_asymmetric("on_peak_566")
        network = read_pandapower(pp.to_json(net).encode())
    (source,), (unit,) = network.sources, network.transformers
    ideal = Source(id=source.id, bus=source.bus, voltage_pu=source.voltage_pu)
    unit = replace(unit, zero_magnetising_percent=None)
    net.ext_grid["s_sc_max_mva"], net.trafo["mag0_percent"] = 1e15, 1e12
    return replace(network, sources=(ideal,), transformers=(unit,)), net, pp


def _day(network: Network) -> PhasePower:
    once = phase_power(network, snapshot(network))
    shape = (_QUARTER_HOURS, once.p_kw.shape[1], 1)
    factors = np.random.default_rng(1).uniform(0.2, 2.5, shape)
    return PhasePower(once.p_kw * factors, once.q_kvar * factors)


def _solver(network: Network, power: PhasePower) -> Callable[[], tuple[Floats, Floats, Floats]]:
    engine = CurrentInjectionFlow()

    def solve() -> tuple[Floats, Floats, Floats]:
        flow = engine.solve(network, power)
        return flow.voltage_pu, flow.from_a, flow.to_a

    return solve


def _judge(network: Network, power: PhasePower) -> Callable[[], object]:
    engine, limits = CurrentInjectionFlow(), PhaseLimits(Limits(network))

    def judge() -> object:
        flow = engine.solve(network, power)
        return violations(limits, flow), flow.loading(), flow.loss_kw

    return judge


def _rows(kind: ComponentType, count: int, first: int, **columns: Any) -> np.ndarray:
    array = initialize_array(DatasetType.input, kind, count)
    array["id"] = first + np.arange(count)
    for name, values in columns.items():
        array[name] = values
    return array


def _branches(network: Network) -> dict[ComponentType, np.ndarray]:
    place, buses, lines = network.bus_position, len(network.buses), network.lines
    (unit,) = network.transformers
    ends = {"from_status": 1, "to_status": 1}
    line = _rows(
        ComponentType.line,
        len(lines),
        buses,
        from_node=[place[each.from_bus] for each in lines],
        to_node=[place[each.to_bus] for each in lines],
        r1=[each.resistance_ohm for each in lines],
        x1=[each.reactance_ohm for each in lines],
        r0=[each.zero_resistance_ohm for each in lines],
        x0=[each.zero_reactance_ohm for each in lines],
        **dict.fromkeys(("c1", "tan1", "c0", "tan0"), 0.0),
        **ends,
    )
    transformer = _rows(
        ComponentType.transformer,
        1,
        buses + len(lines),
        from_node=place[unit.from_bus],
        to_node=place[unit.to_bus],
        u1=unit.from_kv * 1e3,
        u2=unit.to_kv * 1e3,
        sn=unit.rated_kva * 1e3,
        uk=unit.short_circuit_percent / 100,
        pk=unit.copper_loss_kw * 1e3,
        winding_from=WindingType.delta,
        winding_to=WindingType.wye_n,
        clock=round(unit.phase_shift_deg / 30),
        **dict.fromkeys(("i0", "p0", "tap_side", "tap_pos", "tap_size", "tap_min", "tap_max"), 0),
        **ends,
    )
    return {ComponentType.line: line, ComponentType.transformer: transformer}


def _bare(network: Network, power: PhasePower, method: CalculationMethod) -> Callable[[], Any]:
    """The library's own batch: model and loads stand ready, and its output is left as it is."""
    place, first = network.bus_position, len(network.buses) + len(network.lines) + 1
    (source,), shape = network.sources, power.p_kw.shape[:2]
    kv = np.array([bus.nominal_kv for bus in network.buses])
    held = {"node": place[source.bus], "u_ref": source.voltage_pu, "sk": _IDEAL_SOURCE_VA}
    drawn: Any = {"node": [place[each.bus] for each in network.consumers]}
    drawn |= {"type": LoadGenType.const_power, "p_specified": 0.0, "q_specified": 0.0}
    kinds = ComponentType.node, ComponentType.source, ComponentType.asym_load
    model = _branches(network) | {
        kinds[0]: _rows(kinds[0], len(kv), 0, u_rated=kv * 1e3),
        kinds[1]: _rows(kinds[1], 1, first, status=1, **held),
        kinds[2]: _rows(kinds[2], shape[1], first + 1, status=1, **drawn),
    }
    loads = initialize_array(DatasetType.update, ComponentType.asym_load, shape)
    loads["id"] = first + 1 + np.arange(shape[1])
    loads["p_specified"], loads["q_specified"] = power.p_kw * 1e3, power.q_kvar * 1e3
    ready: Any = PowerGridModel(model)
    return lambda: ready.calculate_power_flow(
        symmetric=False,
        update_data={ComponentType.asym_load: loads},
        calculation_method=method,
        error_tolerance=1e-9,
        max_iterations=50,
        threading=0,
        output_component_types=_ALL,
    )


def _peer(net: Any, pp: Any, times: int) -> Callable[[], None]:
    def solve() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for _ in range(times):
                pp.runpp_3ph(net, numba=False)

    return solve


def _copied(network: Network) -> Network:
    """Many such feeders at one busbar, each behind a transformer of its own."""
    bar = network.sources[0].bus

    def named(element: Any, number: int, *fields: str) -> Any:
        names = {name: f"{getattr(element, name)}.{number}" for name in fields}
        return replace(
            element, **{key: bar if of == f"{bar}.{number}" else of for key, of in names.items()}
        )

    copies = range(_COPIES)
    ends = "id", "from_bus", "to_bus"
    buses = [named(bus, i, "id") for i in copies for bus in network.buses if bus.id != bar]
    return replace(
        network,
        buses=(network.buses[network.bus_position[bar]], *buses),
        lines=tuple(named(line, i, *ends) for i in copies for line in network.lines),
        transformers=tuple(named(unit, i, *ends) for i in copies for unit in network.transformers),
        loads=tuple(named(load, i, "id", "bus") for i in copies for load in network.loads),
    )


def _day_rows() -> list[Row]:
    network, net, pp = _feeder()
    power = _day(network)
    solve, peer = _solver(network, power), _peer(net, pp, _PEER_SOLVES)
    methods = CalculationMethod.newton_raphson, CalculationMethod.iterative_current
    newton, iterative = (_bare(network, power, method) for method in methods)
    peer()
    alone = _solver(network, phase_power(network, snapshot(network)))()[0][0]
    row = [network.bus_position[f"bus/{index}"] for index in net.res_bus_3ph.index]
    expected = net.res_bus_3ph[["vm_a_pu", "vm_b_pu", "vm_c_pu"]]
    assert np.allclose(alone[row], expected, atol=1e-5)  # pandapower's own tolerance
    assert np.allclose(solve()[0], newton()[ComponentType.node]["u_pu"], atol=1e-7)
    solve_s, iterative_s = paired_s(solve, iterative, _RUNS)
    _, newton_s = paired_s(solve, newton, _RUNS)
    peer_ms = median_s(peer, 3) * 1e3 / _PEER_SOLVES * _QUARTER_HOURS
    judge_s = median_s(_judge(network, power), _RUNS)
    what = "grid: unbalanced power flow of a day"
    size = f"{len(network.buses)} buses, {_QUARTER_HOURS} states, voltages and currents by phase"
    scaled = f"{size}; {_PEER_SOLVES} runs of it, scaled to the day"
    alarms = "with alarms, loading and losses"
    return [
        Row(what, solve_s * 1e3, "ms", "power-grid-model iterative", iterative_s * 1e3, size),
        Row(what, solve_s * 1e3, "ms", "power-grid-model Newton", newton_s * 1e3, size),
        Row(what, solve_s * 1e3, "ms", "pandapower runpp_3ph", peer_ms, scaled),
        Row(f"{what}, alarms", judge_s * 1e3, "ms", "without", solve_s * 1e3, alarms),
    ]


def _large_rows() -> list[Row]:
    network, _, pp = _feeder()
    large = _copied(network)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = pp.from_json_string(write_pandapower(large).decode())
        net.ext_grid["s_sc_max_mva"], net.ext_grid["rx_max"] = 1e15, 0.1
        net.ext_grid["x0x_max"], net.ext_grid["r0x0_max"] = 1.0, 0.1
        net.trafo["mag0_percent"], net.trafo["mag0_rx"] = 1e12, 0.0
        net.trafo["si0_hv_partial"] = 0.9
    solve = _solver(large, phase_power(large, snapshot(large)))
    solve_s, peer_s = paired_s(solve, _peer(net, pp, 1), 5)
    size = f"{len(large.buses)} buses, {len(large.loads)} loads"
    return [
        Row(
            "grid: unbalanced power flow, one state",
            solve_s * 1e3,
            "ms",
            "pandapower runpp_3ph",
            peer_s * 1e3,
            size,
        )
    ]


def measure() -> list[Row]:
    """Medians."""
    return [*_day_rows(), *_large_rows()]
