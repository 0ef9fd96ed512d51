"""The file of a simulated clock at a start: what is no instant is refused by its name."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from platone.bootstrap.market_clock import MarketClock
from platone.bootstrap.problem import ClockUnreadable
from platone.kernel.record_time import InstantOutOfRange
from platone.settings import Settings

START = datetime(2021, 6, 22, 10, tzinfo=UTC)


@pytest.mark.parametrize("content", ["", "noon", "2021-06-22T10:00:00", "2199-01-01T00:00:00Z"])
def test_a_clock_file_that_holds_no_instant_is_named(tmp_path: Path, content: str) -> None:
    file = tmp_path / "clock"
    file.write_text(content, "utf-8")
    with pytest.raises(ClockUnreadable, match=str(file)):
        MarketClock(Settings(data=tmp_path, clock=START))
    assert file.read_text("utf-8") == content


def test_a_clock_goes_on_where_its_file_says(tmp_path: Path) -> None:
    later = datetime(2021, 6, 23, 1, 2, 3, tzinfo=UTC)
    (tmp_path / "clock").write_text(later.isoformat(), "utf-8")
    assert MarketClock(Settings(data=tmp_path, clock=START)).clock.now() >= later


def test_a_clock_beyond_what_is_recorded_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InstantOutOfRange):
        MarketClock(Settings(data=tmp_path, clock=datetime(2199, 12, 31, tzinfo=UTC)))
