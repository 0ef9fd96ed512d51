"""Spikes and stuck meters are found, told and set aside; unusual consumption is not."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.grid.metering_writer import write_metering_csv

from platone.grid.array import Floats
from platone.grid.file.metering_file import read_metering_csv
from platone.grid.profile.calendar import Calendar
from platone.grid.profile.metering import Metering, RemarkKind
from platone.grid.profile.outlier import spikes, stuck_runs, without_outliers
from platone.grid.profile.typical_day import typical_days

START = datetime(2026, 3, 1, 23, tzinfo=UTC)
DAYS = 60


def household(seed: int = 1) -> Floats:
    """A day's course with noise, kW; the values of no two neighbours are the same."""
    rng = np.random.default_rng(seed)
    course = 0.4 + 0.3 * np.sin(np.arange(DAYS * 96) * 2 * np.pi / 96) ** 2
    return np.asarray(course * rng.uniform(0.7, 1.3, len(course)))


def cleaned(p_kw: Floats, q_kvar: Floats | None = None) -> Metering:
    q = None if q_kvar is None else q_kvar[:, None]
    return without_outliers(Metering(START, ("A",), p_kw[:, None], q))


def kinds(metering: Metering) -> list[RemarkKind]:
    return [each.kind for each in metering.remarks]


def test_thousandfold_spikes_are_set_aside() -> None:
    p_kw = household()
    wrong = [77, 1000, 1001, 4000]
    p_kw[wrong] *= [1000, 1000, -1000, 1000]
    found = cleaned(p_kw)
    assert np.flatnonzero(np.isnan(found.p_kw[:, 0])).tolist() == wrong
    (remark,) = found.remarks
    assert (remark.kind, remark.count, remark.consumer) == (RemarkKind.SPIKE, 4, "A")
    largest = int(np.argmax(np.abs(p_kw)))
    at = START + timedelta(minutes=15 * largest)
    assert f"{abs(p_kw[largest]):.6g} kW, at {at.isoformat()}" in remark.detail
    assert "set aside" in remark.detail


def test_six_flat_days_are_a_stuck_meter() -> None:
    p_kw = household()
    p_kw[960 : 960 + 6 * 96] = p_kw[959]
    p_kw[1000] = np.nan  # a lost value frees no meter
    found = cleaned(p_kw, household(2) / 3)
    assert np.flatnonzero(np.isnan(found.p_kw[:, 0])).tolist() == list(range(960, 1536))
    assert found.q_kvar is not None
    expected = [row for row in range(960, 1536) if row != 1000]
    assert np.flatnonzero(np.isnan(found.q_kvar[:, 0])).tolist() == expected
    (remark,) = found.remarks
    assert (remark.kind, remark.count) == (RemarkKind.STUCK, 575)
    since = START + timedelta(minutes=15 * 959)
    assert f"576 values from {since.isoformat()} on are the same" in remark.detail


@pytest.mark.parametrize(("hours", "is_stuck"), [(23.75, False), (24.0, True)])
def test_a_day_is_the_bound(hours: float, is_stuck: bool) -> None:  # noqa: FBT001
    p_kw, count = household(), int(hours * 4)
    p_kw[500 : 500 + count] = p_kw[500]
    found = cleaned(p_kw)
    assert kinds(found) == [RemarkKind.STUCK] * is_stuck
    assert np.isnan(found.p_kw).sum() == (count - 1) * is_stuck


@pytest.mark.parametrize(("count", "zeros", "is_found"), [(96, 0, True), (95, 300, False)])
def test_a_day_of_values_is_the_least_for_spikes(
    count: int,
    zeros: int,
    is_found: bool,  # noqa: FBT001
) -> None:
    """Zeros are none of them: a consumer that was seldom there is not judged."""
    values = np.concatenate([np.full(count, 2.0), np.zeros(zeros)])
    values[0] = 201.0
    found, high = spikes(values)
    assert found.any() == found[0] == is_found
    assert high == (2.0 if is_found else 0.0)
    values[0] = 200.0  # a hundred times is not more than a hundred times
    assert not spikes(values)[0].any()


@pytest.mark.parametrize(("others", "is_found"), [(97, True), (96, True), (95, False)])
def test_a_day_of_other_values_is_the_least_for_stuck_meters(
    others: int,
    is_found: bool,  # noqa: FBT001
) -> None:
    values = np.concatenate([np.full(96, 3.0), np.arange(others) + 10.0])
    (*runs,) = stuck_runs(values)
    assert [run.tolist() for run in runs] == [list(range(96))] * is_found


def test_an_empty_house_frees_no_meter() -> None:
    """A month of zeros is neither stuck nor counts among the lively values."""
    lively = household()[: 10 * 96]
    values = np.concatenate([np.zeros(30 * 96), lively, np.full(100, lively[-1]), np.zeros(96)])
    (run,) = stuck_runs(values)
    assert run.tolist() == list(range(40 * 96 - 1, 40 * 96 + 100))


@pytest.mark.parametrize(("share", "is_found"), [(0.55, True), (0.45, False)])
def test_who_is_often_constant_is_not_stuck(share: float, is_found: bool) -> None:  # noqa: FBT001
    """Of 2,000 other values so many differ from the one before; in short runs, below a day."""
    changes = np.arange(2000) % 100 < 100 * share
    values = np.concatenate([np.cumsum(changes) + 1.0, np.full(200, 5000.0)])
    assert bool(stuck_runs(values)) == is_found


def _charging(p_kw: Floats) -> None:
    p_kw[::100] = 11.0  # an electric car, twenty times what stands by


def _absent(p_kw: Floats) -> None:
    p_kw[960:2000] = 0.0


def _constant(p_kw: Floats) -> None:
    p_kw[:] = 2.5


def _switched(p_kw: Floats) -> None:
    p_kw[:] = np.where(np.arange(len(p_kw)) // 200 % 2, 3.0, 1.0)


def _rare(p_kw: Floats) -> None:
    p_kw[:] = 0.0
    p_kw[[100, 200, 300]] = 40.0


def _sun(p_kw: Floats) -> None:
    p_kw[:] = -np.maximum(np.sin(np.arange(len(p_kw)) * 2 * np.pi / 96), 0.0) * p_kw


@pytest.mark.parametrize("course", [_charging, _absent, _constant, _switched, _rare, _sun])
def test_what_is_only_unusual_stays(course: Any) -> None:
    p_kw = household()
    course(p_kw)
    found = cleaned(p_kw)
    assert found.remarks == ()
    np.testing.assert_array_equal(found.p_kw[:, 0], p_kw)


def test_reactive_power_is_judged_too() -> None:
    p_kw, q_kvar = household(), household(3) / 4
    q_kvar[50] *= 1000
    found = cleaned(p_kw, q_kvar)
    assert found.q_kvar is not None
    assert np.isnan(found.q_kvar[50, 0])
    assert not np.isnan(found.p_kw).any()
    assert "kvar" in found.remarks[0].detail


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(0, 20), st.integers(0, 3))
def test_exactly_what_was_spoilt_is_set_aside(seed: int, spikes: int, runs: int) -> None:
    rng = np.random.default_rng(seed)
    p_kw, wrong = household(seed), np.zeros(DAYS * 96, np.bool_)
    for number in range(runs):
        first = number * 1900 + int(rng.integers(0, 700))
        count = int(rng.integers(96, 1100))
        p_kw[first : first + count] = p_kw[first]
        wrong[first + 1 : first + count] = True
    places = rng.choice(np.flatnonzero(~wrong), spikes, replace=False)
    places = places[~np.isin(places + 1, np.flatnonzero(wrong))]  # not where a run begins
    p_kw[places] *= 1000
    wrong[places] = True
    found = cleaned(p_kw)
    np.testing.assert_array_equal(np.isnan(found.p_kw[:, 0]), wrong)
    counts = dict.fromkeys((RemarkKind.SPIKE, RemarkKind.STUCK), 0)
    for each in found.remarks:
        counts[each.kind] += each.count
    assert list(counts.values()) == [len(places), int(wrong.sum()) - len(places)]


def test_typical_days_from_a_file_do_without_them() -> None:
    """As if the values had never been there."""
    p_kw = household()
    clean = p_kw.copy()
    p_kw[[200, 3000]] *= 1000
    p_kw[1001:1577] = p_kw[1000]
    clean[[200, 3000]] = np.nan
    clean[1001:1577] = np.nan
    file = io.StringIO()
    write_metering_csv(Metering(START, ("A",), p_kw[:, None]), file)
    found = typical_days(read_metering_csv(io.StringIO(file.getvalue())), Calendar("Europe/Rome"))
    wanted = typical_days(Metering(START, ("A",), clean[:, None]), Calendar("Europe/Rome"))
    np.testing.assert_allclose(found.p.mean, wanted.p.mean)
    np.testing.assert_array_equal(found.p.count, wanted.p.count)
    assert [each.kind for each in found.remarks] == [RemarkKind.SPIKE, RemarkKind.STUCK]
