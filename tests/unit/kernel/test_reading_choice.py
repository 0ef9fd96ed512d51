"""Which readings measure a quarter-hour, against a search through all sets of readings."""

from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.kernel.reading_choice import fill_quarter
from platone.messages.metering import Reading

HOUR = datetime(2021, 6, 23, 10, tzinfo=UTC)
START = HOUR + timedelta(minutes=30)


def reading(
    minute: int, length: int, energy_wh: int, quality: str = "measured", revision: int = 0
) -> Reading:
    return Reading(
        pod_id="POD",
        start_time=HOUR + timedelta(minutes=minute),
        duration_minutes=length,
        energy_wh=energy_wh,
        quality=quality,
        revision=revision,
    )


@pytest.mark.parametrize(
    ("readings", "micro_kwh", "quality"),
    [
        ([reading(30, 15, 569_636)], 569_636_000, "measured"),
        ([reading(30, 15, 5, "estimated"), reading(30, 15, 7)], 7_000, "measured"),
        ([reading(30, 15, 7, revision=1), reading(30, 15, 5)], 7_000, "measured"),
        ([reading(30, 15, 7), reading(30, 15, 5, "estimated", 1)], 5_000, "estimated"),
        ([reading(0, 60, 3)], 750, "estimated"),
        ([reading(30, 30, 3)], 1_500, "estimated"),
        ([reading(0, 60, 8), reading(30, 30, 3)], 1_500, "estimated"),
        ([reading(0, 60, 8), reading(30, 15, 1, "estimated")], 1_000, "estimated"),
        ([reading(30, 15, 9, "estimated"), reading(35, 5, 1)], 9_000, "estimated"),
        (
            [reading(30, 15, 9, "estimated"), *(reading(m, 5, 1) for m in (30, 35, 40))],
            3_000,
            "measured",
        ),
        ([reading(30, 15, 9, "simulated")], 9_000, "simulated"),
    ],
)
def test_by_hand(readings: list[Reading], micro_kwh: int, quality: str) -> None:
    for order in (readings, readings[::-1]):
        filled = fill_quarter(START, order)
        assert filled is not None
        assert (filled.energy, filled.quality) == (micro_kwh, quality)


def test_what_leaves_a_gap_fills_nothing() -> None:
    assert fill_quarter(START, [reading(30, 5, 1), reading(40, 5, 1)]) is None
    assert fill_quarter(START, [reading(15, 15, 1), reading(45, 15, 1)]) is None
    assert fill_quarter(START, [reading(0, 30, 1)]) is None
    for minute, length in ((35, 30), (25, 30), (30, 20), (20, 40)):
        assert fill_quarter(START, [reading(minute, length, 1)]) is None


short = st.sampled_from((1, 3, 5, 15)).flatmap(
    lambda length: st.builds(
        reading,
        st.integers(0, 15 // length - 1).map(lambda place: 30 + place * length),
        st.just(length),
        st.integers(0, 9),
        st.sampled_from(("measured", "estimated", "simulated")),
    )
)


@given(st.lists(short, max_size=9, unique_by=lambda it: (it.start_time, it.duration_minutes)))
def test_a_quarter_hour_is_filled_if_any_set_fills_it(readings: list[Reading]) -> None:
    """All sets of readings are tried: one that covers each minute once exists, or nothing does."""
    covers = [
        few
        for size in range(1, len(readings) + 1)
        for few in combinations(readings, size)
        if sorted(
            (each.start_time - START).seconds // 60 + minute
            for each in few
            for minute in range(each.duration_minutes)
        )
        == list(range(15))
    ]
    filled = fill_quarter(START, readings)
    assert (filled is None) == (not covers)
    if filled is not None:
        assert sum(each.energy_wh for each in filled.readings) * 1000 == filled.energy
        assert {frozenset(map(id, few)) for few in covers} >= {frozenset(map(id, filled.readings))}
        without = [few for few in covers if all(each.quality != "estimated" for each in few)]
        assert (filled.quality == "estimated") == (not without)
