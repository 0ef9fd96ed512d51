"""What stands in for what nothing measures, number by number."""

import math
from typing import Any

import numpy as np
import pytest

from platone.grid.estimation.measurement import (
    Injection,
    Measurement,
    Origin,
    VoltageMeasurement,
)
from platone.grid.estimation.network_model import NetworkModel
from platone.grid.estimation.pseudo import (
    EXPECTED,
    ExpectedConsumption,
    expected_powers,
    expected_within,
    set_voltages,
)
from platone.grid.network.branch import Line
from platone.grid.network.check import check
from platone.grid.network.element import Bus, ConnectionPoint, Generator, Load, Source
from platone.grid.network.model import Network

CONSUMERS = ("at-s", "a1", "a2", "off", "b1", "dark", "POD")
"""In the network's order: loads, then connection points."""
PU = {"s": 1.01, "b": 1.02, "c": 1.03}
"""Voltages that sources and machines are set to, by their bus."""


@pytest.fixture
def model() -> NetworkModel:
    """A source at s, from it lines to a, b and c; d is joined to nothing. Machines at s, b and c.

    At a and b stand consumers; c has machines alone; one consumer and one machine are switched off.
    """
    buses = tuple(Bus(id=name, nominal_kv=20.0, min_pu=0.9, max_pu=1.1) for name in "sabcd")
    lines = tuple(
        Line(
            id=f"s{end}",
            from_bus="s",
            to_bus=end,
            resistance_ohm=0.3,
            reactance_ohm=0.3,
            capacitance_nf=10.0,
            limit_a=100.0,
            to_closed=end != "d",
        )
        for end in "abcd"
    )
    places = zip(CONSUMERS, "saaabd", strict=False)
    loads = tuple(
        Load(id=name, bus=bus, p_kw=1.0, q_kvar=1.0, closed=name != "off") for name, bus in places
    )
    machines = tuple(
        Generator(id=f"g{bus}{kw:g}", bus=bus, p_kw=-kw, voltage_pu=PU[bus], closed=kw != 7)
        for bus, kw in (("s", 1.0), ("b", 100.0), ("b", 20.0), ("c", 3.0), ("c", 7.0))
    )
    return NetworkModel(
        check(
            Network(
                id="n",
                version="1",
                buses=buses,
                sources=(Source(id="S", bus="s", voltage_pu=PU["s"]),),
                lines=lines,
                loads=loads,
                generators=machines,
                connection_points=(ConnectionPoint(pod_id="POD", bus="a"),),
            )
        )
    )


def expected(**more: Any) -> ExpectedConsumption:
    p_kw = np.array([1.0, 2.0, np.nan, 4.0, 5.0, 6.0, 7.0])
    values: dict[str, Any] = {
        "p_kw": p_kw,
        "q_kvar": np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, np.nan]),
        "std_kw": np.full(7, 9.0),
        "std_kvar": np.full(7, 0.9),
    } | more
    return ExpectedConsumption(**values)


def opened(model: NetworkModel, *buses: str) -> Any:
    """Which states are open: those of some buses."""
    found = np.zeros(len(model.fed), bool)
    for bus in buses:
        state = model.state_of_node[model.connections.node_of_bus[bus]]
        assert state >= 0
        found[state] = True
    return found


def told(measurements: Any) -> dict[str, Any]:
    for each in measurements:
        assert isinstance(each, Injection)
        assert (each.id, each.source) == (EXPECTED + each.element, Origin.PSEUDO)
    return {
        each.element: (each.p_kw, each.std_kw, each.q_kvar, each.std_kvar) for each in measurements
    }


def test_consumers_where_power_is_open_have_what_is_expected(model: NetworkModel) -> None:
    assert tuple(each.id for each in model.network.consumers) == CONSUMERS
    found = told(expected_powers(model, expected(), opened(model, "a", "s"), []))
    assert found == {
        "at-s": (1.0, 9.0, 0.1, 0.9),
        "a1": (2.0, 9.0, 0.2, 0.9),
        "a2": (None, None, 0.3, 0.9),
        "POD": (7.0, 9.0, None, None),
    }
    assert expected_powers(model, expected(), opened(model), []) == []


def test_what_is_measured_is_not_expected_as_well(model: NetworkModel) -> None:
    measured: list[Measurement] = [
        Injection(id="1", element="a1", p_kw=1.0, std_kw=1.0),
        Injection(id="2", element="a2", q_kvar=1.0, std_kvar=1.0),
        Injection(id="3", element="POD", p_kw=1.0, std_kw=1.0, q_kvar=1.0, std_kvar=1.0),
        VoltageMeasurement(id="4", bus="a", voltage_kv=20.0, std_kv=0.1),
    ]
    found = told(expected_powers(model, expected(), opened(model, "a"), measured))
    assert found == {"a1": (None, None, 0.2, 0.9)}


def test_machines_share_their_bus_with_its_consumers(model: NetworkModel) -> None:
    """120 kW are generated at b with 10 % deviation, and 5 kW withdrawn with 9 kW."""
    found = told(expected_powers(model, expected(), opened(model, "b", "c", "s"), []))
    assert found["b1"] == (5.0, 9.0, 0.5, 0.9)
    assert found["b"] == (-115.0, pytest.approx(math.hypot(12.0, 9.0)), None, None)
    assert found["c"] == (-3.0, 1.0, None, None)  # at least 1 kW, also of few kW
    assert "s" not in found  # the source bears whatever it is
    measured = [Injection(id="1", element="b", p_kw=1.0, std_kw=1.0)]
    found = told(expected_powers(model, expected(), opened(model, "b"), measured))
    assert found == {"b1": (5.0, 9.0, 0.5, 0.9)}
    assert "b" not in told(expected_powers(model, expected(), opened(model, "c"), []))
    surer = expected(generator_std_share=0.5)
    found = told(expected_powers(model, surer, opened(model, "c"), []))
    assert found == {"c": (-3.0, 1.5, None, None)}


def test_a_bus_of_unknown_consumers_has_no_sum(model: NetworkModel) -> None:
    unknown = expected(p_kw=np.full(7, np.nan))
    found = told(expected_powers(model, unknown, opened(model, "b"), []))
    assert found == {"b1": (None, None, 0.5, 0.9)}


def test_voltages_are_those_that_sources_and_machines_are_set_to(model: NetworkModel) -> None:
    """All in the part of the network that is open, but what is switched off or not fed."""
    for at in "sabc":
        found = set_voltages(model, expected(), opened(model, at))
        assert all(isinstance(each, VoltageMeasurement) for each in found)
        numbers: list[Any] = [
            (each.id, each.bus, each.voltage_kv, each.std_kv, each.source)
            for each in found
            if isinstance(each, VoltageMeasurement)
        ]
        assert numbers == [
            (f"{EXPECTED}{name}", bus, pytest.approx(pu * 20.0), 0.2, Origin.PSEUDO)
            for name, bus, pu in (
                *(("S", "s", 1.01), ("gs1", "s", 1.01), ("gb100", "b", 1.02)),
                *(("gb20", "b", 1.02), ("gc3", "c", 1.03)),
            )
        ]
    (first, *_) = set_voltages(model, expected(voltage_std_pu=0.05), opened(model, "a"))
    assert isinstance(first, VoltageMeasurement)
    assert first.std_kv == pytest.approx(1.0)
    assert set_voltages(model, expected(), opened(model)) == []


def test_an_expectation_without_a_spread_has_half_its_size() -> None:
    found = expected_within(np.array([3.0, 0.1]), np.array([4.0, 0.1]))
    assert found.std_kw.tolist() == [2.5, 1.0]
    assert found.std_kvar.tolist() == [2.5, 1.0]
    assert (found.generator_std_share, found.voltage_std_pu) == (0.1, 0.01)
    finer = expected_within(np.array([3.0]), np.array([4.0]), 0.1, 0.01)
    assert finer.std_kw.tolist() == [pytest.approx(0.5)]
