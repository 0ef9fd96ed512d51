"""Gross errors are found and named; what cannot be told is said."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np
import pytest

from platone.grid.estimation.estimate import estimate
from platone.grid.estimation.measurement import (
    BranchPower,
    Injection,
    Measurement,
    VoltageMeasurement,
)
from platone.grid.estimation.network_model import NetworkModel
from platone.grid.estimation.result import EstimationOptions
from platone.grid.network.branch import Line
from platone.grid.network.check import check
from platone.grid.network.element import Bus, Load, Source
from platone.grid.network.model import Network


def spoilt(case: Any, name: str, **change: float) -> None:
    """Adds to fields of one measurement."""
    case.measurements = [
        each
        if each.id != name
        else msgspec.structs.replace(
            each, **{field: getattr(each, field) + add for field, add in change.items()}
        )
        for each in case.measurements
    ]


def only_meters(measurements: Sequence[Any]) -> list[Any]:
    """One voltage and the consumers' meters: just enough."""
    return [each for each in measurements if isinstance(each, Injection) or each.id == "v-b0"]


def test_gross_errors_are_found_by_name(twin: Callable[..., Any]) -> None:
    """An error of 20 standard deviations in each redundant number in turn."""
    case = twin("meshed", 3)
    case.everything()
    for row in case.net.line.index:
        case.branch("line", int(row), "to")
    clean = estimate(case.model, case.measurements)
    assert clean.test.is_passed
    assert not clean.bad
    rows = np.flatnonzero(clean.is_used)
    told, missed = 0, []
    for row, left in zip(rows.tolist(), clean.residuals.share.tolist(), strict=True):
        if left < 0.1:
            continue
        reading = clean.placed.readings[row][0]
        field = {"voltage": "voltage_kv", "p": "p_kw", "q": "q_kvar"}[reading.quantity]
        std = {"voltage": "std_kv", "p": "std_kw", "q": "std_kvar"}[reading.quantity]
        original = case.measurements
        (measured,) = [each for each in original if each.id == reading.measurement]
        spoilt(case, reading.measurement, **{field: 20 * getattr(measured, std)})
        found = estimate(case.model, case.measurements)
        case.measurements = original
        first = found.bad[0].readings if found.bad else ()
        told += 1
        if first != (reading,) or not found.bad[0].is_removed:
            missed.append(reading)
    assert told > 20
    assert not missed


def test_what_is_removed_does_not_change_the_rest(twin: Callable[..., Any]) -> None:
    case = twin("cigre")
    case.everything()
    without = [each for each in case.measurements if each.id != "line0from"]
    spoilt(case, "line0from", p_kw=5000.0, q_kvar=-3000.0)
    found = estimate(case.model, case.measurements)
    assert {each.readings[0].measurement for each in found.bad} == {"line0from"}
    assert {each.readings[0].quantity for each in found.bad} == {"p", "q"}
    assert not found.first_test.is_passed
    assert found.test.is_passed
    expected = estimate(case.model, without)
    assert np.abs(found.voltage - expected.voltage).max() < 1e-8


def test_who_may_remove_nothing_is_told_the_worst(twin: Callable[..., Any]) -> None:
    case = twin("cigre")
    case.everything()
    spoilt(case, "line0from", p_kw=5000.0)
    found = estimate(case.model, case.measurements, None, EstimationOptions(most_removed=0))
    (bad,) = found.bad
    assert [(each.measurement, each.quantity) for each in bad.readings] == [("line0from", "p")]
    assert not bad.is_removed
    assert found.test == found.first_test
    assert not found.test.is_passed


def test_several_errors_are_found_one_after_the_other(twin: Callable[..., Any]) -> None:
    case = twin("cigre", 4)
    case.everything()
    for row in case.net.line.index[:11]:
        case.branch("line", int(row), "to")
    wrong = {"line0from": 900.0, "line6to": -700.0, "trafo1hv": 2000.0}
    for name, kw in wrong.items():
        spoilt(case, name, p_kw=kw)
    found = estimate(case.model, case.measurements)
    assert {each.readings[0].measurement for each in found.bad} == set(wrong)
    for each in found.bad:
        assert each.is_removed
    sizes = {each.readings[0].measurement: each.error_std * 20.0 for each in found.bad}
    assert sizes["trafo1hv"] == pytest.approx(2000.0, rel=0.1)


def test_a_critical_measurement_is_never_removed(
    street: Callable[..., Any], measured_street: Callable[..., Any]
) -> None:
    model, measurements = measured_street(street())
    barely = only_meters(measurements)
    assert estimate(model, [each for each in barely if each.id != "m-c7"]).is_unobservable.any()
    wrong = [
        msgspec.structs.replace(each, p_kw=each.p_kw + 500.0) if each.id == "m-c7" else each
        for each in barely
    ]
    found = estimate(model, wrong)
    assert {each.measurement for each in found.critical} == {each.id for each in barely}
    assert not found.is_unobservable.any()
    assert not found.bad
    assert found.test.degrees == 0


def test_two_that_contradict_each_other_are_told_but_not_chosen_from(
    street: Callable[..., Any], measured_street: Callable[..., Any]
) -> None:
    """Two meters at the same consumer and no third to judge between them."""
    model, measurements = measured_street(street())
    barely = only_meters(measurements)
    (one,) = [each for each in barely if each.id == "m-c7"]
    other = msgspec.structs.replace(one, id="m-c7-second", p_kw=one.p_kw + 300.0)
    found = estimate(model, [*barely, other])
    names = [[each.measurement for each in readings] for readings in found.conflicts]
    assert names == [["m-c7", "m-c7-second"]]
    (bad,) = found.bad
    assert {each.measurement for each in bad.readings} == {"m-c7", "m-c7-second"}
    assert not bad.is_removed
    assert not found.test.is_passed


def test_what_cannot_be_decided_is_told_once_and_the_search_goes_on(
    street: Callable[..., Any], measured_street: Callable[..., Any]
) -> None:
    """Two meters contradict each other by far; after them another number is wrong, and removed."""
    model, measurements = measured_street(street())
    barely = only_meters(measurements)
    by_name = {each.id: each for each in barely}
    one, other = by_name["m-c7"], by_name["m-c4"]
    far = msgspec.structs.replace(one, id="m-c7-second", p_kw=one.p_kw + 3000.0)
    wrong = msgspec.structs.replace(other, id="m-c4-second", p_kw=other.p_kw + 300.0)
    judge = msgspec.structs.replace(other, id="m-c4-third", p_kw=other.p_kw + 1.0)
    found = estimate(model, [*barely, far, wrong, judge])
    told = [({each.measurement for each in bad.readings}, bad.is_removed) for bad in found.bad]
    assert told == [({"m-c7", "m-c7-second"}, False), ({"m-c4-second"}, True)]


def test_a_third_reading_decides_between_two(
    street: Callable[..., Any], measured_street: Callable[..., Any]
) -> None:
    model, measurements = measured_street(street())
    (one,) = [each for each in measurements if each.id == "m-c7"]
    second = msgspec.structs.replace(one, id="second", p_kw=one.p_kw + 300.0)
    third = msgspec.structs.replace(one, id="third", p_kw=one.p_kw + 2.0)
    found = estimate(model, [*measurements, second, third])
    assert [each.readings[0].measurement for each in found.bad if each.is_removed] == ["second"]
    assert found.test.is_passed


def test_a_voltage_in_conflict(street: Callable[..., Any], measured_street: Any) -> None:
    model, measurements = measured_street(street())
    (one,) = [
        each for each in measurements if isinstance(each, VoltageMeasurement) and each.bus == "b4"
    ]
    wrong = msgspec.structs.replace(one, id="wrong", voltage_kv=one.voltage_kv * 1.1)
    found = estimate(model, [*measurements, wrong])
    assert [each.readings[0].measurement for each in found.bad] == ["wrong"]
    assert found.conflicts


def test_a_number_without_which_no_state_is_found_stays() -> None:
    """Two meters tell 40 MW, more than the line can carry; a third tells 1 MW, and is outvoted.

    The most that a line of R + jX ohm carries at unity power factor: V^2 / (2 (|Z| + R)) = 27.6 MW.
    Without the third no voltage fits; so it is told as wrong, and counts all the same.
    """
    most_kw = 20.0**2 / (2 * (abs(3 + 3j) + 3)) * 1000
    told_kw = 40_000.0
    assert told_kw > most_kw
    line = Line(
        id="ab",
        from_bus="a",
        to_bus="b",
        resistance_ohm=3.0,
        reactance_ohm=3.0,
        capacitance_nf=10.0,
        limit_a=1e5,
    )
    buses = tuple(Bus(id=name, nominal_kv=20.0, min_pu=0.9, max_pu=1.1) for name in "ab")
    source = Source(id="S", bus="a", voltage_pu=1.0)
    load = Load(id="load", bus="b", p_kw=10.0, q_kvar=1.0)
    model = NetworkModel(
        check(
            Network(
                id="n", version="1", buses=buses, sources=(source,), lines=(line,), loads=(load,)
            )
        )
    )
    std: dict[str, Any] = {"q_kvar": 0.0, "std_kw": 100.0, "std_kvar": 100.0}
    measurements: list[Measurement] = [
        VoltageMeasurement(id="v", bus="a", voltage_kv=20.0, std_kv=0.01),
        Injection(id="i1", element="load", p_kw=told_kw, **std),
        Injection(id="i2", element="b", p_kw=told_kw, **std),
        BranchPower(id="p", branch="ab", end="to", p_kw=-1000.0, **std),
    ]

    found = estimate(model, measurements)

    names = [({each.measurement for each in bad.readings}, bad.is_removed) for bad in found.bad]
    assert names == [({"p"}, False), ({"i1", "i2"}, False)]
    assert not found.test.is_passed
    untouched = estimate(model, measurements, None, EstimationOptions(most_removed=0))
    assert np.array_equal(found.voltage, untouched.voltage)
