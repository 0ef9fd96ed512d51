"""Powers at the branches' ends and of the sources, against pandapower."""

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from platone import grid

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pandapower as pp
    from pandapower import networks as public

from .conftest import NOON

State = dict[str, Any]
_ENDS = {"line": ("from", "to"), "trafo": ("hv", "lv")}


def state_of(net: Any, folder: Path) -> State:
    """The state of a pandapower network as JSON, with pandapower's own beside it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pp.runpp(net, numba=False, tolerance_mva=1e-11, calculate_voltage_angles=True)
        pp.to_json(net, str(folder / "net.json"))
    network = grid.read_network(folder / "net.json")
    powers = grid.PowerSeries((NOON,), grid.snapshot(network))
    (state,) = grid.power_flow(network, powers).states()
    found: State = json.loads(msgspec.json.encode(state))
    return found


def joined_sources() -> Any:
    """Two sources on buses that a switch joins, a shunt and a generating plant beside them."""
    net = public.mv_oberrhein()
    first = net.ext_grid.bus.iloc[0]
    other = pp.create_bus(net, net.bus.vn_kv[first])
    pp.create_switch(net, first, other, "b")
    pp.create_ext_grid(net, other, vm_pu=net.ext_grid.vm_pu.iloc[0])
    pp.create_shunt(net, other, q_mvar=-2.0, p_mw=0.1)
    pp.create_sgen(net, other, p_mw=3.0, q_mvar=0.5)
    pp.create_load(net, first, p_mw=1.0, q_mvar=0.2)
    return net


@pytest.mark.parametrize(
    "make",
    [
        public.mv_oberrhein,
        public.create_cigre_network_mv,
        public.create_kerber_dorfnetz,
        public.case9,
        joined_sources,
    ],
    ids=lambda make: make.__name__,
)
def test_powers_of_branches_and_sources(make: Callable[[], Any], tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = make()
    state = state_of(net, tmp_path)
    branches = {each["id"]: each for each in state["branches"]}
    for table, ends in _ENDS.items():
        for index, row in net[f"res_{table}"].fillna(0.0).iterrows():
            found = branches[f"{table}/{index}"]
            told = [found[name] for name in ("fromKw", "fromKvar", "toKw", "toKvar")]
            expected = [row[f"{kind}_{end}_m{unit}"] * 1e3 for end in ends for kind, unit in PARTS]
            assert told == pytest.approx(expected, rel=1e-5, abs=1e-2), found["id"]
            assert found["lossKw"] == pytest.approx(found["fromKw"] + found["toKw"], abs=1e-9)
    sources = {each["id"]: each for each in state["sources"]}
    assert len(sources) == len(net.ext_grid)
    for index, row in net.res_ext_grid.iterrows():
        found = sources[f"ext_grid/{index}"]
        assert found["pKw"] == pytest.approx(row.p_mw * 1e3, rel=1e-5, abs=1e-2)
        assert found["qKvar"] == pytest.approx(row.q_mvar * 1e3, rel=1e-5, abs=1e-2)


PARTS = (("p", "w"), ("q", "var"))


def test_sources_give_what_is_withdrawn_and_lost(cigre: grid.Network) -> None:
    power = grid.PowerSeries((NOON,), grid.snapshot(cigre))
    for flow in (grid.power_flow(cigre, power), grid.power_flow(cigre, power, unbalanced=True)):
        (state,) = flow.states()
        fed_kw = sum(source.p_kw for source in state.sources)
        assert fed_kw == pytest.approx(power.power.p_kw.sum() + state.losses.p_kw, rel=1e-6)
        frame = flow.to_frame("sources")
        assert frame["p_kw"].sum() == pytest.approx(fed_kw)


def test_phases_add_up(cigre: grid.Network) -> None:
    power = grid.PowerSeries((NOON,), grid.snapshot(cigre))
    (state,) = grid.power_flow(cigre, power, unbalanced=True).states()
    for branch in state.branches:
        phases = branch.phases or []
        assert sum(each.from_kw for each in phases) == pytest.approx(branch.from_kw, abs=1e-6)
        assert sum(each.to_kvar for each in phases) == pytest.approx(branch.to_kvar, abs=1e-6)
    (balanced,) = grid.power_flow(cigre, power).states()
    powers = [(each.p_kw, each.q_kvar) for each in state.sources]
    assert np.array(powers) == pytest.approx(
        np.array([(each.p_kw, each.q_kvar) for each in balanced.sources]), rel=1e-6
    )


def test_an_open_source_feeds_nothing(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = joined_sources()
    net.ext_grid.loc[net.ext_grid.index[-1], "in_service"] = False
    state = state_of(net, tmp_path)
    fed = {each["id"]: each["pKw"] for each in state["sources"]}
    assert fed.get(f"ext_grid/{net.ext_grid.index[-1]}", 0.0) == 0.0
    first = net.ext_grid.index[0]
    assert fed[f"ext_grid/{first}"] == pytest.approx(net.res_ext_grid.p_mw[first] * 1e3, rel=1e-5)
