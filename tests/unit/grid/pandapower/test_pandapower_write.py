"""What we write, pandapower reads; and we read it back."""

import io
import math
import warnings
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from platone.grid.file.pandapower.read import read_pandapower
from platone.grid.file.pandapower.write import write_pandapower
from platone.grid.flow.state import Flow
from platone.grid.network.branch import (
    Line,
    Magnetising,
    Switch,
    ThreeWindingTransformer,
    Transformer,
    Winding,
)
from platone.grid.network.check import check
from platone.grid.network.element import (
    Bus,
    ConnectionPoint,
    Generator,
    Load,
    Profile,
    Shunt,
    Source,
)
from platone.grid.network.model import Network
from platone.grid.problem.network import NetworkInvalid

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pandapower as pp
    from pandapower import networks as public

Quietly = Callable[..., Any]
Solve = Callable[[Network], Flow]

_PUBLIC = {
    "mv_oberrhein": lambda: public.mv_oberrhein(include_substations=True),
    "cigre mv": lambda: public.create_cigre_network_mv("all"),
    "cigre lv": public.create_cigre_network_lv,
    "ieee european lv": public.ieee_european_lv_asymmetric,
    "example multivoltage": public.example_multivoltage,
    "case118": public.case118,
}


def solved_by_pandapower(content: bytes, quietly: Quietly) -> Any:
    net = quietly(lambda: pp.from_json_string(content.decode()))
    quietly(lambda: pp.runpp(net, numba=False, max_iteration=30))
    return net


def assert_voltages(network: Network, flow: Flow, net: Any) -> None:
    """The buses as pandapower numbers them: those with an index of their own by this one."""
    own = net.bus.get("platone_id", {})
    for index, row in net.res_bus.iterrows():
        bus = own.get(index) or f"bus/{index}"
        place = network.bus_position.get(bus)
        if place is not None:
            expected = 0.0 if math.isnan(row.vm_pu) else row.vm_pu
            assert flow.voltage_pu[0, place] == pytest.approx(expected, abs=1e-6)


def assert_same(first: Any, second: Any) -> None:
    """Equal but for rounding."""
    if isinstance(first, float) and isinstance(second, float):
        assert second == pytest.approx(first, rel=1e-9, abs=1e-12)
    elif isinstance(first, tuple):
        assert len(first) == len(second)
        for one, other in zip(first, second, strict=True):
            assert_same(one, other)
    elif hasattr(first, "__dataclass_fields__"):
        for each in fields(first):
            assert_same(getattr(first, each.name), getattr(second, each.name))
    else:
        assert first == second


@pytest.mark.parametrize("make", _PUBLIC.values(), ids=_PUBLIC)
def test_public_networks_make_the_round_trip(
    make: Callable[[], Any], quietly: Quietly, solve: Solve
) -> None:
    text = quietly(lambda: pp.to_json(make()))
    network = read_pandapower(text.encode())
    again = read_pandapower(write_pandapower(network))
    for each in fields(network):
        if each.name not in {"remarks", "loads", "lines", "shunts", "solved"}:
            assert_same(getattr(network, each.name), getattr(again, each.name))
    for kind in ("loads", "lines", "shunts"):  # in the order of their tables
        assert_same(
            tuple(sorted(getattr(network, kind), key=lambda one: one.id)),
            tuple(sorted(getattr(again, kind), key=lambda one: one.id)),
        )
    net = solved_by_pandapower(write_pandapower(network), quietly)
    assert_voltages(network, solve(network), net)


def test_the_italian_network(italy: Network, quietly: Quietly, solve: Solve) -> None:
    content = write_pandapower(italy)
    again = read_pandapower(content)
    assert (again.id, again.version, again.name) == (italy.id, italy.version, italy.name)
    assert again.connection_points == italy.connection_points
    assert again.profiles == italy.profiles
    assert {each.id: each.profile for each in again.loads} == {
        each.id: each.profile for each in italy.loads
    }
    order = [again.bus_position[each.id] for each in italy.buses]
    voltage = solve(again).voltage_pu[:, order]
    assert np.allclose(voltage, solve(italy).voltage_pu, atol=1e-9)
    net = solved_by_pandapower(content, quietly)
    assert_voltages(italy, solve(italy), net)
    assert list(net.load.pod_id.dropna()) == [each.pod_id for each in italy.connection_points]


def test_pandapower_converts_it_to_its_newest_format(italy: Network, quietly: Quietly) -> None:
    text = write_pandapower(italy).decode()
    net = quietly(lambda: pp.from_json(io.StringIO(text)))
    quietly(lambda: pp.runpp(net, numba=False))
    assert net.converged
    assert read_pandapower(quietly(lambda: pp.to_json(net)).encode()).id == italy.id


def make_winding(place: int, bus: str, kv: float, **values: Any) -> Winding:
    winding = Winding(
        id=f"three/{place}",
        bus=bus,
        rated_kv=kv,
        rated_kva=40e3,
        resistance_ohm=0.004 * kv**2 / 40,
        reactance_ohm=(0.11, 0.09, -0.004)[place] * kv**2 / 40,
    )
    return replace(winding, **values)


def make_transformer(magnetising: Magnetising) -> Transformer:
    return Transformer(
        id="t1",
        name="T",
        from_bus="#a",
        to_bus="#b",
        from_kv=110.0,
        to_kv=20.8,
        rated_kva=25e3,
        short_circuit_percent=12.0,
        copper_loss_kw=100.0,
        no_load_percent=0.9,
        iron_loss_kw=30.0,
        phase_shift_deg=150.0,
        tap_side="to",
        tap_position=3,
        tap_step_percent=1.5,
        tap_step_deg=20.0,
        tap_neutral=1,
        tap_min=-5,
        tap_max=5,
        limit_percent=None,
        magnetising=magnetising,
        vector_group="YNd5",
    )


def make_lines() -> tuple[Line, ...]:
    return (
        Line(
            id="l1",
            from_bus="#b",
            to_bus="#c",
            resistance_ohm=1.2,
            reactance_ohm=1.0,
            capacitance_nf=900.0,
            limit_a=200.0,
        ),
        Line(
            id="l2",
            from_bus="#c",
            to_bus="#b",
            resistance_ohm=1.2,
            reactance_ohm=1.0,
            capacitance_nf=900.0,
            limit_a=None,
            to_closed=False,
            conductance_us=3.0,
        ),
    )


def make_network(magnetising: Magnetising, windings: list[dict[str, Any]]) -> Network:
    """One of everything, with identifiers that are not pandapower's."""
    buses = tuple(
        Bus(
            id=f"#{name}",
            name=name,
            nominal_kv=kv,
            min_pu=0.9,
            max_pu=None,
            position=(9.0, 45.0) if kv == 110 else None,
        )
        for name, kv in (("a", 110.0), ("b", 20.0), ("c", 20.0), ("d", 10.0), ("e", 20.0))
    )
    unit = make_transformer(magnetising)
    lines = make_lines()
    hv, mv, lv = (
        make_winding(place, bus, kv, **windings[place])
        for place, (bus, kv) in enumerate((("#a", 110.0), ("#e", 20.0), ("#d", 10.5)))
    )
    return check(
        Network(
            id="n",
            name="N",
            version="7",
            description="text",
            buses=buses,
            sources=(Source(id="PoM", bus="#a", voltage_pu=1.01, angle_deg=5.0),),
            lines=lines,
            transformers=(unit,),
            loads=(
                Load(id="house", bus="#c", p_kw=900.0, q_kvar=300.0, profile="day"),
                Load(id="x", bus="#d", p_kw=4e3, q_kvar=1e3),
            ),
            connection_points=(ConnectionPoint(pod_id="IT001", bus="#c", phases="B"),),
            profiles=(Profile(id="day", factors=(0.5,) * 96),),
            three_winding_transformers=(
                ThreeWindingTransformer(id="three", windings=(hv, mv, lv)),
            ),
            switches=(
                Switch(id="s1", bus="#b", other="l1"),
                Switch(id="s2", bus="#e", other="three/1"),
            ),
            shunts=(Shunt(id="k", bus="#e", p_kw=5.0, q_kvar=-800.0),),
            generators=(Generator(id="g", bus="#e", p_kw=-2e3, voltage_pu=1.0),),
            frequency_hz=60.0,
        )
    )


_NO_LOAD = {"conductance_us": 3.0, "susceptance_us": -25.0}
_TAPPED = {"tap_position": 2, "tap_step_percent": 1.2, "tap_step_deg": 30.0}
_WINDINGS: dict[str, list[dict[str, Any]]] = {
    "no-load in the middle": [
        {**_NO_LOAD, "magnetising": "t"},
        _TAPPED,
        {"phase_shift_deg": -150.0},
    ],
    "one winding off": [{}, {}, {"closed": False}],
    "no-load at the bus": [{**_NO_LOAD, "phase_shift_deg": 30.0}, {}, {}],
    "no-load at the star point": [{**_NO_LOAD, "magnetising": "to"}, {}, {}],
    "limits and taps of each": [{"limit_percent": 90.0, **_TAPPED}, _TAPPED, {}],
}


@pytest.mark.parametrize("windings", _WINDINGS.values(), ids=_WINDINGS)
@pytest.mark.parametrize("magnetising", ["pi", "t", "from", "to"])
def test_one_of_everything(
    windings: list[dict[str, Any]], magnetising: Magnetising, quietly: Quietly, solve: Solve
) -> None:
    network = make_network(magnetising, windings)
    content = write_pandapower(network)
    net = solved_by_pandapower(content, quietly)
    flow = solve(network)
    assert_voltages(network, flow, net)
    first, second = flow.from_a[0, 2], flow.to_a[0, 2]
    assert net.res_trafo.i_hv_ka[0] * 1e3 == pytest.approx(first, rel=1e-5)
    assert net.res_trafo.i_lv_ka[0] * 1e3 == pytest.approx(second, rel=1e-5)
    if all(each.get("magnetising") != "to" for each in windings) and windings[2]:
        again = read_pandapower(content)
        assert {each.id for each in again.elements()} == {each.id for each in network.elements()}
        assert again.connection_points == network.connection_points
        assert again.lines[1].to_closed is False
        assert np.allclose(solve(again).voltage_pu, flow.voltage_pu, atol=1e-7)


def test_a_capacitive_no_load_current_is_refused_by_name() -> None:
    unit = Transformer(
        id="t",
        from_bus="h",
        to_bus="m",
        from_kv=110.0,
        to_kv=20.0,
        rated_kva=25e3,
        short_circuit_percent=12.0,
        copper_loss_kw=40.0,
        no_load_percent=-0.1,
        iron_loss_kw=5.0,
    )
    buses = (
        Bus(id="h", nominal_kv=110.0, min_pu=None, max_pu=None),
        Bus(id="m", nominal_kv=20.0, min_pu=None, max_pu=None),
    )
    network = Network(
        id="n",
        name="n",
        version="1",
        buses=buses,
        sources=(Source(id="s", bus="h", voltage_pu=1.0),),
        lines=(),
        transformers=(unit,),
    )
    with pytest.raises(NetworkInvalid) as refused:
        write_pandapower(network)
    assert [fault.element for fault in refused.value.faults] == ["t"]


@pytest.mark.parametrize("magnetising", ["t", "pi", "from"])
def test_a_winding_with_a_capacitive_no_load_current_is_refused_by_name(
    magnetising: Magnetising,
) -> None:
    """pandapower's table has the magnitude of a no-load current alone, not its sign."""
    network = make_network("t", [{}, {"susceptance_us": 5.0, "magnetising": magnetising}, {}])
    with pytest.raises(NetworkInvalid) as raised:
        write_pandapower(network)
    assert [fault.element for fault in raised.value.faults] == ["three/1"]


def test_a_star_with_a_pair_below_zero_keeps_its_state(solve: Solve, quietly: Any) -> None:
    """Such a pair has no place in pandapower's table of three windings: three others stand in."""
    network = make_network("t", [{"reactance_ohm": -4.0}, {"reactance_ohm": 0.1}, {}])
    flow = solve(network)
    net = quietly(lambda: pp.from_json_string(write_pandapower(network).decode()))
    assert not len(net.trafo3w)
    quietly(lambda: pp.runpp(net, tolerance_mva=1e-11, numba=False))
    own = [network.bus_position[each.id] for each in network.buses]
    assert np.allclose(flow.voltage_pu[0, own], net.res_bus.vm_pu[: len(own)], atol=1e-7)
