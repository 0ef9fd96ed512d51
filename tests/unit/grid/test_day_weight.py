"""Weights of past days against a walk through the days, one after the other."""

from datetime import date, timedelta

import numpy as np
import pytest

from platone.grid.profile import day_weight
from platone.grid.profile.calendar import KINDS, Calendar
from platone.grid.profile.day_table import DayTable

FIRST = date(2020, 1, 1)
DAYS = tuple(FIRST + timedelta(days=n) for n in range(800))
CALENDAR = Calendar("Europe/Rome")
TABLE = DayTable(DAYS, CALENDAR.kinds(DAYS), np.zeros((len(DAYS), 96, 1)))
CASES = [(0, -1), (1, 0), (8, 7), (10, 4), (40, 39), (90, 88), (366, 365), (400, 399), (799, 790)]
"""Rows of the day that is forecast, and of the last one that is known."""


def weights(weigh: day_weight.Weigh, target: int, last: int) -> dict[int, float]:
    """The days that have a weight."""
    (row,) = weigh(TABLE, np.array([target]), np.array([last]))
    assert row.shape == (len(DAYS),)
    return {int(place): float(row[place]) for place in np.flatnonzero(row)}


def backwards(last: int, first: int = 0) -> range:
    return range(last, first - 1, -1)


def alike(target: int, last: int, first: int = 0) -> list[int]:
    """Known days of the target's kind, the latest first; where there is none, all of them."""
    kind = CALENDAR.kind(DAYS[target])
    found = [row for row in backwards(last, first) if CALENDAR.kind(DAYS[row]) is kind]
    return found or list(backwards(last, first))


@pytest.mark.parametrize(("target", "last"), CASES)
def test_the_last_days(target: int, last: int) -> None:
    known = list(backwards(last))
    assert weights(day_weight.yesterday, target, last) == dict.fromkeys(known[:1], 1.0)
    weeks = [row for row in known if (target - row) % 7 == 0]
    assert weights(day_weight.last_week, target, last) == dict.fromkeys(weeks[:1], 1.0)
    assert weights(day_weight.recent(5), target, last) == dict.fromkeys(known[:5], 1.0)


@pytest.mark.parametrize(("target", "last"), CASES)
def test_days_of_the_same_kind(target: int, last: int) -> None:
    kind = alike(target, last)
    assert weights(day_weight.similar(4), target, last) == dict.fromkeys(kind[:4], 1.0)
    weekday = [row for row in kind if DAYS[row].weekday() == DAYS[target].weekday()] or kind
    found = weights(day_weight.same_weekday(3), target, last)
    assert found == dict.fromkeys(weekday[:3], 1.0)


@pytest.mark.parametrize(("target", "last"), CASES)
def test_smoothing_halves_from_day_to_day(target: int, last: int) -> None:
    found = weights(day_weight.smoothing(0.5), target, last)
    wanted = {row: 0.5 ** (place + 1) for place, row in enumerate(alike(target, last))}
    assert found.keys() == wanted.keys()
    assert list(found.values()) == pytest.approx([wanted[row] for row in found], rel=1e-12)
    third = weights(day_weight.smoothing(0.25), target, last)
    places = dict(enumerate(alike(target, last)))
    for place in (0, 1, 2):
        if place in places:
            assert third[places[place]] == pytest.approx(0.25 * 0.75**place)


def typical_by_hand(target: int, last: int, first: int = 0) -> set[int]:
    """Of a year the days of kind and month; of three months where fewer than three; else of kind.

    December and January are neighbours.
    """
    year = [row for row in alike(target, last, first) if row > last - 366]

    def around(months: int) -> list[int]:
        found = []
        for row in year:
            apart = (DAYS[row].month - DAYS[target].month) % 12
            if min(apart, 12 - apart) <= months:
                found.append(row)
        return found

    for chosen in (around(0), around(1)):
        if len(chosen) >= 3:
            return set(chosen)
    return set(year)


@pytest.mark.parametrize(
    "on", [date(2021, month, day) for month in range(1, 13) for day in (2, 4, 5, 6, 9)]
)
@pytest.mark.parametrize("known", [1, 15, 60, 200, 365, 366, 367])
def test_typical_days_are_those_of_the_month_else_around_it(on: date, known: int) -> None:
    target = (on - FIRST).days
    first = target - known
    days = DAYS[first:]
    table = DayTable(days, CALENDAR.kinds(days), np.zeros((len(days), 96, 1)))
    (row,) = day_weight.typical(table, np.array([known]), np.array([known - 1]))
    assert set(row.tolist()) <= {0.0, 1.0}
    found = {int(place) + first for place in np.flatnonzero(row)}
    assert found == typical_by_hand(target, target - 1, first)


def test_each_target_is_weighed_by_itself() -> None:
    targets, lasts = np.array([10, 400]), np.array([9, 399])
    both = day_weight.typical(TABLE, targets, lasts)
    for row, (target, last) in enumerate(zip(targets.tolist(), lasts.tolist(), strict=True)):
        assert set(np.flatnonzero(both[row]).tolist()) == typical_by_hand(target, last)


def test_kinds_of_the_calendar_are_all_met() -> None:
    assert {CALENDAR.kind(day) for day in DAYS} == set(KINDS)


def test_a_weighted_mean_is_numpys() -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(0, 1, (6, 96, 2))
    chosen = np.array([[0, 1.0, 2.0, 0, 0, 0.5], [0, 0, 0, 0, 0, 1.0], [0] * 6])
    found = day_weight.weighted_mean(chosen, values)
    assert found.shape == (3, 96, 2)
    assert found[0] == pytest.approx(np.average(values, axis=0, weights=chosen[0]))
    assert found[1] == pytest.approx(values[5])
    assert np.isnan(found[2]).all()
    assert np.isnan(day_weight.weighted_mean(np.zeros((2, 6)), values)).all()


def test_unknown_values_have_no_weight() -> None:
    values = np.zeros((3, 96, 1))
    values[0], values[1], values[2] = 1.0, 2.0, 4.0
    before = values.copy()
    values[1, 5], before[1, 5] = np.nan, np.nan
    values[:, 6], before[:, 6] = np.nan, np.nan
    found = day_weight.weighted_mean(np.array([[1.0, 2.0, 1.0]]), values)
    assert found[0, 0, 0] == pytest.approx((1 + 4 + 4) / 4)
    assert found[0, 5, 0] == pytest.approx((1 + 4) / 2)
    assert np.isnan(found[0, 6, 0])
    np.testing.assert_array_equal(values, before)
