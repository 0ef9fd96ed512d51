"""Outages of public networks against pandapower with the branch switched off."""

import warnings
from collections.abc import Callable
from typing import Any

import pytest

from platone import grid
from platone.grid.contingency.outage import outages_of
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.state import snapshot
from platone.grid.network.outage import without_branches

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pandapower import networks as public

_NETWORKS: dict[str, tuple[Callable[[], Any], int]] = {
    "mv_oberrhein": (public.mv_oberrhein, 6),
    "cigre mv, der": (lambda: public.create_cigre_network_mv("all"), 1),
    "cigre lv": (public.create_cigre_network_lv, 1),
    "kerber landnetz kabel 1": (public.create_kerber_landnetz_kabel_1, 1),
    "case33bw, tie lines off": (public.case33bw, 1),
    "multivoltage, generator, three windings": (public.example_multivoltage, 1),
}


@pytest.mark.parametrize("name", _NETWORKS)
def test_as_pandapower(
    name: str, make_peer: Callable[..., Any], engine: GridModelPowerFlow
) -> None:
    build, every = _NETWORKS[name]
    peer = make_peer(build)
    network, power = peer.network, snapshot(peer.network)
    always_dark = peer.dark(peer.switched())
    every_outage = [each for each in outages_of(network) if not each.element.startswith("xward")]
    outages = every_outage[::every]
    found = grid.outage(network, power, [each.element for each in outages], resupply=False)
    consequences = {each.outage.element: each.found for each in found.contingencies}
    dark = 0
    for outage in outages:
        net = peer.switched(off=[outage.element])
        consequence = consequences[outage.element]
        if net is None:
            assert consequence.unsolved == (0,)
            continue
        assert not consequence.unsolved
        peer.assert_same_state(net, engine.solve(without_branches(network, outage.branches), power))
        buses = {bus for island in consequence.islands for bus in island.buses}
        inner = {bus for bus in buses if bus.startswith("xward")}  # pandapower tells none of it
        assert buses - inner == peer.dark(net) - always_dark
        load_kw, plant_kw = peer.lost(net)
        assert consequence.lost_kw == pytest.approx(load_kw)
        assert consequence.lost_kwh == pytest.approx(load_kw / 4)
        generated = sum(island.lost_generation_kwh for island in consequence.islands)
        assert generated == pytest.approx(plant_kw / 4)
        _assert_same_violations(consequence.violations, peer.broken(net))
        dark += bool(buses)
    assert len(consequences) == len(outages) >= 9
    assert dark > 0


def _assert_same_violations(violations: Any, broken: dict[str, float]) -> None:
    ours = {each.worst.state.element: each for each in violations}
    two_ended = {name for name in ours if not name.startswith("trafo3w")}
    assert two_ended == set(broken)
    for name, value in broken.items():
        state = ours[name].worst.state
        told = state.value if state.kind == "voltage" else state.value / state.limit
        assert told == pytest.approx(value, rel=1e-5)
