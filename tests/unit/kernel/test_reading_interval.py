"""Intervals of readings at their bounds, counted by hand."""

from datetime import UTC, datetime

import pytest

from platone.kernel.reading_interval import (
    DurationNotTaken,
    IntervalMisaligned,
    check_interval,
)

NOON = datetime(2021, 6, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minute", "minutes"), [(0, 1), (0, 2), (7, 8), (14, 1), (0, 14), (0, 15), (15, 15), (0, 60)]
)
def test_where_a_meter_begins_or_ends_any_part_of_a_quarter_hour_is_taken(
    minute: int, minutes: int
) -> None:
    check_interval(NOON.replace(minute=minute), minutes, may_be_part=True)


@pytest.mark.parametrize(("minute", "minutes"), [(0, 0), (0, -1), (7, 9), (14, 2), (0, 16)])
def test_no_part_of_a_quarter_hour_is_empty_or_reaches_beyond_it(minute: int, minutes: int) -> None:
    with pytest.raises(DurationNotTaken):
        check_interval(NOON.replace(minute=minute), minutes, may_be_part=True)


def test_a_part_is_of_whole_minutes() -> None:
    for start in (NOON.replace(second=1), NOON.replace(microsecond=1)):
        with pytest.raises(DurationNotTaken):
            check_interval(start, 7, may_be_part=True)
        with pytest.raises(IntervalMisaligned):
            check_interval(start, 15)
