"""pandapower's three-phase power flow as the oracle."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from platone.grid.file.pandapower.read import read_pandapower
from platone.grid.flow.current_injection import CurrentInjectionFlow
from platone.grid.flow.phase_share import phase_power
from platone.grid.flow.phase_state import PhaseFlow
from platone.grid.flow.state import snapshot
from platone.grid.network.model import Network
from platone.grid.result.source_power import source_kva

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pandapower as pp

Solve = Callable[[Network], PhaseFlow]
Agree = Callable[[Any], PhaseFlow]
_ABC = "abc"
_ENDS = {"line": ("from", "to"), "trafo": ("hv", "lv")}


@pytest.fixture(scope="session")
def phases() -> CurrentInjectionFlow:
    return CurrentInjectionFlow()


@pytest.fixture(scope="session")
def solve(phases: CurrentInjectionFlow) -> Solve:
    return lambda network: phases.solve(network, phase_power(network, snapshot(network)))


def made_unbalanced(net: Any) -> Any:
    """A quarter of every load is balanced, as much is shared out to the phases by chance.

    Zero sequences are supposed.
    """
    chance = np.random.default_rng(3)
    for table in ("load", "sgen"):
        net[table]["type"] = "wye"  # pandapower leaves out what is of other types
    net.load["scaling"] /= 4
    for _, load in list(net.load.iterrows()):
        p_mw, q_mvar = (each * chance.dirichlet([1, 1, 1]) for each in (load.p_mw, load.q_mvar))
        powers = {f"p_{phase}_mw": p for phase, p in zip("abc", p_mw, strict=True)}
        powers |= {f"q_{phase}_mvar": q for phase, q in zip("abc", q_mvar, strict=True)}
        place = {"scaling": load.scaling, "in_service": load.in_service}
        pp.create_asymmetric_load(net, load.bus, **powers, **place)
    net.line["r0_ohm_per_km"] = 4 * net.line.r_ohm_per_km
    net.line["x0_ohm_per_km"] = 3 * net.line.x_ohm_per_km
    net.line["c0_nf_per_km"] = 0.6 * net.line.c_nf_per_km
    net.trafo["vector_group"] = "Dyn"
    net.trafo["vk0_percent"], net.trafo["vkr0_percent"] = net.trafo.vk_percent * 0.9, 0.3
    net.trafo["mag0_percent"], net.trafo["mag0_rx"] = 80.0, 0.2
    net.trafo["si0_hv_partial"] = 0.7
    behind = {"s_sc_max_mva": 1000.0, "rx_max": 0.1, "x0x_max": 1.5, "r0x0_max": 0.2}
    for column, value in behind.items():
        net.ext_grid[column] = value
    return net


@pytest.fixture(scope="session")
def unbalanced() -> Callable[[Any], Any]:
    """Makes a public network an unbalanced one."""

    def make(net: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return made_unbalanced(net)

    return make


def exactly(net: Any) -> None:
    """pandapower's own tolerance, 3e-8 MVA a node, leaves 6e-6 pu: it is run on from its result.

    It cannot go on where switches part lines; there it stops at what is exact in medium voltage.
    """
    pp.runpp_3ph(net, numba=False, tolerance_mva=1e-13)
    parted = bool(((net.switch.et != "b") & ~net.switch.closed).any())
    for _ in range(0 if parted else 3):
        pp.runpp_3ph(net, numba=False, tolerance_mva=1e-13, init="results")


@pytest.fixture(scope="session")
def agree(solve: Solve) -> Agree:
    """Reads what pandapower writes, solves it, and compares with pandapower's own results."""

    def check(net: Any) -> PhaseFlow:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            flow = solve(read_pandapower(pp.to_json(net).encode()))
            exactly(net)
        _compare_buses(flow, net)
        for table, ends in _ENDS.items():
            _compare_branches(flow, net, table, ends)
        _compare_sources(flow, net)
        return flow

    return check


def _compare_buses(flow: PhaseFlow, net: Any) -> None:
    places = [flow.network.bus_position[f"bus/{index}"] for index in net.res_bus_3ph.index]
    expected = net.res_bus_3ph.fillna(0.0)  # what nothing feeds
    pu = expected[[f"vm_{each}_pu" for each in _ABC]].to_numpy()
    degrees = expected[[f"va_{each}_degree" for each in _ABC]].to_numpy()
    phasors = pu * np.exp(1j * np.deg2rad(degrees))
    assert np.abs(flow.voltage_pu[0, places] - pu).max() < 1e-6
    assert np.abs(flow.voltage[0, places] - phasors).max() < 1e-6
    live = pu.min(axis=1) > 0
    percent = expected.unbalance_percent.to_numpy()[live]
    assert np.abs(flow.unbalance[0, places][live] * 100 - percent).max() < 1e-4


def _compare_branches(flow: PhaseFlow, net: Any, table: str, ends: tuple[str, str]) -> None:
    result = net[f"res_{table}_3ph"].fillna(0.0)
    places = [flow.network.branch_position[f"{table}/{index}"] for index in result.index]
    currents = flow.from_a, flow.to_a
    for end, current, kva in zip(ends, currents, flow.phase_kva, strict=True):
        expected = result[[f"i_{each}_{end}_ka" for each in _ABC]].to_numpy() * 1e3
        assert np.allclose(current[0, places], expected, rtol=1e-4, atol=1e-3)
        p_kw = result[[f"p_{each}_{end}_mw" for each in _ABC]].to_numpy() * 1e3
        q_kvar = result[[f"q_{each}_{end}_mvar" for each in _ABC]].to_numpy() * 1e3
        assert np.allclose(kva[0, places], p_kw + 1j * q_kvar, rtol=1e-4, atol=2e-2)
    lost = [name for name in result.columns if name.startswith("p_") and name.endswith("_l_mw")]
    lost = lost or [f"pl_{each}_mw" for each in _ABC]
    assert np.allclose(flow.loss_kw[0, places], result[lost].sum(axis=1) * 1e3, atol=1e-3)


def _compare_sources(flow: PhaseFlow, net: Any) -> None:
    """The sources' power by phase is pandapower's.

    With impedance elements its sources contradict its own lines at their bus: then those count.
    """
    names = [source.id for source in flow.network.sources]
    places = [names.index(f"ext_grid/{index}") for index in net.ext_grid.index]
    if len(net.impedance):
        (bus,) = net.ext_grid.bus
        (line,) = net.line.index[net.line.from_bus == bus]
        expected = _by_phase(net.res_line_3ph.loc[[line]], "_from")
    else:
        expected = _by_phase(net.res_ext_grid_3ph, "")
    assert np.allclose(source_kva(flow)[0, places], expected, rtol=1e-4, atol=5e-2)


def _by_phase(result: Any, end: str) -> Any:
    p_kw = result[[f"p_{each}{end}_mw" for each in _ABC]].to_numpy() * 1e3
    q_kvar = result[[f"q_{each}{end}_mvar" for each in _ABC]].to_numpy() * 1e3
    return p_kw + 1j * q_kvar
