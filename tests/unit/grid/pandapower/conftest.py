"""pandapower as the oracle of what its files mean."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from platone.grid.file.pandapower.read import read_pandapower
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.state import Flow, snapshot
from platone.grid.network.model import Network

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pandapower as pp

_VOLTAGE_PU = 1e-7
_ANGLE_DEG = 1e-4
_CURRENT_RELATIVE = 1e-5
_CURRENT_A = 1e-4
_POWER_RELATIVE, _POWER_KW = 1e-5, 1e-2
_TERMINALS = {
    "line": (("from", ""), ("to", "")),
    "trafo": (("hv", ""), ("lv", "")),
    "trafo3w": (("hv", "/hv"), ("mv", "/mv"), ("lv", "/lv")),
}

Agree = Callable[..., tuple[Network, Flow]]
Quietly = Callable[[Callable[[], Any]], Any]


@pytest.fixture(scope="session")
def solve(engine: GridModelPowerFlow) -> Callable[[Network], Flow]:
    return lambda network: engine.solve(network, snapshot(network))


@pytest.fixture(scope="session")
def agree(solve: Callable[[Network], Flow], quietly: Quietly) -> Agree:
    """Reads what pandapower writes, solves it, and compares with pandapower's own results."""

    def check(
        net: Any, tolerance_mva: float = 1e-11, *, buses_apart: bool = True
    ) -> tuple[Network, Flow]:
        text = quietly(lambda: pp.to_json(net))
        network = read_pandapower(text.encode())
        flow = solve(network)
        # pandapower's own tolerance, 1e-8 MVA, leaves 6e-7 pu on low-voltage networks
        quietly(lambda: pp.runpp(net, numba=False, tolerance_mva=tolerance_mva, max_iteration=30))
        assert_same_state(net, network, flow, buses_apart=buses_apart)
        return network, flow

    return check


def assert_same_state(net: Any, network: Network, flow: Flow, *, buses_apart: bool = True) -> None:
    rows = [network.bus_position[f"bus/{index}"] for index in net.res_bus.index]
    expected = net.res_bus
    fed = expected.vm_pu.notna().to_numpy()
    assert fed.any()
    voltage = flow.voltage_pu[0, rows]
    assert np.all(voltage[~fed] == 0)
    assert np.abs(voltage[fed] - expected.vm_pu[fed]).max() < _VOLTAGE_PU
    angle = np.rad2deg(flow.angle_rad[0, rows])[fed] - expected.va_degree[fed]
    assert np.abs((angle + 180) % 360 - 180).max() < _ANGLE_DEG
    plain = ~expected.index.isin(net.xward.bus)  # an extended ward has a bus of its own here
    for part, ours in (("p_mw", flow.bus_kw), ("q_mvar", flow.bus_kvar)):
        differ = ours[0, rows] - expected[part].fillna(0) * 1e3
        bound = _POWER_KW + _POWER_RELATIVE * np.abs(ours[0, rows])
        if buses_apart:
            assert np.all(np.abs(differ[plain]) < bound[plain])
        else:  # of buses that switches join, it is a matter of taste which one balances
            assert abs(differ.sum()) < bound.sum()
    for table in _TERMINALS:
        _assert_same_branches(table, net, network, flow)


def _assert_same_branches(table: str, net: Any, network: Network, flow: Flow) -> None:
    results = net[f"res_{table}"]
    loss_kw = np.zeros(len(results))
    names = results.index
    for end, (side, suffix) in enumerate(_TERMINALS[table]):
        rows = [network.branch_position[f"{table}/{index}{suffix}"] for index in names]
        ours = flow.to_a if end == 1 and not suffix else flow.from_a
        theirs = results[f"i_{side}_ka"].fillna(0) * 1e3
        assert np.allclose(ours[0, rows], theirs, rtol=_CURRENT_RELATIVE, atol=_CURRENT_A)
        if suffix or end == 0:
            loss_kw = loss_kw + flow.loss_kw[0, rows]
        if end == 0 and not suffix:
            _assert_same_loading(table, net, flow, rows)
    theirs = results.pl_mw.fillna(0) * 1e3
    assert np.allclose(loss_kw, theirs, rtol=_POWER_RELATIVE, atol=_POWER_KW)


def _assert_same_loading(table: str, net: Any, flow: Flow, rows: list[int]) -> None:
    percent = net[f"res_{table}"].loading_percent.fillna(0).to_numpy()
    if "max_loading_percent" in net[table]:
        percent = percent / net[table].max_loading_percent.fillna(100).to_numpy() * 100
    assert np.allclose(flow.loading()[0, rows] * 100, percent, rtol=1e-4, atol=1e-3)
