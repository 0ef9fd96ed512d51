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
        Line(f"line{i}", "", a, b, float(r), float(x), float(nf), None)
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


@pytest.fixture(scope="session")
def random_tree(engine: GridModelPowerFlow) -> MakeCase:
    """A radial 20 kV network that withdraws."""

    def make(seed: int) -> Case:
        rng = np.random.default_rng(seed)
        count = int(rng.integers(4, 13))
        buses = tuple(Bus(f"bus{i}", "", 20.0, None, None) for i in range(count))
        ends = [(f"bus{int(rng.integers(max(0, i - 4), i))}", f"bus{i}") for i in range(1, count)]
        points = tuple(ConnectionPoint(f"POD-{i}", f"bus{i}") for i in range(1, count))
        network = Network(
            "tree",
            "",
            "1",
            "",
            buses,
            (Source("S", "bus0", 1.0),),
            _lines(rng, ends),
            (),
            (),
            points,
        )
        p_kw = rng.uniform(100, 1500, (1, count - 1))
        case = Case(check(network), ConsumerPower(p_kw, p_kw * TAN_PHI))
        return _limited(case, engine, rng)

    return make


@pytest.fixture(scope="session")
def random_mesh(engine: GridModelPowerFlow) -> MakeCase:
    """Two sources, a transformer of two and one of three windings, loops, switches, feeding in."""

    def make(seed: int) -> Case:
        rng = np.random.default_rng(seed)
        count = int(rng.integers(6, 12))
        buses = (
            Bus("hv", "", 110.0, None, None),
            Bus("hv2", "", 110.0, None, None),
            Bus("tie", "", 20.0, None, None),
            *(Bus(f"bus{i}", "", 20.0, None, None) for i in range(count)),
            *(Bus(f"low{i}", "", 10.0, None, None) for i in range(3)),
        )
        names = [f"bus{i}" for i in range(count)]
        ends = [(names[i], names[(i + 1) % count]) for i in range(count)]
        ends += [(names[0], names[count // 2]), ("tie", names[count // 3])]
        lines = (
            *_lines(rng, ends),
            Line("low-a", "", "low0", "low1", 0.3, 0.2, 100.0, None),
            Line("low-b", "", "low1", "low2", 0.3, 0.2, 100.0, None),
            Line("open", "", "low2", "low0", 0.3, 0.2, 100.0, None),
        )
        units = tuple(
            Transformer(
                f"t{bus}", "", bus, mv, 110.0, 20.4, 25000.0, 11.0, 90.0, 0.3, 20.0,
                phase_shift_deg=30.0, tap_position=2, tap_step_percent=1.5, limit_percent=None,
            )
            for bus, mv in (("hv", names[0]), ("hv2", names[2]))
        )  # fmt: skip
        windings = (
            Winding("t3/hv", "hv", 110.0, 40000.0, 1.2, 40.0, limit_percent=None),
            Winding("t3/mv", names[count - 2], 20.0, 25000.0, 0.02, 0.4, phase_shift_deg=-30.0,
                    limit_percent=None),
            Winding("t3/lv", "low0", 10.0, 15000.0, 0.02, 0.5, limit_percent=None),
        )  # fmt: skip
        switches = (
            Switch("closed", "", "tie", names[1]),
            Switch("parted", "", "low2", "open", closed=False),
        )
        held = [*names[1:], "low1", "low2"]
        points = tuple(ConnectionPoint(f"POD-{i}", bus) for i, bus in enumerate(held))
        network = Network(
            "mesh",
            "",
            "1",
            buses=buses,
            sources=(Source("S1", "hv", 1.02), Source("S2", "hv2", 1.02, -0.2)),
            lines=lines,
            transformers=units,
            loads=(Load("other", "", names[3], 300.0, 100.0),),
            connection_points=points,
            three_winding_transformers=(ThreeWindingTransformer("t3", "", windings),),
            switches=switches,
            generators=(Generator("G", "", names[4], -500.0, 1.0),) if rng.random() < 0.2 else (),
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
        Load(f"L{i}", "", each.bus, float(p), float(q)) for i, (each, p, q) in enumerate(consumers)
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
