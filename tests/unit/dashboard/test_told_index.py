"""A refusal tells the time of the day beside a quarter-hour's index."""

from datetime import date

import pytest

from platone.dashboard.domain.told_index import with_times
from platone.kernel.market_time import MarketDay

ROME = "Europe/Rome"
COMMON, LONG = MarketDay(date(2021, 6, 23), ROME), MarketDay(date(2021, 10, 31), ROME)


@pytest.mark.parametrize(
    ("day", "told", "shown"),
    [
        (COMMON, "no baseline at index 50.", "no baseline at index 50 (12:30)."),
        (COMMON, "index 0 twice, index 95 too", "index 0 (00:00) twice, index 95 (23:45) too"),
        (COMMON, "at index 96: beyond the day", "at index 96: beyond the day"),
        # 31 October 2021: 02:00 comes at quarter-hours 8 and, an hour later, 12
        (LONG, "index 8, index 12", "index 8 (02:00 CEST), index 12 (02:00 CET)"),
        (LONG, "index 99", "index 99 (23:45)"),
        (COMMON, "indexing 50, 50 kW", "indexing 50, 50 kW"),
    ],
)
def test_each_index_has_its_time(day: MarketDay, told: str, shown: str) -> None:
    assert with_times(told, day) == shown
