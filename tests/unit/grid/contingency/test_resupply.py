"""Resupply: what is normally open and leads from the dark to the fed is closed, and told."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from platone import grid
from platone.cli.outage_text import outage_text
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.branch import Line, Switch
from platone.grid.network.check import check
from platone.grid.network.element import Bus, Generator, Load, Source
from platone.grid.network.model import Network

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pandapower import networks as public

EXAMPLE = Path(__file__).parents[4] / "docs" / "example"
_NETWORKS: dict[str, tuple[Callable[[], Any], int]] = {
    "mv_oberrhein": (public.mv_oberrhein, 12),
    "cigre mv": (public.create_cigre_network_mv, 1),
    "case33bw, tie lines off": (public.case33bw, 4),
}


@pytest.mark.parametrize("name", _NETWORKS)
def test_as_pandapower_with_the_switch_closed(name: str, make_peer: Callable[..., Any]) -> None:
    build, every = _NETWORKS[name]
    peer = make_peer(build)
    always_dark = peer.dark(peer.switched())
    compared = 0
    for contingency in grid.outage(peer.network).contingencies[::every]:
        for tried in contingency.resupplies:
            net = peer.switched(off=[contingency.outage.element], closed=tried.elements)
            if net is None:
                assert tried.left.unsolved == (0,)
                continue
            dark = {bus for island in tried.left.islands for bus in island.buses}
            assert dark == peer.dark(net) - always_dark
            assert tried.left.lost_kwh == pytest.approx(peer.lost(net)[0] / 4)
            told = {each.worst.state.element for each in tried.left.violations}
            assert told == set(peer.broken(net))
            compared += 1
        severity = [tried.left.severity for tried in contingency.resupplies]
        assert severity == sorted(severity)
    assert compared >= 10


def _line(element: str, one: str, other: str, limit_a: float | None = 100.0) -> Line:
    return Line(
        id=element,
        name="",
        from_bus=one,
        to_bus=other,
        resistance_ohm=0.3,
        reactance_ohm=0.3,
        capacitance_nf=10.0,
        limit_a=limit_a,
    )


def _switch(element: str, bus: str, other: str, *, closed: bool = False) -> Switch:
    return Switch(id=element, name="", bus=bus, other=other, closed=closed)


def _ring(**changes: Any) -> Network:
    """A source, a feeder of two buses at each side, and a switch that is open between them.

    s ── a1 ── a2 ─/ ─ b2 ── b1 ── s
    """
    ids = ("s", "a1", "a2", "b1", "b2")
    ends = (("s", "a1"), ("a1", "a2"), ("s", "b1"), ("b1", "b2"))
    found = Network(
        id="ring",
        name="ring",
        version="1",
        buses=tuple(Bus(id=each, name="", nominal_kv=20.0, min_pu=0.9, max_pu=1.1) for each in ids),
        sources=(Source(id="grid", bus="s", voltage_pu=1.0),),
        lines=tuple(_line(f"{a}-{b}", a, b) for a, b in ends),
        loads=tuple(
            Load(id=f"load {each}", name="", bus=each, p_kw=1000.0, q_kvar=100.0)
            for each in ids[1:]
        ),
        switches=(_switch("tie", "a2", "b2"),),
    )
    return check(replace(found, **changes))


def test_a_tie_supplies_both_feeders() -> None:
    found = grid.outage(_ring())
    by_name = {each.outage.element: each for each in found.contingencies}
    assert [each.outage.element for each in found.contingencies[:2]] == ["s-a1", "s-b1"]
    for name, dark in (("s-a1", ("a1", "a2")), ("a1-a2", ("a2",)), ("b1-b2", ("b2",))):
        (island,) = by_name[name].found.islands
        assert island.buses == dark
        assert island.consumers == tuple(f"load {bus}" for bus in dark)
        assert by_name[name].resupplies[0].elements == ("tie",)
        assert by_name[name].left.islands == ()


def test_the_better_of_two_comes_first() -> None:
    """A second way, through a thin cable, breaks its limit."""
    thin = replace(_line("thin", "s", "a2", 5.0), from_closed=False, to_closed=False)
    network = _ring(lines=(thin, *_ring().lines))
    (contingency,) = grid.outage(network, branches=["s-a1"]).contingencies
    assert [each.elements for each in contingency.resupplies] == [("tie",), ("thin",)]
    (broken,) = contingency.resupplies[1].left.violations
    assert (broken.worst.state.element, broken.worst.state.limit) == ("thin", 5.0)
    assert broken.intact == pytest.approx(0)


def test_open_switches_at_a_branch_are_closed_together() -> None:
    spare = _line("spare", "s", "a2", None)
    parted = (_switch("q1", "s", "spare"), _switch("q2", "a2", "spare"))
    network = _ring(lines=(*_ring().lines, spare), switches=parted)
    (contingency,) = grid.outage(network, branches=["a1-a2"]).contingencies
    assert [each.elements for each in contingency.resupplies] == [("q1", "q2")]
    assert not contingency.left.islands


def test_what_is_out_of_service_is_not_closed_again() -> None:
    """The open switch stands at the very line that fails: nothing else leads to a2."""
    at_line = _switch("q", "a1", "a1-a2")
    network = _ring(switches=(at_line, _switch("tie", "a2", "b2", closed=True)))
    (contingency,) = grid.outage(network, branches=["a1-a2"]).contingencies
    assert not contingency.found.islands
    (contingency,) = grid.outage(network, branches=["b1-b2"]).contingencies
    assert [each.elements for each in contingency.resupplies] == [("q",)]
    (contingency,) = grid.outage(_ring(switches=(at_line,)), branches=["s-a1"]).contingencies
    assert contingency.resupplies == ()


def test_buses_that_hold_other_voltages_are_not_joined() -> None:
    machines = tuple(
        Generator(id=f"plant {bus}", name="", bus=bus, p_kw=-500.0, voltage_pu=voltage_pu)
        for bus, voltage_pu in (("a2", 1.02), ("b2", 1.01))
    )
    (contingency,) = grid.outage(_ring(generators=machines), branches=["s-a1"]).contingencies
    assert contingency.resupplies == ()
    (island,) = contingency.found.islands
    assert island.lost_generation_kwh == pytest.approx(125)
    alike = tuple(replace(each, voltage_pu=1.01) for each in machines)
    (contingency,) = grid.outage(_ring(generators=alike), branches=["s-a1"]).contingencies
    assert [each.elements for each in contingency.resupplies] == [("tie",)]


def test_a_switching_that_collapses_the_voltage_mends_nothing() -> None:
    lines = tuple(replace(each, resistance_ohm=150.0) for each in _ring().lines)
    network = _ring(lines=(replace(_ring().lines[0], limit_a=None), *lines[1:]))
    power = ConsumerPower(np.array([[500.0, 100.0, 100.0, 100.0]]), np.zeros((1, 4)))
    (contingency,) = grid.outage(network, power, ["s-a1"]).contingencies
    assert contingency.resupplies[0].left.unsolved == (0,)
    assert contingency.left == contingency.found


def test_without_resupply_nothing_is_tried() -> None:
    found = grid.outage(_ring(), resupply=False)
    assert all(each.resupplies == () for each in found.contingencies)
    assert found.contingencies[0].found.islands


def test_a_part_that_is_dark_without_any_outage_is_supplied_again() -> None:
    """Each open connection is tried; what stays broken is what a power flow with it says."""
    street = grid.read_network(EXAMPLE / "street.json")
    dark = grid.happened(street, [grid.Switching("line/street", closed=False)])
    powers = grid.read_powers(EXAMPLE / "day.csv", dark)
    found = grid.outage(dark, powers)
    (island,) = found.unsupplied
    assert island.consumers == ("load/street", "IT001E00000071")
    tried = {each.elements: each.left for each in found.resupplies}
    assert set(tried) == {("line/street",), ("line/back",)}
    for (element,), left in tried.items():
        assert left.islands == ()
        closed = grid.happened(dark, [grid.Switching(element, closed=True)])
        alarms = grid.power_flow(closed, powers).alarms()
        assert {each.worst.state.element for each in left.violations} == {
            each.state.element for each in alarms
        }
    message = found.message()
    assert [each.closed for each in message.resupply] == [
        list(each.elements) for each in found.resupplies
    ]
    assert grid.outage(dark, powers, resupply=False).resupplies == ()
    told = outage_text(message, "")
    assert "without any outage: 1 bus(es) dark" in told
    assert "(best of 2): all is supplied again" in told
