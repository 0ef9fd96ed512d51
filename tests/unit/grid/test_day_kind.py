"""Kinds of day, against published lists and rules calculated here."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from dateutil.easter import (  # type: ignore[import-untyped]
    EASTER_ORTHODOX,
    EASTER_WESTERN,
    easter,
)
from hypothesis import given
from hypothesis import strategies as st

from platone.grid.problem.profile import CalendarInvalid
from platone.grid.profile.calendar import Calendar, DayKind
from platone.grid.profile.day_grid import day_grid
from platone.grid.profile.public_holiday import national_calendar

ROME, BERLIN, ATHENS = "Europe/Rome", "Europe/Berlin", "Europe/Athens"


def weekdays_off(calendar: Calendar, year: int) -> set[date]:
    """Holidays that are no Sundays."""
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(366))
    off = {day for day in days if calendar.is_holiday(day) and day.weekday() != 6}
    return {day for day in off if day.year == year}


def test_italian_holidays_are_those_of_the_law() -> None:
    # Law 260/1949 with its later changes; ARERA lists the same for its band F3.
    fixed = [(1, 1), (1, 6), (4, 25), (5, 1), (6, 2), (8, 15), (11, 1), (12, 8), (12, 25), (12, 26)]
    for year in (2021, 2024, 2025):
        listed = {date(year, *day) for day in fixed}
        listed.add(easter(year, EASTER_WESTERN) + timedelta(days=1))
        found = weekdays_off(national_calendar("IT", zone=ROME), year)
        assert found == {day for day in listed if day.weekday() != 6}


def test_the_patron_of_rome_is_a_local_holiday() -> None:
    patron = date(2021, 6, 29)  # Saints Peter and Paul, a Tuesday
    assert national_calendar("IT", zone=ROME).kind(patron) is DayKind.WORKING
    by_place = national_calendar("IT", zone=ROME, subdivision="RM")
    by_day = national_calendar("IT", zone=ROME, local_days=["06-29"])
    for calendar in (by_place, by_day):
        assert calendar.kind(patron) is DayKind.HOLIDAY
        assert calendar.kind(patron - timedelta(days=1)) is DayKind.PRE_HOLIDAY


def test_german_holidays_are_federal_or_of_the_land() -> None:
    western = easter(2024, EASTER_WESTERN)
    listed = {date(2024, 1, 1), date(2024, 5, 1), date(2024, 10, 3)}
    listed |= {date(2024, 12, 25), date(2024, 12, 26)}
    listed |= {western + timedelta(days=away) for away in (-2, 1, 39, 50)}
    assert weekdays_off(national_calendar("DE", zone=BERLIN), 2024) == listed
    bavaria = weekdays_off(national_calendar("DE", zone=BERLIN, subdivision="BY"), 2024)
    # Corpus Christi; the Assumption (08-15) is kept in Catholic towns only: a local holiday
    assert bavaria - listed == {date(2024, 1, 6), western + timedelta(60), date(2024, 11, 1)}


def test_greek_holidays_follow_the_orthodox_easter() -> None:
    orthodox = easter(2025, EASTER_ORTHODOX)
    assert orthodox == date(2025, 4, 20)
    assert easter(2024, EASTER_ORTHODOX) == date(2024, 5, 5) != easter(2024, EASTER_WESTERN)
    listed = {date(2025, 1, 1), date(2025, 1, 6), date(2025, 3, 25), date(2025, 5, 1)}
    listed |= {date(2025, 8, 15), date(2025, 10, 28), date(2025, 12, 25), date(2025, 12, 26)}
    listed |= {orthodox + timedelta(days=away) for away in (-48, -2, 1, 50)}
    calendar = national_calendar("GR", zone=ATHENS)
    assert weekdays_off(calendar, 2025) == listed
    assert calendar.kind(date(2024, 5, 6)) is DayKind.HOLIDAY  # Orthodox Easter Monday
    assert calendar.kind(date(2024, 4, 1)) is DayKind.WORKING  # the western one


@pytest.mark.parametrize(
    ("on", "kind", "without_eves"),
    [
        (date(2021, 6, 23), DayKind.WORKING, DayKind.WORKING),
        (date(2021, 6, 26), DayKind.PRE_HOLIDAY, DayKind.PRE_HOLIDAY),  # a Saturday
        (date(2021, 6, 27), DayKind.HOLIDAY, DayKind.HOLIDAY),
        (date(2021, 5, 31), DayKind.WORKING, DayKind.WORKING),
        (date(2021, 6, 1), DayKind.PRE_HOLIDAY, DayKind.WORKING),  # eve of the Republic's day
        (date(2021, 5, 1), DayKind.HOLIDAY, DayKind.HOLIDAY),  # Labour Day on a Saturday
        (date(2021, 4, 30), DayKind.PRE_HOLIDAY, DayKind.WORKING),
        (date(2021, 12, 31), DayKind.PRE_HOLIDAY, DayKind.WORKING),  # eve in the year before
        (date(2021, 12, 25), DayKind.HOLIDAY, DayKind.HOLIDAY),  # holiday before a holiday
    ],
)
def test_eves_are_pre_holidays(on: date, kind: DayKind, without_eves: DayKind) -> None:
    assert national_calendar("IT", zone=ROME).kind(on) is kind
    assert national_calendar("IT", zone=ROME, eves=False).kind(on) is without_eves


@given(st.dates(date(2000, 1, 1), date(2080, 12, 31)))
def test_a_pre_holiday_is_what_comes_before_a_holiday(on: date) -> None:
    calendar = national_calendar("IT", zone=ROME)
    tomorrow = calendar.kind(on + timedelta(days=1))
    if calendar.kind(on) is DayKind.WORKING:
        assert tomorrow is not DayKind.HOLIDAY
        assert on.weekday() < 5
    elif calendar.kind(on) is DayKind.PRE_HOLIDAY:
        assert tomorrow is DayKind.HOLIDAY


@pytest.mark.parametrize(
    ("country", "subdivision", "local"),
    [("XX", None, []), ("IT", "BY", []), ("IT", None, ["31-12"]), ("IT", None, ["6-29"])],
)
def test_what_is_no_calendar_is_refused(
    country: str, subdivision: str | None, local: list[str]
) -> None:
    with pytest.raises(CalendarInvalid):
        national_calendar(country, zone=ROME, subdivision=subdivision, local_days=local)


def test_a_patron_on_a_leap_day() -> None:
    calendar = national_calendar("IT", zone=ROME, local_days=["02-29"])
    assert calendar.kind(date(2024, 2, 29)) is DayKind.HOLIDAY
    assert calendar.kind(date(2023, 2, 28)) is DayKind.WORKING


@given(
    st.integers(1_546_300_800 // 900, 1_767_225_600 // 900),
    st.integers(1, 900),
    st.sampled_from([ROME, ATHENS, "UTC", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_the_grid_is_what_the_clocks_show(quarters: int, count: int, zone: str) -> None:
    start = datetime.fromtimestamp(900 * quarters, UTC)
    grid = day_grid(start, count, zone)
    seen: set[tuple[date, int]] = set()
    for slot in range(count):
        wall = (start + slot * timedelta(minutes=15)).astimezone(ZoneInfo(zone))
        place = wall.date(), 4 * wall.hour + wall.minute // 15
        assert (grid.days[grid.row[slot]], grid.quarter[slot]) == place
        assert grid.is_second[slot] == (place in seen)
        seen.add(place)


def test_days_of_92_and_100_quarter_hours() -> None:
    for zone, hour in ((ROME, 2), (ATHENS, 3)):
        midnight = datetime(2021, 3, 28, tzinfo=ZoneInfo(zone))
        spring = day_grid(midnight, 96, zone)
        assert [len(spring.days), int((spring.row == 0).sum())] == [2, 92]
        assert not np.isin(np.arange(4 * hour, 4 * hour + 4), spring.quarter[:92]).any()
        autumn = day_grid(datetime(2021, 10, 31, tzinfo=ZoneInfo(zone)), 100, zone)
        assert len(autumn.days) == 1
        assert sorted(autumn.quarter[autumn.is_second]) == list(range(4 * hour, 4 * hour + 4))
