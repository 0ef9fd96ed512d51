"""A simulated clock is moved by a quarter of an hour, an hour, or to the next midnight."""

from datetime import UTC, datetime

import pytest

from platone.dashboard.domain.clock_move import next_moves


def test_the_next_midnight_is_the_zones() -> None:
    now = datetime(2021, 6, 23, 10, 10, tzinfo=UTC)  # 12:10 in Rome
    assert [(each.name, each.to) for each in next_moves(now, "Europe/Rome")] == [
        ("a quarter of an hour on", datetime(2021, 6, 23, 10, 25, tzinfo=UTC)),
        ("an hour on", datetime(2021, 6, 23, 11, 10, tzinfo=UTC)),
        ("to the next day", datetime(2021, 6, 23, 22, 0, tzinfo=UTC)),
    ]


@pytest.mark.parametrize(
    ("now", "midnight"),
    [
        (datetime(2021, 3, 27, 23, 0, tzinfo=UTC), datetime(2021, 3, 28, 22, 0, tzinfo=UTC)),
        (datetime(2021, 10, 31, 21, 0, tzinfo=UTC), datetime(2021, 10, 31, 23, 0, tzinfo=UTC)),
    ],
)
def test_a_day_on_which_clocks_change_ends_where_it_ends(now: datetime, midnight: datetime) -> None:
    assert next_moves(now, "Europe/Rome")[2].to == midnight
