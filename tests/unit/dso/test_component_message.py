"""Estimates as the field's state estimators publish them: volts to ground, watts of one phase."""

from datetime import UTC, datetime
from typing import Any

import pytest

from platone.dso.domain.component_message import component_messages
from platone.messages.estimation import (
    BranchEstimate,
    BusEstimate,
    ChiSquareTest,
    ComponentMessage,
    GridEstimate,
    Observability,
    Quality,
)
from platone.messages.grid import Losses
from platone.messages.phasor import Measurand, Phase

AT = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)
TEST = ChiSquareTest(
    objective=0.0, degrees_of_freedom=1, limit=1.0, confidence=0.99, probability=1.0, is_passed=True
)
QUALITY = Quality(first_test=TEST, test=TEST, residual_limit=3.0, suspects=[], conflicts=[])
OBSERVABILITY = Observability(
    is_observable=True,
    unobservable_buses=[],
    unknown_buses=[],
    unfed_buses=[],
    pseudo_measurements=[],
    critical=[],
    redundancy=1.0,
    unused={},
)


def bus(name: str, **more: Any) -> BusEstimate:
    blank = dict.fromkeys(
        (
            *("voltage_pu", "angle_deg", "std_voltage_pu", "std_angle_deg"),
            *("p_kw", "q_kvar"),
        )
    )
    return BusEstimate(id=name, name="", nominal_kv=20.0, is_observable=True, **(blank | more))


def branch(name: str, **more: Any) -> BranchEstimate:
    blank = dict.fromkeys(
        (
            *("from_a", "to_a", "from_angle_deg", "std_from_a", "std_to_a"),
            *("from_kw", "from_kvar", "limit_a", "loading_percent", "loss_kw"),
        )
    )
    return BranchEstimate(id=name, name="", **(blank | more))


def told(buses: list[BusEstimate], branches: list[BranchEstimate]) -> list[ComponentMessage]:
    estimate = GridEstimate(
        at=AT,
        buses=buses,
        branches=branches,
        alarms=[],
        losses=Losses(p_kw=0.0, q_kvar=0.0),
        quality=QUALITY,
        observability=OBSERVABILITY,
        measurements=[],
        is_uncertainty_exact=True,
    )
    return component_messages(estimate)


def numbers(message: ComponentMessage) -> dict[Measurand, float]:
    assert message.timestamp == AT
    assert {each.phase for each in message.readings} == {Phase.A}
    return {each.measurand: each.data for each in message.readings}


def test_a_bus_and_a_branch_in_the_fields_units() -> None:
    """1.05 of 20 kV is 21 kV between phases, 12,124.36 V to ground; 3 kW are 1 kW a phase."""
    first, second = told(
        [bus("b", voltage_pu=1.05, angle_deg=-30.0, p_kw=3.0, q_kvar=-1.5)],
        [branch("l", from_a=12.5, from_angle_deg=10.0, from_kw=-6.0, from_kvar=0.75, to_a=99.0)],
    )
    assert (first.component, second.component) == ("b", "l")
    assert numbers(first) == {
        Measurand.VOLTAGE_MAGNITUDE: pytest.approx(12_124.355653, abs=1e-6),
        Measurand.VOLTAGE_ANGLE: -30.0,
        Measurand.ACTIVE_POWER: pytest.approx(1000.0),
        Measurand.REACTIVE_POWER: pytest.approx(-500.0),
    }
    assert numbers(second) == {
        Measurand.CURRENT_MAGNITUDE: 12.5,
        Measurand.CURRENT_ANGLE: 10.0,
        Measurand.ACTIVE_POWER: pytest.approx(-2000.0),
        Measurand.REACTIVE_POWER: pytest.approx(250.0),
    }


def test_what_is_not_known_has_no_reading_and_no_message() -> None:
    (only,) = told([bus("dark"), bus("b", voltage_pu=0.0)], [branch("l")])
    assert only.component == "b"
    assert numbers(only) == {Measurand.VOLTAGE_MAGNITUDE: 0.0}
