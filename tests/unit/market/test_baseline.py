"""Public baselines against plain calculations by the clock on the wall, and by hand."""

import statistics
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platone.kernel.market_time import MarketDay
from platone.market.domain.baseline import (
    MeteredDay,
    PodHistory,
    baseline_of,
    error_of,
    five_working_days,
    meter_before,
    ten_of_ten,
)
from platone.messages.clearing import BaselineMethod

ROME = ZoneInfo("Europe/Rome")
WEDNESDAY = date(2021, 6, 23)
KWH = 1_000_000


def history(
    days: Mapping[date, MeteredDay], on: date = WEDNESDAY, holidays: frozenset[date] = frozenset()
) -> PodHistory:
    return PodHistory(MarketDay(on), days, [100.0] * 100, holidays)


def flat(energy: int | None, *traded: int, quarters: int = 96) -> MeteredDay:
    return MeteredDay((energy,) * quarters, frozenset(traded))


def back(days: int, on: date = WEDNESDAY) -> date:
    return on - timedelta(days=days)


def test_five_working_days_pass_over_weekends_holidays_trades_and_gaps() -> None:
    days = {back(n): flat(n * KWH) for n in range(1, 15)}
    days[back(2)] = flat(2 * KWH, 50)  # Monday, traded at 12:30
    days[back(6)] = flat(None)  # Thursday, not metered
    holiday = frozenset({back(7)})  # Wednesday
    # left: Tuesday 1, Friday 5, Tuesday 8, Monday 9, Friday 12
    found = five_working_days(history(days, holidays=holiday), 50)
    assert found is not None
    assert [WEDNESDAY - on for on in found.days] == [timedelta(n) for n in (1, 5, 8, 9, 12)]
    assert found.energy == (1 + 5 + 8 + 9 + 12) * KWH // 5
    other = five_working_days(history(days, holidays=holiday), 51)
    assert other is not None
    assert other.energy == (1 + 2 + 5 + 8 + 9) * KWH // 5


def test_with_two_days_the_declared_baseline_stands_in() -> None:
    days = {back(n): flat(KWH) for n in (1, 2)}
    found = baseline_of(BaselineMethod.FIVE_WORKING_DAYS, history(days), 50)
    assert (found.method, found.energy) == (BaselineMethod.AGGREGATOR, 25 * KWH)
    assert baseline_of(BaselineMethod.TEN_OF_TEN, history(days), 50).energy == 25 * KWH
    assert baseline_of(BaselineMethod.METER_BEFORE, history(days), 50).energy == 25 * KWH


def test_ten_of_ten_by_hand() -> None:
    """Ten working days took 1 to 10 kWh, 5.5 on average; the morning lay 0.5 above that."""
    working = [n for n in range(1, 20) if back(n).weekday() < 5]
    days = {back(n): flat(place * KWH) for place, n in enumerate(working, 1)}
    days[WEDNESDAY] = MeteredDay((6 * KWH,) * 60, frozenset({49, 50, 51}))
    found = ten_of_ten(history(days), 51)
    assert found is not None
    assert (found.energy, found.shift, len(found.days)) == (6 * KWH, KWH // 2, 10)
    days[WEDNESDAY] = MeteredDay((60 * KWH,) * 60, frozenset({50}))
    burst = ten_of_ten(history(days), 50)
    assert burst is not None  # a fifth of 5.5 at most
    assert burst.energy == 6_600_000
    days[WEDNESDAY] = MeteredDay((None,) * 60, frozenset({50}))
    plain = ten_of_ten(history(days), 50)
    assert plain is not None
    assert (plain.energy, plain.shift) == (5_500_000, None)


def test_the_hour_before_the_activation_shifts_nothing() -> None:
    """Only 08:30 to 11:30 count for an activation from 12:30 on: 12 quarter-hours."""
    days = {back(n): flat(10 * KWH) for n in range(1, 22)}
    energies = [10 * KWH] * 60
    for index in (33, 46, 47, 48, 49, 50):  # before and after these hours
        energies[index] = 90 * KWH
    days[WEDNESDAY] = MeteredDay(tuple(energies), frozenset({50}))
    found = ten_of_ten(history(days), 50)
    assert found is not None
    assert found.shift == 0
    energies[34] = 22 * KWH
    days[WEDNESDAY] = MeteredDay(tuple(energies), frozenset({50}))
    found = ten_of_ten(history(days), 50)
    assert found is not None
    assert found.shift == KWH


def test_a_saturday_is_like_sundays_and_holidays() -> None:
    saturday = date(2021, 6, 26)
    days = {
        back(n, saturday): flat((n if n in (6, 7, 13, 14, 20) else 90) * KWH) for n in range(30)
    }
    days |= {back(25, saturday): flat(25 * KWH)}  # the second of June, a Wednesday
    found = ten_of_ten(history(days, saturday, frozenset({back(25, saturday)})), 50)
    assert found is not None
    assert [saturday - on for on in found.days[:6]] == [
        timedelta(n) for n in (6, 7, 13, 14, 20, 21)
    ]
    assert back(25, saturday) in found.days


@pytest.mark.parametrize(("furthest", "is_found"), [(45, True), (46, False)])
def test_forty_five_days_are_looked_back_on_and_no_more(furthest: int, *, is_found: bool) -> None:
    """As many as CAISO's 10-in-10 looks back on."""
    friday = date(2021, 6, 25)  # 45 and 46 days before it are a Tuesday and a Monday
    days = {back(n, friday): flat(KWH) for n in (1, 2, furthest)}
    assert (five_working_days(history(days, friday), 50) is not None) is is_found


def test_a_quarter_hour_that_a_day_of_spring_lacks_passes_it_over() -> None:
    """At 02:15 of 28 March 2021 clocks in Rome had gone on to three."""
    easter = date(2021, 4, 4)
    days = {back(n, easter): flat(KWH) for n in range(1, 45)}
    spring = date(2021, 3, 28)
    days[spring] = flat(90 * KWH, quarters=92)
    found = ten_of_ten(history(days, easter), 9)
    assert found is not None
    assert (spring in found.days, found.energy) == (False, KWH)


def test_meter_before_is_the_quarter_hour_before_all_of_the_activation() -> None:
    energies = tuple(range(60))
    days = {WEDNESDAY: MeteredDay(energies, frozenset({49, 50, 51, 53}))}
    assert [
        found and found.energy
        for index in (49, 50, 51, 53)
        for found in [meter_before(history(days), index)]
    ] == [48, 48, 48, 52]
    midnight = {
        WEDNESDAY: MeteredDay((1, 2), frozenset({0, 1})),
        back(1): MeteredDay((*([0] * 95), 7)),
    }
    found = meter_before(history(midnight), 1)
    assert found is not None
    assert (found.energy, found.days) == (7, (back(1),))


def test_the_error_is_told_where_nothing_was_traded() -> None:
    """Declared 25 kWh; 24, 27 and 25 were taken, and 20 where it was traded: 1 and +1/3."""
    energies = (24 * KWH, 27 * KWH, 20 * KWH, 25 * KWH, None, 99 * KWH)
    days = {WEDNESDAY: MeteredDay(energies, frozenset({2}))}
    found = error_of(BaselineMethod.AGGREGATOR, history(days), 5)
    assert found is not None
    assert (found.samples, found.mean, found.bias) == (3, KWH, 333_333)
    assert error_of(BaselineMethod.TEN_OF_TEN, history(days), 5) is None


CHANGES = (date(2021, 3, 30), date(2021, 11, 3), date(2021, 10, 31), date(2021, 3, 28))
"""Days after and of the change of clocks in Rome."""


@pytest.mark.parametrize("on", CHANGES)
@given(data=st.data())
@settings(max_examples=20)
def test_means_by_the_clock_on_the_wall(on: date, data: st.DataObject) -> None:
    """Readings by instant, averaged where clocks in Rome show the same time: no index is used."""
    metered: dict[datetime, int] = {}
    days: dict[date, MeteredDay] = {}
    for n in range(1, 30):
        day = MarketDay(back(n, on))
        energies = data.draw(
            st.lists(
                st.integers(-(10**7), 10**7),
                min_size=day.quarter_hours,
                max_size=day.quarter_hours,
            )
            if n == 1
            else st.just([n * 1000 + index for index in range(day.quarter_hours)])
        )
        days[day.on] = MeteredDay(tuple(energies))
        metered |= dict(zip(day.instants(), energies, strict=True))
    today = MarketDay(on)
    index = data.draw(st.integers(0, today.quarter_hours - 1))
    wall = today.instant(index).astimezone(ROME)
    values = []
    for n in range(1, 30):
        local = datetime.combine(back(n, on), wall.time().replace(fold=wall.fold), ROME)
        at = local.astimezone(ZoneInfo("UTC"))
        shows_it = at.astimezone(ROME).time() == wall.time()
        if back(n, on).weekday() < 5 and shows_it and at in metered:
            values.append(metered[at])
    wanted = round(Fraction(statistics.mean(map(Fraction, values[:5]))))
    found = five_working_days(history(days, on), index)
    assert found is not None
    assert found.energy == wanted
