"""Random networks, and power flows that are not ours."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from platone.grid.file.pandapower.write import write_pandapower
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.limit import Limits
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.branch import (
    Line,
    Switch,
    ThreeWindingTransformer,
    Transformer,
    Winding,
)
from platone.grid.network.check import check
from platone.grid.network.element import Bus, ConnectionPoint, Generator, Load, Source
from platone.grid.network.model import Network

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pandapower as pp

TAN_PHI = 0.3


@dataclass(frozen=True)
class Case:
    """A network with a load."""

    network: Network
    power: ConsumerPower

    def changed(self, changes_kw: dict[str, float]) -> ConsumerPower:
        """The load with changes of PoDs, at their power factor."""
        p_kw, q_kvar = self.power.p_kw.copy(), self.power.q_kvar.copy()
        for pod, kw in changes_kw.items():
            p_kw[0, self.network.pod_position[pod]] += kw
            q_kvar[0, self.network.pod_position[pod]] += kw * TAN_PHI
        return ConsumerPower(p_kw, q_kvar)


MakeCase = Callable[[int], Case]
Worst = Callable[[Network, ConsumerPower], float]


def _lines(rng: np.random.Generator, ends: list[tuple[str, str]]) -> tuple[Line, ...]:
    numbers = [
        (*(rng.uniform(0.1, 0.5, 2) * rng.uniform(0.5, 2)), rng.uniform(50, 400)) for _ in ends
    ]
    return tuple(
        Line(
            id=f"line{i}",
            from_bus=a,
            to_bus=b,
            resistance_ohm=float(r),
            reactance_ohm=float(x),
            capacitance_nf=float(nf),
            limit_a=None,
        )
        for i, ((a, b), (r, x, nf)) in enumerate(zip(ends, numbers, strict=True))
    )


def _limited(case: Case, engine: GridModelPowerFlow, rng: np.random.Generator) -> Case:
    """The case with limits around its state: some branches and buses are broken by it."""
    flow = engine.solve(case.network, case.power)
    current = np.maximum(flow.from_a, flow.to_a)[0]
    lines = tuple(
        replace(line, limit_a=float(current[i] * rng.uniform(0.85, 1.5) + 3))
        if rng.random() < 0.8
        else line
        for i, line in enumerate(case.network.lines)
    )
    pu = flow.voltage_pu[0]
    buses = tuple(
        replace(bus, min_pu=float(min(pu[i] + 0.002, 0.97)), max_pu=1.1)
        if rng.random() < 0.1 and 0.9 < pu[i] < 1
        else bus
        for i, bus in enumerate(case.network.buses)
    )
    return Case(check(replace(case.network, lines=lines, buses=buses)), case.power)


def trees(engine: GridModelPowerFlow, most_rings: int = 0) -> MakeCase:
    """20 kV networks that withdraw; of each seed the same tree, with some rings where wanted."""

    def make(seed: int) -> Case:
        rng = np.random.default_rng(seed)
        count = int(rng.integers(4, 13))
        buses = tuple(
            Bus(id=f"bus{i}", nominal_kv=20.0, min_pu=None, max_pu=None) for i in range(count)
        )
        ends = [(f"bus{int(rng.integers(max(0, i - 4), i))}", f"bus{i}") for i in range(1, count)]
        rings = rng.integers(1, most_rings + 1) if most_rings else 0
        for _ in range(rings):
            a, b = rng.choice(count, 2, replace=False)
            ends.append((f"bus{a}", f"bus{b}"))
        points = tuple(ConnectionPoint(pod_id=f"POD-{i}", bus=f"bus{i}") for i in range(1, count))
        network = Network(
            id="tree",
            version="1",
            buses=buses,
            sources=(Source(id="S", bus="bus0", voltage_pu=1.0),),
            lines=_lines(rng, ends),
            transformers=(),
            loads=(),
            connection_points=points,
        )
        p_kw = rng.uniform(100, 1500, (1, count - 1))
        case = Case(check(network), ConsumerPower(p_kw, p_kw * TAN_PHI))
        return _limited(case, engine, rng)

    return make


@pytest.fixture(scope="session")
def random_tree(engine: GridModelPowerFlow) -> MakeCase:
    """A radial 20 kV network that withdraws."""
    return trees(engine)


def _low_line(name: str, first: int, second: int) -> Line:
    return Line(
        id=name,
        from_bus=f"low{first}",
        to_bus=f"low{second}",
        resistance_ohm=0.3,
        reactance_ohm=0.2,
        capacitance_nf=100.0,
        limit_a=None,
    )


def _mesh_transformers(names: list[str]) -> tuple[Transformer, ...]:
    return tuple(
        Transformer(
            id=f"t{bus}",
            from_bus=bus,
            to_bus=mv,
            from_kv=110.0,
            to_kv=20.4,
            rated_kva=25000.0,
            short_circuit_percent=11.0,
            copper_loss_kw=90.0,
            no_load_percent=0.3,
            iron_loss_kw=20.0,
            phase_shift_deg=30.0,
            tap_position=2,
            tap_step_percent=1.5,
            limit_percent=None,
        )
        for bus, mv in (("hv", names[0]), ("hv2", names[2]))
    )


def _mesh_windings(middle: str) -> tuple[Winding, Winding, Winding]:
    return (
        Winding(
            id="t3/hv",
            bus="hv",
            rated_kv=110.0,
            rated_kva=40000.0,
            resistance_ohm=1.2,
            reactance_ohm=40.0,
            limit_percent=None,
        ),
        Winding(
            id="t3/mv",
            bus=middle,
            rated_kv=20.0,
            rated_kva=25000.0,
            resistance_ohm=0.02,
            reactance_ohm=0.4,
            phase_shift_deg=-30.0,
            limit_percent=None,
        ),
        Winding(
            id="t3/lv",
            bus="low0",
            rated_kv=10.0,
            rated_kva=15000.0,
            resistance_ohm=0.02,
            reactance_ohm=0.5,
            limit_percent=None,
        ),
    )


@pytest.fixture(scope="session")
def random_village(engine: GridModelPowerFlow) -> MakeCase:
    """A low-voltage network of some feeders with equal cables, all behind one line that is full."""
    return villages(engine)


def villages(engine: GridModelPowerFlow) -> MakeCase:
    """Low-voltage networks of some feeders with equal cables, all behind one line that is full."""

    def make(seed: int) -> Case:
        rng = np.random.default_rng(seed + 10**6)
        feeders, length = int(rng.integers(2, 5)), int(rng.integers(4, 16))
        count = feeders * length
        ends = [("bus0", "bus1")]
        ends += [
            (f"bus{i - 1}" if (i - 2) % length else "bus1", f"bus{i}") for i in range(2, count + 2)
        ]
        sizes = np.ones(count + 1) if rng.random() < 0.6 else rng.uniform(0.5, 2, count + 1)
        lines = [
            Line(
                id=f"line{i}",
                from_bus=a,
                to_bus=b,
                resistance_ohm=float(0.00827 * sizes[i]) if i else 0.01,
                reactance_ohm=float(0.00322 * sizes[i]) if i else 0.02,
                capacitance_nf=8.4 if i else 0.0,
                limit_a=None,
            )
            for i, (a, b) in enumerate(ends)
        ]
        network = Network(
            id="village",
            version="1",
            buses=tuple(
                Bus(id=f"bus{i}", nominal_kv=0.4, min_pu=None, max_pu=None)
                for i in range(count + 2)
            ),
            sources=(Source(id="S", bus="bus0", voltage_pu=1.0),),
            lines=tuple(lines),
            connection_points=tuple(
                ConnectionPoint(pod_id=f"POD-{i}", bus=f"bus{i}") for i in range(2, count + 2)
            ),
        )
        unit = float(rng.uniform(4, 14)) * 15 / count
        equal = rng.random() < 0.7
        p_kw = unit * (np.ones((1, count)) if equal else rng.uniform(0.5, 1.5, (1, count)))
        power = ConsumerPower(p_kw, p_kw * float(rng.choice([0.2, 0.33])))
        current = float(engine.solve(check(network), power).from_a[0, 0])
        lines[0] = replace(lines[0], limit_a=current * float(rng.uniform(0.6, 0.95)))
        return Case(check(replace(network, lines=tuple(lines))), power)

    return make


@pytest.fixture(scope="session")
def random_mesh(engine: GridModelPowerFlow) -> MakeCase:
    """Two sources, a transformer of two and one of three windings, loops, switches, feeding in."""

    def make(seed: int) -> Case:
        rng = np.random.default_rng(seed)
        count = int(rng.integers(6, 12))
        buses = (
            Bus(id="hv", nominal_kv=110.0, min_pu=None, max_pu=None),
            Bus(id="hv2", nominal_kv=110.0, min_pu=None, max_pu=None),
            Bus(id="tie", nominal_kv=20.0, min_pu=None, max_pu=None),
            *(Bus(id=f"bus{i}", nominal_kv=20.0, min_pu=None, max_pu=None) for i in range(count)),
            *(Bus(id=f"low{i}", nominal_kv=10.0, min_pu=None, max_pu=None) for i in range(3)),
        )
        names = [f"bus{i}" for i in range(count)]
        ends = [(names[i], names[(i + 1) % count]) for i in range(count)]
        ends += [(names[0], names[count // 2]), ("tie", names[count // 3])]
        lines = (
            *_lines(rng, ends),
            *(_low_line(*each) for each in (("low-a", 0, 1), ("low-b", 1, 2), ("open", 2, 0))),
        )
        units = _mesh_transformers(names)
        windings = _mesh_windings(names[count - 2])
        switches = (
            Switch(id="closed", bus="tie", other=names[1]),
            Switch(id="parted", bus="low2", other="open", closed=False),
        )
        held = [*names[1:], "low1", "low2"]
        points = tuple(ConnectionPoint(pod_id=f"POD-{i}", bus=bus) for i, bus in enumerate(held))
        network = Network(
            id="mesh",
            version="1",
            buses=buses,
            sources=(
                Source(id="S1", bus="hv", voltage_pu=1.02),
                Source(id="S2", bus="hv2", voltage_pu=1.02, angle_deg=-0.2),
            ),
            lines=lines,
            transformers=units,
            loads=(Load(id="other", bus=names[3], p_kw=300.0, q_kvar=100.0),),
            connection_points=points,
            three_winding_transformers=(ThreeWindingTransformer(id="t3", windings=windings),),
            switches=switches,
            generators=(Generator(id="G", bus=names[4], p_kw=-500.0, voltage_pu=1.0),)
            if rng.random() < 0.2
            else (),
        )
        p_kw = rng.uniform(-2000, 3000, (1, len(points) + 1))
        case = Case(check(network), ConsumerPower(p_kw, p_kw * TAN_PHI))
        return _limited(case, engine, rng)

    return make


@pytest.fixture(scope="session")
def worst_by_pandapower() -> Worst:
    """Greatest excess over any limit, by pandapower's power flow."""

    def worst(network: Network, power: ConsumerPower) -> float:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            net = pp.from_json_string(write_pandapower(_with(network, power)).decode())
            pp.runpp(net, tolerance_mva=1e-11, numba=False)
        return float(Limits(network).excess(_State(network, net)).max())

    return worst


def _with(network: Network, power: ConsumerPower) -> Network:
    """The network with the powers in it, the PoDs as loads."""
    consumers = zip(network.consumers, power.p_kw[0], power.q_kvar[0], strict=True)
    loads = tuple(
        Load(id=f"L{i}", bus=each.bus, p_kw=float(p), q_kvar=float(q))
        for i, (each, p, q) in enumerate(consumers)
    )
    return replace(network, loads=loads, connection_points=())


class _State:
    """pandapower's results in our order."""

    def __init__(self, network: Network, net: Any) -> None:
        three = [net.res_trafo3w[f"i_{side}_ka"].to_numpy() for side in ("hv", "mv", "lv")]
        of_three = np.stack(three, axis=1).ravel()
        self.voltage_pu = net.res_bus.vm_pu.to_numpy()[None]
        self.from_a = (
            1e3 * np.concatenate([net.res_line.i_from_ka, net.res_trafo.i_hv_ka, of_three])[None]
        )
        self.to_a = (
            1e3
            * np.concatenate(
                [net.res_line.i_to_ka, net.res_trafo.i_lv_ka, np.zeros(len(of_three))]
            )[None]
        )
        assert self.from_a.shape == (1, len(network.branches))
