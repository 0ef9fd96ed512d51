"""Typical days against pandas, and on years whose structure is known."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platone.grid.array import Floats
from platone.grid.problem.file import MeteringInvalid
from platone.grid.problem.profile import ProfileMissing
from platone.grid.profile.calendar import KINDS, Calendar
from platone.grid.profile.expectation import expected, expected_power
from platone.grid.profile.metering import Metering
from platone.grid.profile.public_holiday import national_calendar
from platone.grid.profile.typical_day import (
    Basis,
    TypicalDayRule,
    TypicalDays,
    typical_days,
)
from platone.kernel.market_time import MarketDay

ROME, ATHENS = "Europe/Rome", "Europe/Athens"
RNG = np.random.default_rng(4)


def year_of(zone: str, values: Floats | None = None, consumers: int = 3) -> Metering:
    """2021 on a zone's clocks, whole, with a random walk where no values are given."""
    start = datetime(2021, 1, 1, tzinfo=ZoneInfo(zone))
    if values is None:
        values = RNG.normal(100.0, 20.0, (35_040, consumers))
    names = tuple(f"POD-{n}" for n in range(values.shape[1]))
    return Metering(start, names, values)


def clocks(metering: Metering, zone: str) -> pd.DatetimeIndex:
    utc = pd.Timestamp(metering.start.astimezone(UTC))
    return pd.date_range(utc, periods=len(metering.p_kw), freq="15min").tz_convert(zone)


def by_pandas(metering: Metering, calendar: Calendar, what: str, *args: float) -> Floats:
    """The same statistic by pandas' groups, shape (12, 3, 96, consumers)."""
    index = clocks(metering, calendar.zone)
    kinds = {day: KINDS.index(calendar.kind(day)) for day in set(index.date)}
    keys = [index.month, [kinds[day] for day in index.date], index.hour * 4 + index.minute // 15]
    grouped = getattr(pd.DataFrame(metering.p_kw).groupby(keys), what)(*args)
    every = pd.MultiIndex.from_product([range(1, 13), range(3), range(96)])
    return np.asarray(grouped.reindex(every)).reshape(12, 3, 96, -1)


@pytest.mark.parametrize(("zone", "country"), [(ROME, "IT"), (ATHENS, "GR")])
@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_statistics_are_those_of_pandas(zone: str, country: str, missing: float) -> None:
    metering = year_of(zone)
    metering.p_kw[RNG.random(metering.p_kw.shape) < missing] = np.nan
    calendar = national_calendar(country, zone=zone)
    rule = TypicalDayRule(min_days=1, levels=(0.05, 0.5, 0.93))
    found = typical_days(metering, calendar, rule)
    own = (found.basis == Basis.OWN)[:, :, None]
    assert own.mean() > 0.95
    pairs = [
        (found.p.count, by_pandas(metering, calendar, "count")),
        (found.p.mean, by_pandas(metering, calendar, "mean")),
        (found.p.deviation, by_pandas(metering, calendar, "std")),
        *(
            (found.p.quantiles[n], by_pandas(metering, calendar, "quantile", level))
            for n, level in enumerate(rule.levels)
        ),
    ]
    for ours, theirs in pairs:
        np.testing.assert_allclose(
            np.where(own, ours, 0.0), np.where(own, theirs, 0.0), rtol=1e-12, atol=1e-9
        )


def test_the_hour_that_comes_twice_counts_twice() -> None:
    found = typical_days(year_of(ROME), national_calendar("IT", zone=ROME))
    holidays = found.p.count[9, 2, :, 0]  # October: five Sundays, the last with 100 quarter-hours
    assert set(holidays[8:12]) == {6}
    assert set(np.delete(holidays, range(8, 12))) == {5}
    march = found.p.count[2, 2, :, 0]  # four Sundays, the last with 92
    assert set(march[8:12]) == {3}
    assert set(np.delete(march, range(8, 12))) == {4}


def test_hours_that_come_twice_in_two_years_count_twice_in_each() -> None:
    start = datetime(2020, 10, 1, tzinfo=ZoneInfo(ROME))
    end = datetime(2021, 12, 1, tzinfo=ZoneInfo(ROME))
    count = (end.astimezone(UTC) - start.astimezone(UTC)) // timedelta(minutes=15)
    power = np.arange(float(count))[:, None]
    found = typical_days(Metering(start, ("A",), power), national_calendar("IT", zone=ROME))
    sundays = found.p.count[9, 2, :, 0]  # four and five, the last of each year with an hour more
    assert set(sundays[8:12]) == {11}
    assert set(np.delete(sundays, range(8, 12))) == {9}


def flat_by_kind(calendar: Calendar, metering: Metering) -> Floats:
    """1000 x month + 100 x kind + quarter-hour on the clocks."""
    index = clocks(metering, calendar.zone)
    kinds = {day: KINDS.index(calendar.kind(day)) for day in set(index.date)}
    kind = np.array([kinds[day] for day in index.date])
    place = index.hour * 4 + index.minute // 15
    return np.asarray(1000.0 * index.month + 100 * kind + place)


def known_year(zone: str = ROME, country: str = "IT") -> tuple[TypicalDays, Metering]:
    calendar = national_calendar(country, zone=zone)
    blank = year_of(zone, np.zeros((35_040, 1)))
    metering = year_of(zone, flat_by_kind(calendar, blank)[:, None])
    return typical_days(metering, calendar), metering


@pytest.mark.parametrize(("zone", "country"), [(ROME, "IT"), (ATHENS, "GR")])
def test_a_known_year_comes_back_on_every_day(zone: str, country: str) -> None:
    typical, metering = known_year(zone, country)
    assert set(typical.basis.ravel()) <= {Basis.OWN, Basis.NEIGHBOURS}
    at = 0
    for number in range(365):
        day = MarketDay(date(2021, 1, 1) + timedelta(days=number), zone)
        power = expected_power(typical, ["POD-0"], day, [0.5])
        assert power.p_kw.shape == (day.quarter_hours, 1)
        own = typical.basis[day.on.month - 1, KINDS.index(typical.calendar.kind(day.on)), 0] == 0
        if own:
            actual = metering.p_kw[at : at + day.quarter_hours]
            np.testing.assert_allclose(power.p_kw, actual, rtol=1e-12)
            np.testing.assert_allclose(power.q_kvar, actual / 2, rtol=1e-12)
        at += day.quarter_hours
    assert at == 35_040


def test_expectation_follows_instants_in_any_order() -> None:
    typical, metering = known_year()
    places = RNG.permutation(35_040)[:500]
    instants = [metering.start.astimezone(UTC) + int(n) * timedelta(minutes=15) for n in places]
    found = expected(typical, "POD-0", instants)
    np.testing.assert_allclose(found.mean_kw, metering.p_kw[places, 0], rtol=1e-12)
    # a meter that always shows the same is still not known better than to 1 % of its greatest
    np.testing.assert_allclose(found.sigma_kw, 0.01 * metering.p_kw.max(), rtol=1e-3)


def test_sigma_is_that_of_one_more_day() -> None:
    metering = year_of(ROME, RNG.normal(500.0, 40.0, (35_040, 1)))
    typical = typical_days(metering, national_calendar("IT", zone=ROME))
    day = MarketDay(date(2022, 5, 11))
    found = expected(typical, "POD-0", list(day.instants()))
    index = clocks(metering, ROME)
    working = {d for d in set(index.date) if typical.calendar.kind(d).value == "working"}
    is_one = (index.month == 5) & np.isin(index.date, list(working)) & (index.hour == 0)
    sample = metering.p_kw[is_one & (index.minute == 0), 0]
    by_hand = sample.std(ddof=1) * np.sqrt(1 + 1 / len(sample))
    assert found.sigma_kw[0] == pytest.approx(by_hand, rel=1e-12)
    assert found.sigma_kw.mean() == pytest.approx(40.0, rel=0.1)


def test_reactive_power_that_was_metered() -> None:
    metering = year_of(ROME)
    both = Metering(metering.start, metering.consumers, metering.p_kw, metering.p_kw * -0.25)
    typical = typical_days(both, national_calendar("IT", zone=ROME))
    day = MarketDay(date(2022, 7, 4))
    power = expected_power(typical, ["POD-2", "POD-0"], day)
    np.testing.assert_allclose(power.q_kvar, power.p_kw * -0.25, rtol=1e-9)
    found = expected(typical, "POD-2", list(day.instants()))
    assert found.mean_kvar is not None
    np.testing.assert_allclose(found.mean_kvar, power.q_kvar[:, 0])


def test_the_chain_of_fall_backs() -> None:
    calendar = Calendar(ROME)
    metering = year_of(ROME)
    index = clocks(metering, ROME)
    month, weekday = index.month.to_numpy(), index.weekday.to_numpy()
    metering.p_kw[(month == 5) & (weekday == 6), 0] = np.nan  # no Sunday in May
    metering.p_kw[weekday == 5, 1] = np.nan  # no Saturday at all
    metering.p_kw[~((month == 2) & (weekday < 5)), 2] = np.nan  # nothing but February's week
    found = typical_days(metering, calendar)
    may, working, saturday, sunday = 4, 0, 1, 2
    assert found.basis[may, sunday, 0] == Basis.NEIGHBOURS
    near = np.isin(month, [4, 6]) & (weekday == 6) & (index.hour == 12) & (index.minute == 0)
    assert found.p.mean[may, sunday, 48, 0] == pytest.approx(metering.p_kw[near, 0].mean())
    assert found.p.count[may, sunday, 48, 0] == near.sum() == 8
    for level, quantile in zip(found.rule.levels, found.p.quantiles, strict=True):
        by_hand = np.quantile(metering.p_kw[near, 0], level)
        assert quantile[may, sunday, 48, 0] == pytest.approx(by_hand)
    assert found.p.deviation[may, sunday, 48, 0] == pytest.approx(
        metering.p_kw[near, 0].std(ddof=1)
    )
    assert set(found.basis[:, saturday, 1]) == {Basis.ANY_DAY}
    noon = (index.hour == 12) & (index.minute == 0)
    assert found.p.mean[may, saturday, 48, 1] == pytest.approx(np.nanmean(metering.p_kw[noon, 1]))
    whole_year = [np.nanquantile(metering.p_kw[noon, 1], level) for level in found.rule.levels]
    assert found.p.quantiles[:, may, saturday, 48, 1] == pytest.approx(whole_year)
    assert found.p.quantiles[:, may, saturday, 48, 0] != pytest.approx(whole_year)  # its own
    assert list(found.basis[:4, working, 2]) == [
        Basis.NEIGHBOURS, Basis.OWN, Basis.NEIGHBOURS, Basis.YEAR,
    ]  # fmt: skip
    assert set(found.basis[:, sunday, 2]) == {Basis.ANY_DAY}


@pytest.mark.parametrize("months", [(2,), (1, 3), (1, 2, 3), ()])
def test_one_day_of_any_kind_is_enough_where_there_is_no_other(months: tuple[int, ...]) -> None:
    """A day a month, all on Sundays: as many as there are make the curve of any day."""
    metering = year_of(ROME)
    index = clocks(metering, ROME)
    first = np.isin(index.day, range(8, 15)) & (index.weekday == 6)
    metering.p_kw[~(first & np.isin(index.month, months)), 0] = np.nan
    found = typical_days(metering, Calendar(ROME))
    if not months:
        assert (found.basis[..., 0] == Basis.NONE).all()
        assert [each.consumer for each in found.remarks] == ["POD-0"]
        return
    assert found.basis[6, 0, 0] == Basis.ANY_DAY
    noon = first & np.isin(index.month, months) & (index.hour == 12) & (index.minute == 0)
    assert found.p.count[6, 0, 48, 0] == len(months)
    assert found.p.mean[6, 0, 48, 0] == pytest.approx(metering.p_kw[noon, 0].mean())
    assert found.remarks == ()


def test_a_curve_with_holes_is_none_and_says_so() -> None:
    metering = year_of(ROME)
    index = clocks(metering, ROME)
    metering.p_kw[index.hour == 3, 1] = np.nan
    typical = typical_days(metering, national_calendar("IT", zone=ROME))
    assert (typical.basis[..., 1] == Basis.NONE).all()
    for each in (typical.p.mean, typical.p.deviation, typical.p.quantiles):
        assert np.isnan(each[..., 1]).all()
        assert not np.isnan(each[..., 0]).any()
    assert (typical.p.count[..., 1] == 0).all()
    assert (typical.p.count[..., 0] > 0).all()
    day = MarketDay(date(2022, 1, 10))
    for call in (
        lambda: expected(typical, "POD-1", list(day.instants())),
        lambda: expected(typical, "POD-9", list(day.instants())),
        lambda: expected_power(typical, ["POD-0", "POD-1"], day, [0.1, 0.1]),
        lambda: expected_power(typical, ["POD-0"], day),  # no reactive power
    ):
        with pytest.raises(ProfileMissing):
            call()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 40_000), st.integers(1, 3000), st.integers(1, 4), st.data())
def test_order_of_consumers_and_shift_in_level_carry_over(
    first: int, count: int, consumers: int, data: st.DataObject
) -> None:
    start = datetime(2020, 1, 1, tzinfo=UTC) + first * timedelta(minutes=15)
    values = np.random.default_rng(first).normal(0, 5, (count, consumers))
    names = tuple(map(str, range(consumers)))
    calendar = national_calendar("IT", zone=ROME)
    plain = typical_days(Metering(start, names, values), calendar)
    order = data.draw(st.permutations(range(consumers)))
    moved = Metering(start, tuple(names[n] for n in order), 2 * values[:, order] + 7)
    other = typical_days(moved, calendar)
    np.testing.assert_array_equal(other.basis, plain.basis[..., order])
    np.testing.assert_allclose(other.p.mean, 2 * plain.p.mean[..., order] + 7, atol=1e-9)
    np.testing.assert_allclose(other.p.deviation, 2 * plain.p.deviation[..., order], atol=1e-9)
    low, middle, high = plain.p.quantiles
    assert np.isnan(low).sum() == np.isnan(high).sum()
    assert not (low > middle + 1e-12).any()
    assert not (middle > high + 1e-12).any()


def test_nothing_is_refused() -> None:
    with pytest.raises(MeteringInvalid):
        typical_days(Metering(datetime(2021, 1, 1, tzinfo=UTC), (), np.zeros((4, 0))), Calendar())
    with pytest.raises(MeteringInvalid):
        Metering(datetime(2021, 1, 1, 0, 7, tzinfo=UTC), ("a",), np.zeros((4, 1)))
    with pytest.raises(MeteringInvalid):
        Metering(datetime(2021, 1, 1, tzinfo=UTC), ("a", "a"), np.zeros((4, 2)))
    with pytest.raises(MeteringInvalid):
        Metering(datetime(2021, 1, 1, tzinfo=UTC), ("a",), np.zeros((4, 2)))


def test_reactive_power_of_others_is_not_expected_of_one_without() -> None:
    start = datetime(2021, 2, 28, 23, tzinfo=UTC)
    q_kvar = np.full((96 * 28, 2), np.nan)
    q_kvar[:, 0] = 2.0
    metering = Metering(start, ("with", "without"), np.ones((96 * 28, 2)), q_kvar)
    typical = typical_days(metering, Calendar(ROME))
    said = expected(typical, "without", [start])
    assert (said.mean_kvar, said.sigma_kvar) == (None, None)
    known = expected(typical, "with", [start])
    assert known.mean_kvar is not None
    assert known.mean_kvar.tolist() == [2.0]
