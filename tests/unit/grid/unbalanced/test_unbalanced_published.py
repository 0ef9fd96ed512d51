"""Figures of other programs: PowerFactory's, that pandapower publishes in its own tests, and
OpenDSS's for the IEEE European low-voltage feeder (engine of DSS C-API 0.14.5, SVN 3723, run on
the same data with an ideal source and no zero-sequence magnetising impedance).
"""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from platone.grid.file.pandapower.read import read_pandapower
from platone.grid.flow.phase_state import PhaseFlow
from platone.grid.network.branch import Line
from platone.grid.network.element import Bus, Load, Source
from platone.grid.network.model import Network

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pandapower as pp
    import pandapower.networks as public

Solve = Callable[[Network], PhaseFlow]
_ZERO = "zero_resistance_ohm", "zero_reactance_ohm", "zero_capacitance_nf"
_BEHIND = "negative_resistance_ohm", "negative_reactance_ohm", *_ZERO[:2]
_OPENDSS = {  # at 09:26: per unit and degrees of phases A, B, C
    1: ((1.04895997, 1.04941482, 1.0499034), (-30.136384, -150.274371, 89.951911)),
    34: ((1.04613738, 1.04020861, 1.05208139), (-29.899881, -150.410011, 89.821566)),
    639: ((1.02169089, 0.99781435, 1.06840052), (-28.639244, -151.442912, 89.456178)),
    906: ((1.03739065, 0.99853144, 1.06320763), (-28.849534, -151.065796, 89.1925)),
}
_OPENDSS_LOSS_KW = 2.08718576


def high_voltage(
    lines: Mapping[tuple[str, str], tuple[float, ...]], loads: dict[str, Any]
) -> Network:
    """110 kV behind 5000 MVA, whose unbalanced impedances pandapower takes 1.1 times."""
    buses = sorted({bus for ends in lines for bus in ends})
    ohm = 1.1 * 110**2 / 5000
    reactance = ohm / np.hypot(1, 0.1)
    values = 0.1 * reactance, reactance, 0.1 * reactance, reactance
    behind: dict[str, Any] = dict(zip(_BEHIND, values, strict=True))
    return Network(
        id="n",
        name="n",
        version="1",
        buses=tuple(Bus(id=bus, nominal_kv=110.0, min_pu=None, max_pu=None) for bus in buses),
        sources=(Source(id="S", bus=buses[0], voltage_pu=1.0, **behind),),
        lines=tuple(_line(*ends, values) for ends, values in lines.items()),
        loads=tuple(
            Load(
                id=f"load {bus}",
                bus=bus,
                p_kw=sum(p_kw),
                q_kvar=sum(q),
                phase_kw=p_kw,
                phase_kvar=q,
            )
            for bus, (p_kw, q) in loads.items()
        ),
    )


def _line(first: str, second: str, values: tuple[float, ...]) -> Line:
    r, x, c, *zero = values
    given: dict[str, Any] = dict(zip(_ZERO, zero, strict=True))
    return Line(
        id=first + second,
        from_bus=first,
        to_bus=second,
        resistance_ohm=r,
        reactance_ohm=x,
        capacitance_nf=c,
        limit_a=None,
        **given,
    )


def test_two_buses_by_powerfactory(solve: Solve) -> None:
    per_km = (0.0212, 0.1162389, 230.0, 0.0848, 0.4649556, 230.6)
    line = tuple(50 * each for each in per_km)
    load = (50e3, 10e3, 10e3), (50e3, 15e3, 5e3)
    flow = solve(high_voltage({("b1", "b5"): line}, {"b5": load}))
    expected_pu = [[0.96742893, 1.01302766, 1.019784], [0.74957533, 1.09137945, 1.05124282]]
    assert np.abs(flow.voltage_pu[0] - expected_pu).max() < 1.1e-6
    assert flow.from_a[0, 0] == pytest.approx([1342.12045, 137.15552, 228.38401], abs=5e-3)
    assert flow.to_a[0, 0] == pytest.approx([1485.37916, 260.09611, 167.4634], abs=5e-3)


def test_a_ring_of_four_buses_by_powerfactory(solve: Solve) -> None:
    short = 0.0385, 0.1319469, 170.0, 0.154, 0.5277876, 170.4
    lines = {
        ("a", "m"): short,
        ("a", "p"): short,
        ("a", "k"): (0.0251, 0.1225221, 210.0, 0.1005, 0.4900884, 200.5),
        ("k", "m"): (0.0212, 0.1162389, 230.0, 0.0848, 0.4649556, 230.6),
        ("k", "p"): (0.0762, 0.1507964, 140.0, 0.3048, 0.6031856, 140.3),
    }
    loads = {
        "k": ((50e3, 80e3, 20e3), (20e3, 60e3, 5e3)),
        "m": ((50e3, 10e3, 10e3), (50e3, 15e3, 5e3)),
        "p": ((50e3, 60e3, 10e3), (20e3, 20e3, 5e3)),
    }
    flow = solve(high_voltage(lines, loads))
    expected_pu = {
        "a": [0.98085729, 0.97711997, 1.04353786],
        "k": [0.97828577, 0.97534651, 1.04470864],
        "m": [0.97774307, 0.97648197, 1.04421233],
        "p": [0.9780892, 0.97586805, 1.04471106],
    }
    for bus, voltage_pu in expected_pu.items():
        place = flow.network.bus_position[bus]
        assert flow.voltage_pu[0, place] == pytest.approx(voltage_pu, abs=1e-8)
    first = flow.from_a[0, 0]
    assert first == pytest.approx([988.98804851, 689.43734, 198.48961], abs=1e-4)


def test_european_feeder_by_opendss(solve: Solve) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        content = pp.to_json(public.ieee_european_lv_asymmetric("on_peak_566")).encode()
    network = read_pandapower(content)
    (source,), (unit,) = network.sources, network.transformers
    ideal = Source(id=source.id, bus=source.bus, voltage_pu=source.voltage_pu)
    unit = replace(unit, zero_magnetising_percent=None)
    flow = solve(replace(network, sources=(ideal,), transformers=(unit,)))
    for bus, (voltage_pu, angle_deg) in _OPENDSS.items():
        place = network.bus_position[f"bus/{bus}"]
        assert flow.voltage_pu[0, place] == pytest.approx(voltage_pu, abs=1e-7)
        assert np.rad2deg(flow.angle_rad[0, place]) == pytest.approx(angle_deg, abs=2e-6)
    assert flow.loss_kw.sum() == pytest.approx(_OPENDSS_LOSS_KW, abs=1e-6)
