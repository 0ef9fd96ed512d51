"""Readings of a day: gaps counted by hand, what is not over is not missing, quality and age."""

from datetime import date, datetime, timedelta

import pytest

from platone.dashboard.domain.reading_health import health_of
from platone.kernel.market_time import MarketDay
from platone.messages.registry import Measurement

DAY = MarketDay(date(2021, 6, 23))


def reading(index: int, **said: object) -> Measurement:
    start = DAY.instant(index)
    given: dict[str, object] = {
        "pod_id": "P-001",
        "start_time": start,
        "duration_minutes": 15,
        "energy_wh": 100,
        "quality": "measured",
        "device": "0x" + "0" * 40,
        "sequence": index,
        "certification_id": f"c{index}",
        "certification_hash": "0" * 64,
        "received_at": start + timedelta(minutes=18),
    }
    return Measurement(**(given | said))  # type: ignore[arg-type]  # fields by name


def curve(known: set[int]) -> list[float | None]:
    return [1.0 if index in known else None for index in range(96)]


def at(index: int) -> datetime:
    return DAY.instant(index)


def test_a_gap_is_a_span_of_what_is_over() -> None:
    known = {0, 1, 4}
    health = health_of(DAY, curve(known), [reading(each) for each in known], at(8))
    assert (health.known, health.due) == (3, 8)
    assert health.gaps == ((at(2), at(4)), (at(5), at(8)))
    assert not health.is_whole
    assert health.delay == timedelta(minutes=3)
    assert health.last is not None
    assert health.last.sequence == 4


@pytest.mark.parametrize(("index", "is_whole"), [(2, True), (3, False)])
def test_what_is_not_over_is_not_missing(index: int, is_whole: bool) -> None:  # noqa: FBT001
    assert health_of(DAY, curve({0, 1}), [], at(index)).is_whole is is_whole


def test_qualities_and_corrections_are_counted() -> None:
    readings = [reading(0), reading(1, quality="estimated", version=2), reading(2)]
    health = health_of(DAY, curve({0, 1, 2}), readings, DAY.end)
    assert health.qualities == (("measured", 2), ("estimated", 1))
    assert health.corrected == 1


def test_a_day_without_readings_has_one_gap() -> None:
    health = health_of(DAY, curve(set()), [], DAY.end)
    assert health.gaps == ((DAY.start, DAY.end),)
    assert (health.last, health.delay) == (None, None)
