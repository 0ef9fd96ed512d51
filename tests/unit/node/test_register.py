"""Counters of meters as intervals, against a meter of which every minute is known."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.kernel.reading_choice import fill_quarter
from platone.node.domain.register import CountingMeter, Showing, readings_of

NOON = datetime(2021, 6, 23, 12, tzinfo=UTC)
POD = "IT1"
MINUTE = timedelta(minutes=1)


def meter(serial: str = "A", digits: int = 6, unit_wh: int = 1) -> CountingMeter:
    return CountingMeter(meter_id=serial, digits=digits, unit_wh=unit_wh, most_kw=1_000.0)


def shown(minute: int, imported: int, exported: int = 0, serial: str = "A") -> Showing:
    at = NOON + minute * MINUTE
    return Showing(meter=meter(serial), at=at, imported=imported, exported=exported)


def told(minutes: int, *showings: Showing) -> list[tuple[int, int, int, str]]:
    """Minute after noon, length, energy and quality of each reading."""
    return [
        (
            (each.start_time - NOON) // MINUTE,
            each.duration_minutes,
            each.energy_wh,
            each.quality,
        )
        for each in readings_of(POD, minutes, showings)
    ]


@pytest.mark.parametrize("minutes", [5, 15, 30, 60])
def test_what_the_counters_went_on_by_is_the_energy(minutes: int) -> None:
    showings = (shown(0, 100, 7), shown(minutes, 160, 7), shown(2 * minutes, 170, 40))
    assert told(minutes, *showings) == [
        (0, minutes, 60, "measured"),
        (minutes, minutes, -23, "measured"),
    ]


def test_a_counter_begins_again_after_its_last_number() -> None:
    assert told(15, shown(0, 999_990), shown(15, 35)) == [(0, 15, 45, "measured")]
    (reading,) = readings_of(POD, 15, (shown(0, 999_990), shown(15, 35)))
    assert reading.registers is not None
    assert (reading.registers.import_start, reading.registers.import_end) == (999_990, 35)


def test_of_an_interval_in_which_a_counter_was_set_back_nothing_is_told() -> None:
    """Of 500,000 Wh to 20 it would have gone at 2000 kW, of which the meter carries 1000."""
    assert told(15, shown(0, 500_000), shown(15, 20), shown(30, 50)) == [(15, 15, 30, "measured")]


def test_over_a_gap_the_total_is_spread_to_the_last_wh() -> None:
    assert told(15, shown(0, 0), shown(45, 100), shown(60, 110)) == [
        (0, 15, 33, "estimated"),
        (15, 15, 33, "estimated"),
        (30, 15, 34, "estimated"),
        (45, 15, 10, "measured"),
    ]
    assert not told(15, shown(0, 0), shown(60 * 24 + 15, 100)), "longer than a day"


def test_a_meter_is_replaced_within_a_quarter_hour() -> None:
    showings = (shown(0, 100), shown(7, 170), shown(7, 5, serial="B"), shown(15, 35, serial="B"))
    assert told(15, *showings) == [(0, 7, 70, "measured"), (7, 8, 30, "measured")]
    filled = fill_quarter(NOON, readings_of(POD, 15, showings))
    assert filled is not None
    assert (filled.energy, filled.quality) == (100_000, "measured")


def test_a_meter_of_hours_is_replaced_in_the_middle_of_one() -> None:
    """37 minutes of the old one are cut at quarter-hours, which nobody measured apart."""
    showings = (shown(0, 0), shown(37, 74), shown(37, 0, serial="B"), shown(60, 46, serial="B"))
    assert told(60, *showings) == [
        (0, 15, 30, "estimated"),
        (15, 15, 30, "estimated"),
        (30, 7, 14, "estimated"),
        (37, 8, 16, "estimated"),
        (45, 15, 30, "estimated"),
    ]


def test_without_the_old_ones_last_showing_nobody_knows_what_was_taken() -> None:
    assert told(15, shown(0, 9), shown(7, 0, serial="B"), shown(15, 8, serial="B")) == [
        (7, 8, 8, "measured")
    ]


@given(
    minutes=st.sampled_from((5, 15, 30, 60)),
    loads=st.lists(st.integers(-900, 900), min_size=180, max_size=180),
    digits=st.integers(5, 7),
    starts=st.integers(0, 10**7),
    replaced=st.none() | st.integers(1, 179),
    lost=st.sets(st.integers(1, 35)),
)
def test_whatever_happens_to_a_meter_its_readings_come_to_what_flowed(
    minutes: int, loads: list[int], digits: int, starts: int, replaced: int | None, lost: set[int]
) -> None:
    """Three hours, a load for each minute (Wh); counters of few digits, and showings are lost."""
    first, second = meter("A", digits), meter("B", digits)

    def showing(of: CountingMeter, minute: int, base: int) -> Showing:
        bought = base + sum(load for load in loads[:minute] if load > 0)
        sold = base - sum(load for load in loads[:minute] if load < 0)
        at, size = NOON + minute * MINUTE, 10**digits
        return Showing(meter=of, at=at, imported=bought % size, exported=sold % size)

    change = 181 if replaced is None else replaced
    kept = [number for number in range(0, 181, minutes) if number // 5 not in lost or number == 180]
    showings = [showing(first, number, starts) for number in kept if number < change]
    if replaced is not None:
        showings += [showing(first, change, starts), showing(second, change, starts // 3)]
        showings += [showing(second, number, starts // 3) for number in kept if number >= change]
    made = readings_of(POD, minutes, showings)

    at = 0
    for each in made:  # without gap or overlap
        assert (each.start_time - NOON) // MINUTE == at
        at += each.duration_minutes
        if each.quality == "measured":
            assert each.energy_wh == sum(loads[at - each.duration_minutes : at])
            assert each.registers is not None
            assert each.registers.energy_wh == each.energy_wh
    assert at == 180
    assert sum(each.energy_wh for each in made) == sum(loads)
    quarters = [fill_quarter(NOON + number * 15 * MINUTE, made) for number in range(12)]
    assert None not in quarters
