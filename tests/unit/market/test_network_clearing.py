"""Clearing that keeps the grid's limits, beside pandapower's optimal power flows on a ring.

Limits and effects are taken from pandapower too, as a DSO would tell them.
"""

import warnings
from random import Random
from typing import Any

import numpy as np
import pytest
from tests.unit.market.market_case import changes, grid_limit, offer, session

from platone.market.domain.clearing import clear
from platone.messages.clearing import ClearingRules, GridLimit, Method

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pandapower as pp
    from pandapower import networks as public

SHARE = 0.9
"""Limit of every second line, by its flow."""
SMALL = 10.0
"""A or kW: the magnitude of smaller currents is hardly that of their active part."""
STEP_KW = 100.0
"""Change of a load for finding its effect."""
DEAR = 100.0
"""EUR for an hour of one unit of relief: all of it is to be found."""


pytestmark = pytest.mark.usefixtures("adjoint")


def feeder() -> Any:
    """CIGRE's medium voltage network with its rings closed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = public.create_cigre_network_mv()
    net.switch["closed"] = True
    net.bus["min_vm_pu"], net.bus["max_vm_pu"] = 0.5, 1.5
    net.trafo["max_loading_percent"] = np.inf
    net.line["parallel"], net.line["df"], net.line["max_loading_percent"] = 1, 1.0, 100.0
    return net


def calculate(net: Any, *, direct: bool) -> Any:
    """The flows of the lines: kW of a DC power flow, A of an AC one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if direct:
            pp.rundcpp(net)
            return 1e3 * net.res_line.p_from_mw.to_numpy()
        pp.runpp(net, tolerance_mva=1e-10, numba=False)
        return 1e3 * net.res_line.i_ka.to_numpy()


def effects(net: Any, *, direct: bool) -> Any:
    """What one kW more at each load does to each line, shape (lines, loads)."""
    columns = []
    for load in net.load.index:
        flows = []
        for sign in (1, -1):
            net.load.loc[load, "p_mw"] += sign * STEP_KW / 1e3
            flows.append(calculate(net, direct=direct))
            net.load.loc[load, "p_mw"] -= sign * STEP_KW / 1e3
        columns.append((flows[0] - flows[1]) / (2 * STEP_KW))
    return np.array(columns).T


def prices(net: Any) -> list[float]:
    random = Random(7)  # noqa: S311 - a test's
    return [random.randint(20, 300) / 1000 for _ in net.load.index]


def cost_of_the_peer(net: Any, *, direct: bool) -> float:
    """EUR for an hour that pandapower's optimal power flow spends on less withdrawal."""
    net.load["controllable"] = True
    net.load["min_p_mw"], net.load["max_p_mw"] = 0.0, net.load.p_mw
    net.load["min_q_mvar"] = net.load["max_q_mvar"] = net.load.q_mvar
    for name in ("p_mw", "q_mvar"):
        net.ext_grid[f"min_{name}"], net.ext_grid[f"max_{name}"] = -1e3, 1e3
    net.ext_grid["controllable"] = False
    for load, price in zip(net.load.index, prices(net), strict=True):
        pp.create_poly_cost(net, load, "load", cp1_eur_per_mw=-1e3 * price)
    pp.create_poly_cost(net, 0, "ext_grid", cp1_eur_per_mw=0.0)
    before = net.load.p_mw.to_numpy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if direct:
            pp.rundcopp(net, delta=1e-12)
        else:
            tight = {f"PDIPM_{name}TOL": 1e-7 for name in ("FEAS", "GRAD", "COMP", "COST")}
            pp.runopp(net, calculate_voltage_angles=False, numba=False, **tight)
    less_kw = 1e3 * (before - net.res_load.p_mw.to_numpy())
    return float(less_kw @ np.array(prices(net)))


def limits_of(flow: Any, most: Any, effect: Any) -> tuple[GridLimit, ...]:
    """The lines' limits as a DSO would tell them, both ways: flows are those of the baselines."""
    return tuple(
        grid_limit(
            f"line/{line}",
            {f"LOAD{n}": float(each) for n, each in enumerate(effect[line])},
            most=float(most[line] - flow[line]),
            least=float(-most[line] - flow[line]),
            price=DEAR,
        )
        for line in np.flatnonzero(np.isfinite(most)).tolist()
    )


def cleared_kw(net: Any, limits: tuple[GridLimit, ...]) -> Any:
    """The change of each load that the market decides."""
    offered = zip(net.load.p_mw, prices(net), strict=True)
    recorded = session(
        *(offer(f"LOAD{n}", -1e3 * mw, price) for n, (mw, price) in enumerate(offered)),
        rules=ClearingRules(method=Method.LEAST_COST),
        limits=limits,
    )
    found = changes(clear(recorded))
    return np.array([found[f"LOAD{n}"] for n in range(len(net.load))])


@pytest.mark.parametrize(("direct", "rounds", "within"), [(True, 1, 1e-5), (False, 4, 1e-3)])
def test_it_costs_what_an_optimal_power_flow_costs(
    *, direct: bool, rounds: int, within: float
) -> None:
    """DC limits are straight: one clearing does. AC ones are told anew where the market came to."""
    net = feeder()
    baseline_mw = net.load.p_mw.to_numpy().copy()
    flow = calculate(net, direct=direct)
    limited = np.full(len(flow), np.inf)
    chosen = [line for line in range(0, len(flow), 2) if abs(flow[line]) > SMALL]
    limited[chosen] = SHARE * np.abs(flow[chosen])
    found_kw = np.zeros(len(baseline_mw))
    for _ in range(rounds):
        net.load["p_mw"] = baseline_mw + found_kw / 1e3
        effect = effects(net, direct=direct)
        straight = calculate(net, direct=direct) - effect @ found_kw
        net.load["p_mw"] = baseline_mw
        found_kw = cleared_kw(net, limits_of(straight, limited, effect))
    net.load["p_mw"] = baseline_mw + found_kw / 1e3
    assert (np.abs(calculate(net, direct=direct)) <= limited * (1 + within)).all()
    net.load["p_mw"] = baseline_mw
    kv = net.bus.vn_kv[net.line.from_bus].to_numpy()
    amperes = limited / (np.sqrt(3) * kv if direct else 1.0)
    net.line["max_i_ka"] = np.minimum(amperes / 1e3, 1e3)
    cost = float(-found_kw @ np.array(prices(net)))
    assert cost > 10
    assert cost == pytest.approx(cost_of_the_peer(net, direct=direct), rel=within)
