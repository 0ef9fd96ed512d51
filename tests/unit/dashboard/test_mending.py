"""Refused messages and devices in words: each reason that devices are told has its sentences."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from platone.dashboard.domain.mending import MENDING, age_in_words

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "mqtt.md"
NOW = datetime(2021, 6, 23, 10, tzinfo=UTC)


def test_each_reason_of_a_refusal_says_what_mends_it() -> None:
    """The reasons are those of the page that makers of devices read."""
    reasons = PAGE.read_text("utf-8").partition("| reason |")[2].partition("\n\n")[0]
    listed = set(re.findall(r"(?m)^\| `([a-z-]+)` \|", reasons))
    assert len(listed) > 10
    assert MENDING.keys() == listed | {"not-shared"}


@pytest.mark.parametrize(
    ("age", "told"),
    [
        (timedelta(seconds=59), "0 minutes ago"),
        (timedelta(seconds=-5), "0 minutes ago"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=119), "1 hour ago"),
        (timedelta(hours=47), "1 day ago"),
        (timedelta(days=30), "30 days ago"),
    ],
)
def test_an_age_is_told_in_its_largest_unit(age: timedelta, told: str) -> None:
    assert age_in_words(NOW - age, NOW) == told


def test_what_never_was_has_no_age() -> None:
    assert age_in_words(None, NOW) == ""
