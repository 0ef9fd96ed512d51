"""Requests of single PoDs cost not more than pandapower's optimal power flow asks for.

The peer solves the same problem with an interior-point method of its own: loads may withdraw less
at constant kvar, at the least sum of kW, so that no line carries more than its limit.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from platone.grid.file.pandapower.read import read_pandapower
from platone.grid.flexibility.request import PodFlexibility, size_request
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.limit import Limits
from platone.grid.flow.state import snapshot

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pandapower as pp
    from pandapower import networks as public

WITHIN = 1e-4
"""Of the peer's sum."""
TIGHT = {f"PDIPM_{name}TOL": 1e-7 for name in ("FEAS", "GRAD", "COMP", "COST")}
"""By default the peer stops up to a percent before the least."""


@dataclass(frozen=True)
class Public:
    """A public network, overloaded in some lines.

    Attributes:
        make: It.
        loaded: What the loads withdraw, by what the file says.
        limited: Each how-manyth line has a limit.
        share: That limit by the line's current.
    """

    make: Callable[[], Any]
    loaded: float
    limited: int
    share: float


NETWORKS = {
    "cigre_mv": Public(public.create_cigre_network_mv, 1.0, 3, 0.9),
    "four_loads_with_branches_out": Public(public.four_loads_with_branches_out, 1.0, 2, 0.85),
    "kerber_vorstadtnetz": Public(public.create_kerber_vorstadtnetz_kabel_1, 1.0, 40, 0.92),
}


def limited(case: Public) -> Any:
    """The network with limits of lines alone, so that both sides have the same."""
    net = case.make()
    net.load[["p_mw", "q_mvar"]] *= case.loaded * net.load[["scaling"]].to_numpy()
    net.load["scaling"] = 1.0
    pp.runpp(net, tolerance_mva=1e-10, numba=False)
    net.line["max_i_ka"] = 1e3
    chosen = [i for i in net.line.index[:: case.limited] if net.res_line.i_ka[i] > 1e-3]
    net.line.loc[chosen, "max_i_ka"] = case.share * net.res_line.i_ka[chosen]
    net.line["parallel"], net.line["df"] = 1, 1.0
    net.line["max_loading_percent"] = 100.0
    net.trafo["max_loading_percent"] = np.inf
    net.bus["min_vm_pu"], net.bus["max_vm_pu"] = 0.5, 1.5
    return net


def least_of_the_peer(net: Any) -> float:
    """The kW that loads must withdraw less, at constant kvar."""
    net.load["controllable"] = True
    net.load["min_p_mw"], net.load["max_p_mw"] = 0.0, net.load.p_mw
    net.load["min_q_mvar"] = net.load["max_q_mvar"] = net.load.q_mvar
    for name in ("p_mw", "q_mvar"):
        net.ext_grid[f"min_{name}"], net.ext_grid[f"max_{name}"] = -1e3, 1e3
    for table in ("ext_grid", "sgen"):
        net[table]["controllable"] = False
    for i in net.load.index:
        pp.create_poly_cost(net, i, "load", cp1_eur_per_mw=-1e3)
    pp.create_poly_cost(net, 0, "ext_grid", cp1_eur_per_mw=0.0)
    before = float(net.load.p_mw.sum())
    pp.runopp(net, calculate_voltage_angles=False, numba=False, **TIGHT)
    return 1e3 * (before - float(net.res_load.p_mw.sum()))


@pytest.mark.usefixtures("adjoint")
@pytest.mark.parametrize("name", NETWORKS)
def test_a_request_asks_for_no_more_than_an_optimal_power_flow(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = limited(NETWORKS[name])
        network = read_pandapower(pp.to_json(net).encode())
        peer = least_of_the_peer(net)
    buses = tuple(replace(bus, min_pu=None, max_pu=None) for bus in network.buses)
    network = replace(
        network,
        buses=buses,
        transformers=tuple(replace(each, limit_percent=None) for each in network.transformers),
    )
    flexible = [
        PodFlexibility(pod_id=load.id, max_up_kw=0.0, max_down_kw=load.p_kw, kvar_per_kw=0.0)
        for load in network.loads
        if load.p_kw > 0
    ]
    engine, limits = GridModelPowerFlow(), Limits(network)
    need = size_request(limits, engine, snapshot(network), flexible, in_groups=False)
    assert need.violations
    assert not need.incurable
    asked = -sum(each.change_kw for each in need.needs)
    assert peer > 1.0
    assert asked <= peer * (1 + WITHIN)
    assert asked >= peer * (1 - WITHIN)  # less would not cure what the peer cures
