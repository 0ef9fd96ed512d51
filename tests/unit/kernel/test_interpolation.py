"""Quarter-hours in gaps lie on the straight line over them, and what may lie over what."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from platone.kernel.reading_choice import (
    fill_quarter,
    interpolate_quarter,
    may_lie_over,
    precedence,
)
from platone.messages.metering import Reading

HOUR = datetime(2021, 6, 23, 10, tzinfo=UTC)


def reading(
    minute: int,
    length: int = 15,
    energy_wh: int = 0,
    varh: int | None = None,
    quality: str = "measured",
    revision: int = 0,
) -> Reading:
    return Reading(
        pod_id="POD",
        start_time=HOUR + timedelta(minutes=minute),
        duration_minutes=length,
        energy_wh=energy_wh,
        reactive_energy_varh=varh,
        quality=quality,
        revision=revision,
    )


def at(minute: int) -> datetime:
    return HOUR + timedelta(minutes=minute)


@pytest.mark.parametrize("gap", [1, 2, 3, 4])
def test_a_gap_of_up_to_an_hour_lies_on_the_line_over_it(gap: int) -> None:
    """The line is numpy's: 100 Wh before the gap, 460 Wh after it."""
    end = 15 * (gap + 1)
    before, after = reading(0, energy_wh=100, varh=-60), reading(end, energy_wh=460, varh=240)
    for place in range(1, gap + 1):
        found = interpolate_quarter(at(15 * place), [after, before])
        assert found is not None
        line = [0, gap + 1]
        assert found.energy == round(np.interp(place, line, [100_000, 460_000]))
        assert found.reactive_energy == round(np.interp(place, line, [-60_000, 240_000]))
        assert (found.quality, found.readings) == ("interpolated", (before, after))


def test_a_longer_gap_is_left_as_it_is() -> None:
    known = [reading(0, energy_wh=100), reading(90, energy_wh=400)]
    assert [interpolate_quarter(at(minute), known) for minute in range(0, 105, 15)] == [None] * 7


def test_what_is_measured_or_has_one_side_only_is_not_interpolated() -> None:
    known = [reading(minute, energy_wh=100) for minute in (0, 15, 30)]
    for minute in (-15, 15, 45):
        assert interpolate_quarter(at(minute), known) is None
    assert interpolate_quarter(at(15), [known[0], known[2]]) is not None


@pytest.mark.parametrize(("first", "last"), [(None, 4), (4, None), (None, None)])
def test_reactive_energy_needs_both_sides(first: int | None, last: int | None) -> None:
    known = [reading(0, energy_wh=1, varh=first), reading(30, energy_wh=2, varh=last)]
    found = interpolate_quarter(at(15), known)
    assert found is not None
    assert (found.energy, found.reactive_energy) == (1_500, None)


def test_long_readings_on_a_side_are_spread_first() -> None:
    """An hour of 400 Wh is 100 Wh a quarter-hour; the other side has 60 Wh."""
    known = [reading(-60, 60, 400), reading(15, energy_wh=60)]
    found = interpolate_quarter(at(0), known)
    assert found is not None
    assert (found.energy, found.readings) == (80_000, tuple(known))


def test_reactive_energy_is_added_and_spread_as_energy_is() -> None:
    parts = [reading(0, 5, 1, 2), reading(5, 5, 1, -7), reading(10, 5, 1, 1)]
    filled = fill_quarter(HOUR, parts)
    assert filled is not None
    assert (filled.energy, filled.reactive_energy) == (3_000, -4_000)
    partly = fill_quarter(HOUR, [*parts[:2], reading(10, 5, 1)])
    assert partly is not None
    assert (partly.energy, partly.reactive_energy) == (3_000, None)
    for length, varh, micro in ((60, -8, -2_000), (30, 3, 1_500), (60, None, None)):
        spread = fill_quarter(HOUR, [reading(0, length, 4, varh)])
        assert spread is not None
        assert spread.reactive_energy == micro
        assert spread.quality == "estimated"


def test_a_long_reading_counts_in_each_of_its_quarter_hours_and_no_other() -> None:
    hour = reading(0, 60, 4)
    found = [fill_quarter(at(minute), [hour]) for minute in range(-15, 75, 15)]
    assert [None if each is None else each.energy for each in found] == [None, *[1_000] * 4, None]
    half = reading(0, 30, 4)
    found = [fill_quarter(at(minute), [half, hour]) for minute in (0, 15, 30)]
    assert [None if each is None else each.energy for each in found] == [2_000, 2_000, 1_000]


def test_of_equal_versions_the_last_told_counts() -> None:
    for quality in ("measured", "estimated"):
        versions = [reading(0, energy_wh=energy, quality=quality) for energy in (5, 7)]
        filled = fill_quarter(HOUR, versions)
        assert filled is not None
        assert filled.energy == 7_000


def test_a_correction_ranks_above_quality() -> None:
    ranked = [
        reading(0, quality="estimated"),
        reading(0),
        reading(0, quality="estimated", revision=1),
        reading(0, quality="simulated", revision=1),
    ]
    ranks = [precedence(each) for each in ranked]
    assert ranks == sorted(set(ranks))
    assert precedence(reading(0)) == precedence(reading(0, quality="simulated"))


@pytest.mark.parametrize(
    ("new", "standing", "may"),
    [
        (reading(0, 30), reading(0), True),
        (reading(0), reading(0, 60), True),
        (reading(0, 30), reading(0, 60), True),
        (reading(0), reading(5, 5), False),
        (reading(0, 5), reading(0), False),
        (reading(0), reading(5, 5, quality="estimated"), True),
        (reading(5, 5, quality="estimated"), reading(0), False),
        (reading(5, 5, revision=1), reading(0), True),
        (reading(5, 5), reading(0, revision=1), False),
    ],
)
def test_what_may_lie_over_another_interval(new: Reading, standing: Reading, *, may: bool) -> None:
    assert may_lie_over(new, standing) is may


def test_of_intervals_that_fill_it_the_latest_corrected_counts_then_the_longest() -> None:
    parts = [reading(minute, 5, 1) for minute in (0, 5, 10)]
    for long, energy in ((reading(0, 15, 9), 9_000), (reading(0, 15, 9, revision=1), 9_000)):
        filled = fill_quarter(HOUR, [*parts, long])
        assert filled is not None
        assert filled.energy == energy
    corrected = fill_quarter(HOUR, [reading(0, 5, 2, revision=1), *parts[1:], reading(0, 15, 9)])
    assert corrected is not None
    assert corrected.energy == 4_000
