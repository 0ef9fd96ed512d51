"""Networks with a known state, and measurements of it in our form and in pandapower's."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from platone.grid.estimation.measurement import (
    BranchCurrent,
    BranchPower,
    Injection,
    Measurement,
    VoltageMeasurement,
)
from platone.grid.estimation.network_model import NetworkModel
from platone.grid.file.network_source import read_network_content
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.state import snapshot
from platone.grid.network.branch import Line, Transformer
from platone.grid.network.check import check
from platone.grid.network.element import Bus, Load, Source
from platone.grid.network.model import Network

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pandapower as pp
    from pandapower.estimation import estimate as pandapower_estimate
    from pandapower.networks import create_cigre_network_mv, mv_oberrhein


def _meshed() -> Any:
    """Two voltage levels, two transformers on different taps, a ring, a line open at one end."""
    net = pp.create_empty_network()
    high = pp.create_bus(net, 110.0)
    mid = [pp.create_bus(net, 20.0) for _ in range(6)]
    pp.create_ext_grid(net, high, vm_pu=1.01)
    for tap in (0, 1):
        pp.create_transformer(net, high, mid[0], "25 MVA 110/20 kV", tap_pos=tap)
    kind = "NA2XS2Y 1x185 RM/25 12/20 kV"
    for a, b, km in ((0, 1, 2.0), (1, 2, 1.0), (2, 3, 3.0), (3, 0, 2.5), (2, 4, 1.5), (4, 5, 2.0)):
        pp.create_line(net, mid[a], mid[b], km, kind)
    pp.create_switch(net, mid[5], pp.create_line(net, mid[5], mid[3], 2.0, kind), "l", closed=False)
    for bus, p_mw, q_mvar in ((1, 1.5, 0.4), (3, 2.0, 0.7), (4, -1.0, 0.1), (5, 0.8, 0.3)):
        pp.create_load(net, mid[bus], p_mw, q_mvar)
    return net


def _cigre() -> Any:
    return create_cigre_network_mv(with_der=False)


_NETWORKS: dict[str, Callable[[], Any]] = {
    "meshed": _meshed,
    "cigre": _cigre,
    "oberrhein": mv_oberrhein,
}


class Twin:
    """A network in both forms, its state, and measurements of it in both forms."""

    def __init__(self, net: Any, seed: int = 1) -> None:
        self.net = net
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pp.runpp(net, calculate_voltage_angles=True, tolerance_mva=1e-10, numba=False)
            self.network: Network = read_network_content("twin", pp.to_json(net).encode())
        self.model = NetworkModel(self.network)
        self.random = np.random.default_rng(seed)
        self.measurements: list[Measurement] = []
        self.noise = 1.0

    def _noisy(self, value: float, std: float) -> float:
        return float(value + self.noise * std * self.random.standard_normal())

    def _twin(self, kind: str, table: str, row: int, value: float, std: float, side: Any) -> None:
        pp.create_measurement(self.net, kind, table, value, std, row, side)

    def voltage(self, row: int, std: float = 0.002, std_deg: float | None = None) -> None:
        state = self.net.res_bus.loc[row]
        kv = float(self.net.bus.vn_kv[row])
        pu = self._noisy(state.vm_pu, std)
        self._twin("v", "bus", row, pu, std, None)
        angle = None
        if std_deg is not None:
            angle = self._noisy(state.va_degree, std_deg)
            self._twin("va", "bus", row, angle, std_deg, None)
        self.measurements.append(
            VoltageMeasurement(
                id=f"v{row}-{len(self.measurements)}",
                bus=f"bus/{row}",
                voltage_kv=pu * kv,
                std_kv=std * kv,
                angle_deg=angle,
                std_deg=std_deg,
            )
        )

    def branch(self, table: str, row: int, side: str, std_mva: float = 0.02) -> None:
        state = self.net[f"res_{table}"].loc[row]
        p = self._noisy(state[f"p_{side}_mw"], std_mva)
        q = self._noisy(state[f"q_{side}_mvar"], std_mva)
        self._twin("p", table, row, p, std_mva, side)
        self._twin("q", table, row, q, std_mva, side)
        self.measurements.append(
            BranchPower(
                id=f"{table}{row}{side}",
                branch=f"{table}/{row}",
                end="from" if side in {"from", "hv"} else "to",
                p_kw=p * 1e3,
                q_kvar=q * 1e3,
                std_kw=std_mva * 1e3,
                std_kvar=std_mva * 1e3,
            )
        )

    def current(self, table: str, row: int, side: str, std_ka: float = 0.001) -> None:
        amperes = self._noisy(self.net[f"res_{table}"].loc[row][f"i_{side}_ka"], std_ka)
        self._twin("i", table, row, amperes, std_ka, side)
        self.measurements.append(
            BranchCurrent(
                id=f"i{table}{row}{side}",
                branch=f"{table}/{row}",
                end="from" if side in {"from", "hv"} else "to",
                current_a=amperes * 1e3,
                std_a=std_ka * 1e3,
            )
        )

    def injection(self, row: int, std_mva: float = 0.01) -> None:
        p, q = (float(self.net.res_bus.loc[row][name]) for name in ("p_mw", "q_mvar"))
        p, q = self._noisy(p, std_mva), self._noisy(q, std_mva)
        self._twin("p", "bus", row, p, std_mva, None)
        self._twin("q", "bus", row, q, std_mva, None)
        self.measurements.append(
            Injection(
                id=f"p{row}",
                element=f"bus/{row}",
                p_kw=p * 1e3,
                q_kvar=q * 1e3,
                std_kw=std_mva * 1e3,
                std_kvar=std_mva * 1e3,
            )
        )

    @property
    def loaded(self) -> list[int]:
        """Buses at which something is connected."""
        net = self.net
        found = {*net.load.bus[net.load.in_service], *net.sgen.bus[net.sgen.in_service]}
        return sorted(int(row) for row in found)

    def everything(self) -> None:
        """SCADA at every second bus and third branch, meters everywhere."""
        for row in self.net.bus.index[::2]:
            self.voltage(int(row))
        for row in self.net.line.index[::3]:
            if self.net.line.in_service[row]:
                self.branch("line", int(row), "from")
        for row in self.net.trafo.index:
            self.branch("trafo", int(row), "hv")
        for row in self.loaded:
            self.injection(row)

    def solved_by_pandapower(self) -> Any:
        """pandapower's weighted least squares; nodes without consumers as surely as it can."""
        fed = {int(row) for row in self.net.ext_grid.bus}
        for row in self.net.bus.index:
            if int(row) not in {*self.loaded, *fed}:
                self._twin("p", "bus", int(row), 0.0, 1e-5, None)
                self._twin("q", "bus", int(row), 0.0, 1e-5, None)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pandapower_estimate(
                self.net,
                init="flat",
                tolerance=1e-9,
                zero_injection=None,
                fuse_buses_with_bb_switch="all",
            )
        return self.net.res_bus_est


@pytest.fixture
def twin() -> Callable[..., Twin]:
    def make(name: str, seed: int = 1) -> Twin:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Twin(_NETWORKS[name](), seed)

    return make


def make_street(nodes: int = 8, km: float = 0.4) -> Network:
    """A 110/20 kV transformer and two feeders; every third node has no consumer."""
    buses = [Bus(id="hv", nominal_kv=110.0, min_pu=0.9, max_pu=1.1)]
    buses += [Bus(id=f"b{i}", nominal_kv=20.0, min_pu=0.9, max_pu=1.1) for i in range(nodes)]
    unit = Transformer(
        id="t",
        from_bus="hv",
        to_bus="b0",
        from_kv=110.0,
        to_kv=20.0,
        rated_kva=25e3,
        short_circuit_percent=11.0,
        copper_loss_kw=80.0,
        no_load_percent=0.1,
        iron_loss_kw=20.0,
        phase_shift_deg=150.0,
    )
    parents = [0, *[max(i - 2, 0) for i in range(2, nodes)]]
    lines = [
        Line(
            id=f"l{i}",
            from_bus=f"b{parent}",
            to_bus=f"b{i}",
            resistance_ohm=0.3 * km,
            reactance_ohm=0.15 * km,
            capacitance_nf=250.0 * km,
            limit_a=300.0,
        )
        for i, parent in enumerate(parents, start=1)
    ]
    loads = [
        Load(id=f"c{i}", bus=f"b{i}", p_kw=300.0 + 40 * i, q_kvar=80.0 + 10 * i)
        for i in range(1, nodes)
        if i % 3
    ]
    return check(
        Network(
            id="street",
            name="street",
            version="1",
            buses=tuple(buses),
            sources=(Source(id="s", bus="hv", voltage_pu=1.02),),
            lines=tuple(lines),
            transformers=(unit,),
            loads=tuple(loads),
        )
    )


@pytest.fixture
def street() -> Callable[..., Network]:
    return make_street


def measure_street(
    network: Network, noise: float = 0.0, seed: int = 1
) -> tuple[NetworkModel, list[Measurement]]:
    """Voltages at all buses, power through the transformer, a meter at each consumer."""
    flow = GridModelPowerFlow().solve(network, snapshot(network))
    random = np.random.default_rng(seed)

    def noisy(value: float, std: float) -> float:
        return float(value + noise * std * random.standard_normal())

    found: list[Measurement] = [
        VoltageMeasurement(
            id=f"v-{bus.id}",
            bus=bus.id,
            voltage_kv=noisy(flow.voltage_pu[0, row] * bus.nominal_kv, 2e-3 * bus.nominal_kv),
            std_kv=2e-3 * bus.nominal_kv,
        )
        for row, bus in enumerate(network.buses)
    ]
    kva = flow.from_kva[0, len(network.lines)]
    found.append(
        BranchPower(
            id="station",
            branch="t",
            end="from",
            p_kw=noisy(kva.real, 20.0),
            q_kvar=noisy(kva.imag, 20.0),
            std_kw=20.0,
            std_kvar=20.0,
        )
    )
    found += [
        Injection(
            id=f"m-{load.id}",
            element=load.id,
            p_kw=noisy(load.p_kw, 2.0),
            q_kvar=noisy(load.q_kvar, 2.0),
            std_kw=2.0,
            std_kvar=2.0,
        )
        for load in network.loads
    ]
    return NetworkModel(network), found


@pytest.fixture
def measured_street() -> Callable[..., tuple[NetworkModel, list[Measurement]]]:
    return measure_street


@pytest.fixture(scope="session")
def meshed_twin() -> Twin:
    return Twin(_meshed())
