"""Transformers with three windings against power-grid-model's, in each vector group that it knows.

It takes the winding that comes first as one in earthed star, whatever it is told: so one of these
comes first there. It splits magnitudes and losses of short circuits into the star, as is done here.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from power_grid_model import PowerGridModel, WindingType, initialize_array

from platone.grid.flow.current_injection import CurrentInjectionFlow
from platone.grid.flow.phase_share import phase_power
from platone.grid.flow.state import snapshot
from platone.grid.network.branch import ThreeWindingTransformer, Winding
from platone.grid.network.check import check
from platone.grid.network.element import Bus, Load, Source
from platone.grid.network.model import Network
from platone.grid.problem.network import UnbalancedDataInvalid

_TYPES = {"Y": WindingType.wye, "YN": WindingType.wye_n, "D": WindingType.delta}
_KV = (110.0, 20.0, 10.0)
_MVA = 40.0
_SHORT_CIRCUIT = {(0, 1): (0.10, 0.15), (0, 2): (0.11, 0.16), (1, 2): (0.06, 0.12)}  # pu, MW
_TAP_KV, _TAP = 1.5, 2
_LOADS = {  # MW and Mvar of each phase
    0: ((5.0, 2.0, 4.0), (1.0, 0.5, 0.2)),
    1: ((6.0, 2.0, 3.0), (1.0, 0.5, 0.0)),
    2: ((1.0, 4.0, 2.0), (0.3, 1.0, 0.2)),
}


@dataclass(frozen=True)
class Case:
    """Connections, hours behind the first winding, and ohm of the star points' earthing."""

    connections: tuple[str, str, str]
    hours: tuple[int, int, int]
    earthing: tuple[complex, complex, complex] = (0j, 0j, 0j)
    source: int = 0

    @property
    def loaded(self) -> list[int]:
        """The sides with loads between phase and neutral."""
        ways = {place for place, kind in enumerate(self.connections) if kind == "YN"}
        return sorted(ways - {self.source})


_CASES = [
    Case(("YN", "YN", "YN"), (0, 0, 0), (5 + 1j, 1j, 0.4 + 0j)),
    Case(("YN", "YN", "YN"), (0, 6, 0), (0j, 3 + 1j, 0j)),
    Case(("YN", "YN", "YN"), (0, 2, 10)),
    Case(("YN", "YN", "YN"), (0, 4, 8)),
    Case(("YN", "YN", "D"), (0, 0, 5)),
    Case(("YN", "YN", "D"), (0, 6, 11), (2 + 3j, 1j, 0j)),
    Case(("YN", "D", "YN"), (0, 1, 6), (2 + 3j, 0j, 0.3 + 0j)),
    Case(("YN", "Y", "YN"), (0, 0, 0)),
    Case(("D", "YN", "YN"), (0, 5, 11), (0j, 1 + 2j, 0.5 + 0j)),
    Case(("D", "YN", "YN"), (0, 1, 1)),
    Case(("D", "YN", "D"), (0, 1, 0), (0j, 0.4 + 0.1j, 0j)),
    Case(("D", "Y", "YN"), (0, 1, 5)),
    Case(("Y", "YN", "YN"), (0, 0, 6), (0j, 1 + 2j, 0j), source=1),
]


@pytest.mark.parametrize("case", _CASES, ids=lambda each: "".join(each.connections))
def test_against_power_grid_model(case: Case) -> None:
    flow = CurrentInjectionFlow()
    network = check(three_sides(case))
    ours = flow.solve(network, phase_power(network, snapshot(network))).voltage[0]
    first = case.connections.index("YN")
    order = [first, *(place for place in range(3) if place != first)]
    theirs = reference(case, order)
    assert np.abs(ours[order] - theirs).max() < 1e-7
    assert np.abs(theirs.sum(axis=1)).max() > 1e-4  # there was a zero sequence


def star() -> tuple[list[complex], Any]:
    """Impedances of the star, pu of the rating."""
    parts = [[], []]  # type: ignore[var-annotated]
    for row, found in enumerate(parts):
        uv, uw, vw = (_SHORT_CIRCUIT[pair][row] for pair in ((0, 1), (0, 2), (1, 2)))
        found += [(uv + uw - vw) / 2, (uv + vw - uw) / 2, (uw + vw - uv) / 2]
    losses = np.array(parts[1]) / _MVA
    return [
        complex(loss, math.copysign(math.sqrt(size**2 - loss**2), size))
        for size, loss in zip(parts[0], losses, strict=True)
    ], losses


def three_sides(case: Case) -> Network:
    windings = []
    for place, (pu, kv) in enumerate(zip(star()[0], _KV, strict=True)):
        ohm, neutral = pu * kv**2 / _MVA, case.earthing[place]
        winding = Winding(
            id=f"w{place}",
            bus=f"b{place}",
            rated_kv=kv,
            rated_kva=_MVA * 1e3,
            resistance_ohm=ohm.real,
            reactance_ohm=ohm.imag,
        )
        windings.append(
            replace(
                winding,
                phase_shift_deg=-30.0 * case.hours[place],
                connection=case.connections[place],
                neutral_resistance_ohm=neutral.real,
                neutral_reactance_ohm=neutral.imag,
            )
        )
    first = replace(windings[0], tap_position=_TAP, tap_step_percent=_TAP_KV / _KV[0] * 100)
    loads = []
    for place in case.loaded:
        p_kw, q_kvar = (np.array(each) * 1e3 for each in _LOADS[place])
        phases: dict[str, Any] = {
            "phase_kw": tuple(p_kw.tolist()),
            "phase_kvar": tuple(q_kvar.tolist()),
        }
        loads.append(
            Load(id=f"l{place}", bus=f"b{place}", p_kw=p_kw.sum(), q_kvar=q_kvar.sum(), **phases)
        )
    return Network(
        id="n",
        name="n",
        version="1",
        buses=tuple(
            Bus(id=f"b{place}", nominal_kv=kv, min_pu=None, max_pu=None)
            for place, kv in enumerate(_KV)
        ),
        sources=(Source(id="s", bus=f"b{case.source}", voltage_pu=1.0),),
        three_winding_transformers=(
            ThreeWindingTransformer(id="unit", windings=(first, windings[1], windings[2])),
        ),
        loads=tuple(loads),
    )


def reference(case: Case, order: list[int]) -> Any:
    """power-grid-model's phase voltages, of the sides in another order."""
    node = initialize_array("input", "node", 3)
    node["id"], node["u_rated"] = [0, 1, 2], [_KV[place] * 1e3 for place in order]
    source = initialize_array("input", "source", 1)
    source["id"], source["node"], source["status"] = 10, order.index(case.source), 1
    source["u_ref"], source["sk"], source["z01_ratio"] = 1.0, 1e20, 1.0
    loads = initialize_array("input", "asym_load", len(case.loaded))
    loads["id"], loads["status"], loads["type"] = 30 + np.arange(len(loads)), 1, 0
    for row, place in enumerate(case.loaded):
        loads["node"][row] = order.index(place)
        loads["p_specified"][row], loads["q_specified"][row] = np.array(_LOADS[place]) * 1e6
    unit = initialize_array("input", "three_winding_transformer", 1)
    unit["id"], unit["i0"], unit["p0"] = 20, 0.0, 0.0
    for row, place in enumerate(order):
        n = row + 1
        unit[f"node_{n}"], unit[f"status_{n}"], unit[f"u{n}"] = row, 1, _KV[place] * 1e3
        unit[f"sn_{n}"], unit[f"winding_{n}"] = _MVA * 1e6, _TYPES[case.connections[place]]
        unit[f"r_grounding_{n}"] = case.earthing[place].real
        unit[f"x_grounding_{n}"] = case.earthing[place].imag
    for one, other in ((0, 1), (0, 2), (1, 2)):
        size, loss = _SHORT_CIRCUIT[tuple(sorted((order[one], order[other])))]  # type: ignore[index]
        unit[f"uk_{one + 1}{other + 1}"], unit[f"pk_{one + 1}{other + 1}"] = size, loss * 1e6
    hours = [case.hours[place] for place in order]
    unit["clock_12"], unit["clock_13"] = (hours[1] - hours[0]) % 12, (hours[2] - hours[0]) % 12
    unit["tap_side"], unit["tap_size"] = order.index(0), _TAP_KV * 1e3
    unit["tap_pos"], unit["tap_min"], unit["tap_max"], unit["tap_nom"] = _TAP, -9, 9, 0
    model = PowerGridModel(
        {"node": node, "source": source, "asym_load": loads, "three_winding_transformer": unit}
    )
    found = model.calculate_power_flow(
        symmetric=False, output_component_types=["node"], error_tolerance=1e-8
    )["node"]
    turned = np.exp(1j * found["u_angle"])
    return found["u_pu"] * turned


@pytest.mark.parametrize("case", _CASES, ids=lambda each: "".join(each.connections))
def test_hours_that_the_balanced_calculation_leaves_out(case: Case) -> None:
    """As many tools solve them: voltages are turned by them, and nothing else is changed."""
    shifted = check(three_sides(case))
    unit = shifted.three_winding_transformers[0]
    first, second, third = (
        replace(winding, phase_shift_deg=0.0, uncounted_hour=hour)
        for winding, hour in zip(unit.windings, case.hours, strict=True)
    )
    unit = replace(unit, windings=(first, second, third))
    straight = check(replace(shifted, three_winding_transformers=(unit,)))
    flows = [
        CurrentInjectionFlow().solve(each, phase_power(each, snapshot(each)))
        for each in (shifted, straight)
    ]
    lag = np.deg2rad([30 * (hour - case.hours[case.source]) for hour in case.hours])
    turned = flows[0].voltage[0] * np.exp(1j * lag)[:, None]
    assert np.abs(flows[1].voltage[0] - turned).max() < 1e-9
    assert np.allclose(flows[0].from_a, flows[1].from_a, atol=1e-6)


def test_a_winding_without_its_connection_is_named() -> None:
    network = three_sides(Case(("YN", "ZN", ""), (0, 5, 0)))
    with pytest.raises(UnbalancedDataInvalid) as failed:
        CurrentInjectionFlow().solve(network, phase_power(network, snapshot(network)))
    assert {fault.element: fault.reason for fault in failed.value.faults} == {
        "w1": "its connection 'ZN' is none of Y, YN, D, Z",
        "w2": "its connection is missing",
    }


def test_a_delta_serves_as_way_to_earth_while_it_is_switched_off() -> None:
    closed = three_sides(Case(("YN", "YN", "D"), (0, 0, 5)))
    unit = closed.three_winding_transformers[0]
    windings = (*unit.windings[:2], replace(unit.windings[2], closed=False))
    opened = replace(closed, three_winding_transformers=(replace(unit, windings=windings),))
    flows = [
        CurrentInjectionFlow().solve(each, phase_power(each, snapshot(each)))
        for each in (closed, opened)
    ]
    assert np.allclose(flows[0].voltage[0, :2], flows[1].voltage[0, :2], atol=1e-9)
