"""Estimates of sensors that are prepared once are the same as from nothing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.grid.estimation.conftest import make_street, measure_street

from platone import grid
from platone.grid.estimation.bad_data import CRITICAL_SHARE
from platone.grid.estimation.estimate import NetworkEstimator, estimate, estimator_of
from platone.grid.estimation.measurement import (
    BranchCurrent,
    Injection,
    Measurement,
    VoltageMeasurement,
)
from platone.grid.estimation.pseudo import expected_within
from platone.grid.estimation.result import Estimation, EstimationOptions
from platone.grid.flow.state import snapshot
from platone.grid.problem.estimation import MeasurementsInvalid, NothingObservable

GROSS = 1.05


def same(one: Estimation, other: Estimation) -> None:
    """Check that users see the same of both."""
    assert np.abs(one.voltage - other.voltage).max() < 1e-6
    assert one.placed.readings == other.placed.readings
    assert one.placed.measurements == other.placed.measurements
    assert (one.is_used == other.is_used).all()
    assert (one.is_undetermined == other.is_undetermined).all()
    assert [each.id for each in one.pseudo] == [each.id for each in other.pseudo]
    assert one.placed.unused == other.placed.unused
    assert one.conflicts == other.conflicts
    # what is left of a variance is known to some 1e-7: at the threshold rounding decides
    differ = one.residuals.is_critical != other.residuals.is_critical
    assert (
        np.abs(one.residuals.share[differ] - CRITICAL_SHARE).max(initial=0.0) < 0.5 * CRITICAL_SHARE
    )
    assert one.limit == pytest.approx(other.limit, rel=0.01)
    for ours, theirs in ((one.test, other.test), (one.first_test, other.first_test)):
        assert ours.degrees == theirs.degrees
        assert ours.objective == pytest.approx(theirs.objective, rel=1e-4, abs=1e-4)
        assert ours.confidence == theirs.confidence
    bad = [(each.readings, each.is_removed) for each in one.bad]
    assert bad == [(each.readings, each.is_removed) for each in other.bad]
    for mine, its in zip(one.bad, other.bad, strict=True):
        assert mine.normalised == pytest.approx(its.normalised, rel=1e-3)
    known = ~one.is_magnitude_undetermined
    np.testing.assert_allclose(
        one.uncertainty.voltage_pu[known], other.uncertainty.voltage_pu[known], 1e-3, 1e-9
    )
    if not one.is_undetermined.any():
        np.testing.assert_allclose(one.uncertainty.from_a, other.uncertainty.from_a, 1e-2, 1e-5)


STREET = make_street(10)


def drawn(draw: Any, sets: list[list[str]]) -> tuple[list[Measurement], bool]:
    """Some set of sensors, new values, and perhaps a gross error or other certainties."""
    _, every = measure_street(STREET, noise=1.0, seed=draw(st.integers(0, 50)))
    names = draw(st.sampled_from(sets))
    found = [each for each in every if each.id in names]
    if draw(st.booleans()):
        row = draw(st.integers(0, len(found) - 1))
        wrong = found[row]
        if isinstance(wrong, VoltageMeasurement):
            kv = wrong.voltage_kv * GROSS
            found[row] = msgspec.structs.replace(wrong, voltage_kv=kv)
    if draw(st.booleans()):
        share = draw(st.sampled_from([0.9, 1.5]))
        found = [
            msgspec.structs.replace(each, std_kv=each.std_kv * share)
            if isinstance(each, VoltageMeasurement)
            else each
            for each in found
        ]
    if draw(st.booleans()):
        found.append(
            BranchCurrent(
                id="pmu", branch="l3", end="from", current_a=draw(st.floats(20.0, 25.0)),
                std_a=0.5, angle_deg=draw(st.floats(-170.0, -160.0)), std_deg=1.0,
            )
        )  # fmt: skip
        found.append(
            VoltageMeasurement(
                id="clock", bus="b0", voltage_kv=20.1, std_kv=0.1, angle_deg=-150.0, std_deg=0.5
            )
        )
    return found, draw(st.booleans())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_it_is_what_it_would_be_from_nothing(data: st.DataObject) -> None:
    """Sets of sensors in turn, with gaps that expected values fill, with bad data and without."""
    model, every = measure_street(STREET)
    names = [each.id for each in every]
    sets = [names, [each for each in names if each != "m-c7"], names[:1] + names[11:]]
    snap = snapshot(STREET)
    expected = expected_within(snap.p_kw[0], snap.q_kvar[0], 0.3)
    again = NetworkEstimator(model)
    for _ in range(5):
        measurements, has_confidence = drawn(data.draw, sets)
        pseudo: Any = data.draw(st.sampled_from(["whereNeeded", "never"]))
        options = EstimationOptions(pseudo, confidence=0.95 if has_confidence else 0.99)
        same(
            again(measurements, expected, options),
            estimate(model, measurements, expected, options),
        )


def test_bad_values_of_known_sensors_are_refused_as_at_first(street: Any) -> None:
    model, measurements = measure_street(street())
    again = NetworkEstimator(model)
    again(measurements)
    for change in ({"voltage_kv": 2e4}, {"std_kv": 0.0}, {"voltage_kv": float("nan")}):
        wrong = [msgspec.structs.replace(measurements[1], **change), *measurements[2:]]
        wrong = [measurements[0], *wrong]
        for call in (again, NetworkEstimator(model)):
            with pytest.raises(MeasurementsInvalid) as failed:
                call(wrong)
            assert [each.measurement for each in failed.value.faults] == [measurements[1].id]
    same(again(measurements), estimate(model, measurements))


def test_what_determines_nothing_is_refused_each_time(street: Any) -> None:
    model, measurements = measure_street(street())
    meters = [each for each in measurements if isinstance(each, Injection)]
    again = NetworkEstimator(model)
    for _ in range(2):
        with pytest.raises(NothingObservable):
            again(meters, None, EstimationOptions(pseudo="never"))


def test_any_number_of_threads_may_use_it(twin: Callable[..., Any]) -> None:
    case = twin("cigre")
    case.everything()
    again = NetworkEstimator(case.model)
    random = np.random.default_rng(1)
    sets = []
    for _ in range(24):
        factor = 1 + 1e-3 * random.standard_normal()
        sets.append(
            [
                msgspec.structs.replace(each, p_kw=each.p_kw * factor)
                if isinstance(each, Injection) and each.p_kw is not None
                else each
                for each in case.measurements
            ]
        )
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(again, sets))
    for measurements, one in zip(sets, found, strict=True):
        same(one, estimate(case.model, measurements))


def test_networks_keep_apart() -> None:
    networks = [make_street(nodes) for nodes in range(6, 12)]
    for _ in range(2):
        for network in networks:
            model, measurements = measure_street(network, 1.0, 3)
            same(estimator_of(network)(measurements), estimate(model, measurements))
            same(
                grid.estimate(network, measurements, only_measured=True),
                estimate(model, measurements),
            )
