"""What an unbalanced calculation asks of a network, and says where it is not there."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from platone.grid.flow.current_injection import CurrentInjectionFlow
from platone.grid.flow.phase_share import phase_power
from platone.grid.flow.phase_state import PhaseFlow
from platone.grid.flow.state import ConsumerPower, snapshot
from platone.grid.network.branch import Line, Transformer
from platone.grid.network.element import Bus, ConnectionPoint, Load, Source
from platone.grid.network.model import Network
from platone.grid.network.sequence import ZERO, sequences_of
from platone.grid.problem.network import UnbalancedDataInvalid

Solve = Callable[[Network], PhaseFlow]


def line(name: str = "line", first: str = "b", second: str = "c", **other: Any) -> Line:
    given: dict[str, Any] = {
        "zero_resistance_ohm": 0.4,
        "zero_reactance_ohm": 0.1,
        "zero_capacitance_nf": 9.0,
    } | other
    return Line(
        id=name,
        from_bus=first,
        to_bus=second,
        resistance_ohm=0.1,
        reactance_ohm=0.08,
        capacitance_nf=10.0,
        limit_a=100.0,
        **given,
    )


def unit(**other: Any) -> Transformer:
    given: dict[str, Any] = {
        "rated_kva": 250.0,
        "short_circuit_percent": 4.0,
        "copper_loss_kw": 3.2,
        "no_load_percent": 1.0,
        "iron_loss_kw": 0.6,
        "vector_group": "Dyn5",
        "phase_shift_deg": 150.0,
    } | other
    return Transformer(id="trafo", from_bus="a", to_bus="b", from_kv=20.0, to_kv=0.4, **given)


def village(*, lines: Any = (), transformer: Transformer | None = None, **other: Any) -> Network:
    names = {"a": 20.0, "b": 0.4, "c": 0.4, "d": 0.4}
    given: dict[str, Any] = {
        "buses": tuple(
            Bus(id=name, nominal_kv=kv, min_pu=0.9, max_pu=1.1) for name, kv in names.items()
        ),
        "sources": (Source(id="S", bus="a", voltage_pu=1.0),),
        "lines": lines or (line(),),
        "transformers": (transformer or unit(),),
        "connection_points": (ConnectionPoint(pod_id="POD-1", bus="c", phases="A"),),
    } | other
    return Network(id="village", version="1", **given)


def refused(network: Network) -> dict[str, str]:
    with pytest.raises(UnbalancedDataInvalid) as failed:
        CurrentInjectionFlow().solve(network, phase_power(network, snapshot(network)))
    assert failed.value.slug == "unbalanced-data-invalid"
    return {fault.element: fault.reason for fault in failed.value.faults}


def test_every_element_without_zero_sequence_data_is_named() -> None:
    lines = (
        line("r0", zero_resistance_ohm=None),
        line("x0", zero_reactance_ohm=None),
        line("c0", zero_capacitance_nf=None),
        line("nothing", zero_resistance_ohm=0.0, zero_reactance_ohm=0.0),
        line("fine"),
    )
    reasons = refused(village(lines=lines, transformer=unit(vector_group="")))
    assert reasons == {
        "r0": "its zero-sequence resistance or reactance is missing",
        "x0": "its zero-sequence resistance or reactance is missing",
        "c0": "its zero-sequence capacitance is missing",
        "nothing": "its zero-sequence impedance is zero",
        "trafo": "its vector group is missing",
    }


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"vector_group": "III"}, "its vector group 'III' is not known"),
        ({"vector_group": "dYN5"}, "its vector group 'dYN5' is not known"),
        (
            {"vector_group": "Dyn11"},
            "its vector group 'Dyn11' contradicts its phase shift of 150 degrees",
        ),
        (
            {"vector_group": "YNyn1", "phase_shift_deg": 30.0},
            "its vector group 'YNyn1': two stars have an even hour",
        ),
        (
            {"zero_short_circuit_percent": 3.0, "zero_copper_percent": 3.5},
            "its zero-sequence copper loss is outside 0 to 3 %",
        ),
        (
            {"zero_from_share": 1.0},
            "the first winding's share of its zero-sequence impedance is outside 0 to 1",
        ),
        (
            {"zero_magnetising_percent": -1.0},
            "its zero-sequence magnetising impedance is not above 0",
        ),
        (
            {"vector_group": "Dy5"},
            "no star point is earthed where it feeds loads between phase and neutral (it is Dy5)",
        ),
    ],
)
def test_a_transformer_that_cannot_be_calculated(change: dict[str, Any], reason: str) -> None:
    lines = (replace(line(), capacitance_nf=0.0, zero_capacitance_nf=None),)
    assert refused(village(lines=lines, transformer=unit(**change))) == {"trafo": reason}


@pytest.mark.parametrize("phases", ["", "D", "AA", "abc", "AN"])
def test_a_pod_with_phases_that_are_none(phases: str) -> None:
    points = (
        ConnectionPoint(pod_id="POD-1", bus="c", phases="BC"),
        ConnectionPoint(pod_id="POD-2", bus="c", phases=phases),
    )
    reasons = refused(village(connection_points=points))
    assert reasons == {"POD-2": f"its phases {phases!r} are none of ABC, each once"}


def test_a_load_whose_phases_do_not_add_up() -> None:
    loads = (
        Load(
            id="fine",
            bus="c",
            p_kw=6.0,
            q_kvar=3.0,
            phase_kw=(1.0, 2.0, 3.0),
            phase_kvar=(3.0, 0.0, 0.0),
        ),
        Load(id="P", bus="c", p_kw=6.0, q_kvar=0.0, phase_kw=(1.0, 2.0, 2.0)),
        Load(
            id="Q",
            bus="c",
            p_kw=6.0,
            q_kvar=1.0,
            phase_kw=(1.0, 2.0, 3.0),
            phase_kvar=(0.0, 0.0, 2.0),
        ),
    )
    assert refused(village(loads=loads)) == {
        "P": "its active powers by phase add up to 5, not to 6",
        "Q": "its reactive powers by phase add up to 2, not to 1",
    }


def test_powers_are_shared_out_to_the_phases() -> None:
    loads = (
        Load(id="even", bus="c", p_kw=6.0, q_kvar=3.0),
        Load(
            id="own",
            bus="c",
            p_kw=6.0,
            q_kvar=3.0,
            phase_kw=(1.0, 2.0, 3.0),
            phase_kvar=(3.0, 0.0, 0.0),
        ),
        Load(id="follows", bus="c", p_kw=4.0, q_kvar=2.0, phase_kw=(4.0, 0.0, 0.0)),
        Load(id="nothing in all", bus="c", p_kw=0.0, q_kvar=0.0, phase_kw=(2.0, -2.0, 0.0)),
        Load(id="off", bus="c", p_kw=0.0, q_kvar=0.0, closed=False, phase_kw=(2.0, -2.0, 0.0)),
    )
    points = (
        ConnectionPoint(pod_id="POD-1", bus="c", phases="CA"),
        ConnectionPoint(pod_id="POD-2", bus="c"),
    )
    network = village(loads=loads, connection_points=points)
    p_kw = np.array([[6.0, 12.0, 8.0, 3.0, 0.0, 10.0, 9.0]])
    power = phase_power(network, ConsumerPower(p_kw, p_kw / 2))
    assert power.p_kw[0] == pytest.approx(
        np.array(
            [[2, 2, 2], [2, 4, 6], [8, 0, 0], [3, -1, 1], [0, 0, 0], [5, 0, 5], [3, 3, 3]],
            dtype=float,
        )
    )
    assert power.q_kvar[0, :3] == pytest.approx(np.array([[1, 1, 1], [6, 0, 0], [4, 0, 0]]))
    assert np.allclose(power.total.p_kw, p_kw)


def test_what_nothing_feeds_needs_no_data_and_has_no_voltage(solve: Solve) -> None:
    lines = line(), line("dead", "c", "d", from_closed=False, zero_resistance_ohm=None)
    points = (
        ConnectionPoint(pod_id="POD-1", bus="c", phases="A"),
        ConnectionPoint(pod_id="POD-2", bus="d", phases="B"),
    )
    network = village(lines=lines, connection_points=points)
    alive = CurrentInjectionFlow().solve(
        network, phase_power(network, ConsumerPower(np.array([[5.0, 7.0]]), np.zeros((1, 2))))
    )
    assert alive.voltage_pu[0, 3].tolist() == [0.0, 0.0, 0.0]
    assert alive.unbalance[0, 3] == 0.0
    assert alive.bus_kva[0, 2:].real == pytest.approx([5.0, 0.0])
    assert solve(network).loss_kw.shape == (1, 3)


def test_a_network_without_consumers(solve: Solve) -> None:
    flow = solve(village(connection_points=()))
    assert flow.voltage_pu[0, :2].min() > 0.99


@pytest.mark.parametrize(
    ("group", "magnetising", "parts"),
    [  # at the second end: winding leakages and magnetising impedance in ohm that lie in series
        ("Dyn5", None, (0.3 + 0.7, 0)),
        ("YNd5", None, None),
        ("YNyn0", None, None),
        ("Yyn0", 900.0, (0.7, 9)),
        ("Yzn5", None, (1.0, 0)),
        ("Zyn5", 900.0, (0.7, 9)),
        ("Dzn0", 900.0, (1.0, 0)),
        ("Dyn5", 900.0, (0.7 + 0.3 * 9 / 9.3, 0)),
    ],
)
def test_zero_sequence_of_vector_groups(
    group: str, magnetising: float | None, parts: tuple[float, float] | None
) -> None:
    """With reactances alone: 4 % of 400 V and 250 kVA is 25.6 milliohm."""
    transformer = unit(
        vector_group=group,
        phase_shift_deg=30.0 * int(group[-1]),
        copper_loss_kw=0.0,
        zero_from_share=0.3,
        zero_magnetising_percent=magnetising,
    )
    ports = sequences_of(village(transformer=transformer))[ZERO].ports
    ohm = 25.6e-3
    siemens = ports.y_tt[1] / 0.4**2
    through = ports.y_ft[1] / (0.4 * 20)
    if group == "YNyn0":
        assert siemens == pytest.approx(1 / (1j * ohm))
        assert through == pytest.approx(-siemens * 0.4 / 20)
    else:
        assert through == 0
        expected = 0.0 if parts is None else 1 / (1j * ohm * sum(parts))
        assert siemens == pytest.approx(expected)


@pytest.mark.parametrize(("group", "lag"), [("Dyn5", 150.0), ("YNyn6", 180.0), ("Dyn11", 330.0)])
@pytest.mark.parametrize("upwards", [False, True])
def test_an_hour_that_the_phase_shift_leaves_out(group: str, lag: float, *, upwards: bool) -> None:
    """Voltages behind the transformer are turned by it, and nothing else is changed."""
    flows = []
    for shift in (lag, 0.0):
        transformer = unit(vector_group=group, phase_shift_deg=shift)
        if upwards:
            transformer = replace(
                transformer,
                from_bus="b",
                to_bus="a",
                from_kv=0.4,
                to_kv=20.0,
                phase_shift_deg=-shift,
            )
        source = Source(
            id="S", bus="a", voltage_pu=1.0, zero_resistance_ohm=3.0, negative_reactance_ohm=2.0
        )
        network = village(transformer=transformer, sources=(source,))
        power = ConsumerPower(np.array([[9.0]]), np.array([[2.0]]))
        flows.append(CurrentInjectionFlow().solve(network, phase_power(network, power)))
    counted, straight = (each.voltage[0] for each in flows)
    assert np.abs(counted[0] - straight[0]).max() < 1e-10
    assert np.abs(counted[1:] * np.exp(1j * np.deg2rad(lag)) - straight[1:]).max() < 1e-10
    assert np.allclose(flows[0].from_a, flows[1].from_a, atol=1e-6)
    assert np.ptp(np.abs(straight[1])) > 1e-3


def test_the_capital_letters_are_of_the_higher_voltage() -> None:
    upwards = replace(unit(copper_loss_kw=0.0), from_bus="b", to_bus="a", from_kv=0.4, to_kv=20.0)
    upwards = replace(upwards, phase_shift_deg=-150.0)
    ports = sequences_of(village(transformer=upwards))[ZERO].ports
    assert ports.y_ff[1] / 0.4**2 == pytest.approx(1 / 25.6e-3j)
    assert ports.y_tt[1] == 0
