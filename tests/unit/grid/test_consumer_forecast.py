"""Forecasts and back-tests: known structure, no look-ahead, and measured data of others."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platone.grid.array import Floats
from platone.grid.problem.file import MeteringInvalid
from platone.grid.profile import day_weight
from platone.grid.profile.backtest import back_test
from platone.grid.profile.calendar import Calendar
from platone.grid.profile.day_forecast import (
    LOAD_MODELS,
    RECENT_DAYS,
    ForecastRule,
    forecast_days,
)
from platone.grid.profile.day_grid import day_grid
from platone.grid.profile.day_table import DayTable, day_table
from platone.grid.profile.forecast import (
    LAST_WEEK,
    REFERENCE_MODELS,
    YESTERDAY,
    DayMean,
    Model,
    Persistence,
)
from platone.grid.profile.generation import ClearSky, Weather
from platone.grid.profile.metering import Metering, RemarkKind
from platone.grid.profile.public_holiday import national_calendar
from platone.grid.profile.regression import SMOOTHING, Regression
from platone.grid.profile.solar import Site, clear_sky_w_per_m2, sun_cosine

DATA = Path(__file__).parents[2] / "data" / "openstef"
AMSTERDAM, ROME = "Europe/Amsterdam", "Europe/Rome"
ASSEN = Site(53.002, 6.292)


def measured(name: str) -> tuple[datetime, Floats]:
    """Public measurements; tests/data/openstef/README.md says whose."""
    lines = (DATA / name).read_text().splitlines()
    start = datetime.fromisoformat(lines[2].split("from ")[1].split(";")[0])
    return start, np.genfromtxt(lines[4:], delimiter=",")


@pytest.fixture(scope="module")
def substations() -> Metering:
    start, values = measured("substation_load.csv")
    return Metering(start, ("287", "438"), values)


@pytest.fixture(scope="module")
def dutch() -> Calendar:
    return national_calendar("NL", zone=AMSTERDAM)


def table_of(metering: Metering, calendar: Calendar) -> DayTable:
    return day_table(metering.start, metering.p_kw, calendar, calendar.zone, more_days=2)


def test_measured_substations_are_forecast_better_than_naively(
    substations: Metering, dutch: Calendar
) -> None:
    table = table_of(substations, dutch)
    origins = np.arange(42, len(table.days) - 4)
    for quarter in (0, 42):  # at midnight, and at 10:30, before the day-ahead gate opens
        found = back_test(table, LOAD_MODELS, origins, quarter=quarter)
        for model in ("regression", "smoothing", "similarDays"):
            for score in found.scores[model]:
                assert (score.count > 3800).all()
                for reference in REFERENCE_MODELS:
                    assert (score.skill[reference.name] > 0.05).all(), (model, reference.name)
        for score in found.scores["regression"]:
            assert score.skill["lastWeek"][0] > 0.18
            assert score.nmae[0] < 0.10
            assert abs(score.bias_kw[0]) < 0.02 * 5654
        for horizon in range(3):
            errors = [found.scores[name][horizon].mae_kw for name in ("regression", "smoothing")]
            assert (errors[0] < 1.01 * errors[1]).all()


def test_a_measured_solar_park_is_forecast_better_than_naively() -> None:
    start, values = measured("solar_park.csv")
    both = day_table(start, values, Calendar("UTC"), "UTC", more_days=2)
    table = DayTable(both.days, both.kinds, both.values[..., :1])
    sunshine = Weather(table.days[0], np.maximum(both.values[..., 1], 0.0))
    models: list[Model] = [ClearSky(ASSEN), sunshine, RECENT_DAYS]
    found = back_test(table, models, np.arange(30, len(table.days) - 4))
    for name in ("clearSky", "weather"):
        for horizon, score in enumerate(found.scores[name]):
            assert min(skill[0] for skill in score.skill.values()) > 0.1, name
            assert score.mae_kw[0] < found.scores["recentDays"][horizon].mae_kw[0]


def test_scores_are_what_their_names_say(substations: Metering, dutch: Calendar) -> None:
    table = table_of(substations, dutch)
    origins = np.arange(50, 90)
    found = back_test(table, [DayMean("smoothing", SMOOTHING)], origins)
    actual = table.values[origins + 1]
    naive = table.values[origins - 1]  # the last whole day before the origin
    score = found.scores["yesterday"][1]
    wrong = naive - actual
    np.testing.assert_allclose(score.mae_kw, np.abs(wrong).mean(axis=(0, 1)))
    np.testing.assert_allclose(score.rmse_kw, np.sqrt((wrong**2).mean(axis=(0, 1))))
    np.testing.assert_allclose(score.bias_kw, wrong.mean(axis=(0, 1)))
    np.testing.assert_allclose(
        score.nmae, np.abs(wrong).mean(axis=(0, 1)) / np.abs(actual).mean(axis=(0, 1))
    )
    assert (score.skill["yesterday"] == 0).all()
    other = found.scores["smoothing"][1]
    np.testing.assert_allclose(other.skill["yesterday"], 1 - other.mae_kw / score.mae_kw)
    week = found.scores["lastWeek"][1].mae_kw
    np.testing.assert_allclose(
        week, np.abs(table.values[origins + 1 - 7] - actual).mean(axis=(0, 1))
    )
    held = np.abs(table.values[origins - 1, 95:] - actual).mean(axis=(0, 1))
    np.testing.assert_allclose(found.scores["persistence"][1].mae_kw, held)


EVERY: list[Model] = [
    *LOAD_MODELS,
    *REFERENCE_MODELS,
    RECENT_DAYS,
    DayMean("weekday", day_weight.same_weekday(2)),
    ClearSky(ASSEN),
    Regression(window=14),
]


@settings(max_examples=40, deadline=None)
@given(
    st.integers(20, 60), st.integers(0, 95), st.integers(0, 3), st.sampled_from(EVERY), st.data()
)
def test_no_model_looks_ahead(
    origin: int, quarter: int, horizon: int, model: Model, data: st.DataObject
) -> None:
    rng = np.random.default_rng(origin)
    days = tuple(date(2021, 3, 1) + timedelta(days=n) for n in range(70))
    calendar = national_calendar("IT", zone=ROME)
    values = rng.normal(100, 20, (70, 96, 2))
    values[rng.random(values.shape) < data.draw(st.sampled_from([0.0, 0.2]))] = np.nan
    table = DayTable(days, calendar.kinds(days), values)
    known = values.copy()
    known[origin, quarter:] = np.nan
    known[origin + 1 :] = np.nan
    cut = replace(table, values=known)
    asked = np.array([origin])
    whole = model.predict(table, asked, quarter, horizon)
    np.testing.assert_array_equal(whole, model.predict(cut, asked, quarter, horizon))
    several = np.array([origin - 3, origin, origin + 2])
    together = model.predict(table, several, quarter, horizon)[1]
    np.testing.assert_allclose(together, whole[0], rtol=1e-7)
    if horizon == 0 and quarter:
        assert np.isnan(whole[:, :quarter]).all()


def known_load(days: int, zone: str, calendar: Calendar) -> Metering:
    """A curve a kind of day, always the same."""
    start = datetime(2021, 1, 4, tzinfo=UTC).replace(hour=0) - timedelta(hours=1)
    blank = np.zeros((days * 96, 1))
    table = day_table(start, blank, calendar, zone)
    shape = np.random.default_rng(9).uniform(10, 100, (3, 96))
    grid = day_grid(start, len(blank), zone)
    return Metering(start, ("a",), shape[table.kinds[grid.row], grid.quarter][:, None])


@pytest.mark.parametrize("origin", ["2021-03-26T23:00:00+00:00", "2021-10-29T08:07:00+00:00"])
def test_the_right_forecast_is_found_over_the_change_of_clocks(origin: str) -> None:
    calendar = national_calendar("IT", zone=ROME)
    metering = known_load(320, ROME, calendar)
    begin = datetime.fromisoformat(origin)
    found = forecast_days(metering, calendar, begin)
    first = -(-(begin - metering.start) // timedelta(minutes=15))
    actual = metering.p_kw[first : first + len(found.instants)]
    np.testing.assert_allclose(found.p_kw, actual, atol=1e-6)
    assert found.instants[0] == metering.start + first * timedelta(minutes=15)
    end = found.instants[-1] + timedelta(minutes=15)
    assert end.astimezone(UTC) in {
        datetime(2021, 3, 29, 22, tzinfo=UTC),
        datetime(2021, 10, 31, 23, tzinfo=UTC),
    }
    assert len(found.instants) == (284 if "03-26" in origin else 292 - 41)
    best = found.test.scores[found.chosen[0]]
    assert max(score.mae_kw[0] for score in best) < 1e-6
    assert min(score.skill["yesterday"][0] for score in best) > 0.999


def test_a_band_holds_what_it_promises() -> None:
    rng = np.random.default_rng(2)
    metering = Metering(datetime(2021, 1, 1, tzinfo=UTC), ("a",), rng.normal(50, 5, (200 * 96, 1)))
    calendar = Calendar("UTC")
    inside = []
    for number in range(120, 190, 3):
        origin = metering.start + timedelta(days=number)
        found = forecast_days(metering, calendar, origin, rule=ForecastRule(test_days=60))
        actual = metering.p_kw[number * 96 : (number + 3) * 96]
        low, high = found.band_kw
        inside.append(((actual >= low) & (actual <= high)).mean())
    assert np.mean(inside) == pytest.approx(0.8, abs=0.02)


def test_the_best_model_is_chosen_for_each_consumer() -> None:
    """One follows the kind of day, one walks at random: the last value says most of it."""
    calendar = Calendar("UTC")
    rng = np.random.default_rng(5)
    walk = np.cumsum(rng.normal(0, 1, 120 * 96))
    weekly = np.repeat(np.where(np.arange(120) % 7 < 5, 90.0, 20.0), 96) + rng.normal(0, 1, 11520)
    start = datetime(2021, 3, 1, tzinfo=UTC)  # a Monday
    metering = Metering(start, ("walk", "weekly"), np.stack([walk, weekly], axis=1))
    models: list[Model] = [
        DayMean("similarDays", day_weight.similar(5)), Persistence(), LAST_WEEK, YESTERDAY,
    ]  # fmt: skip
    found = forecast_days(metering, calendar, start + timedelta(days=100), models)
    assert found.chosen == ("persistence", "similarDays")
    known = metering.until(start + timedelta(days=100))
    np.testing.assert_allclose(found.p_kw[:, 0], known.p_kw[-1, 0])


def test_short_history_still_says_something() -> None:
    calendar = national_calendar("IT", zone=ROME)
    start = datetime(2021, 6, 22, 22, tzinfo=UTC)
    metering = Metering(start, ("a", "silent"), np.full((96, 2), [40.0, np.nan]))
    found = forecast_days(metering, calendar, start + timedelta(days=1, hours=3))
    assert not np.isnan(found.p_kw[:, 0]).any()
    np.testing.assert_allclose(found.p_kw[:, 0], 40.0)
    assert np.isnan(found.p_kw[:, 1]).all()
    with pytest.raises(MeteringInvalid):
        forecast_days(metering, calendar, start)


@pytest.mark.parametrize(("known", "is_enough"), [(1, False), (95, False), (96, True)])
def test_too_little_is_too_little(known: int, is_enough: bool) -> None:  # noqa: FBT001
    """A consumer with less than a day's values has no forecast, beside one that has."""
    calendar = Calendar(ROME)
    start = datetime(2021, 6, 22, 22, tzinfo=UTC)
    p_kw = np.full((192, 2), [40.0, np.nan])
    p_kw[192 - known :, 1] = 7.7
    found = forecast_days(Metering(start, ("much", "few"), p_kw), calendar, start + timedelta(2))
    assert not np.isnan(found.p_kw[:, 0]).any()
    assert np.isnan(found.p_kw[:, 1]).all() != is_enough
    told = [(each.consumer, each.kind, each.count) for each in found.remarks]
    assert told == ([] if is_enough else [("few", RemarkKind.TOO_LITTLE, known)])
    if not is_enough:
        assert np.isnan(found.band_kw[..., 1]).all()
        assert f"{known} quarter-hours are known" in found.remarks[0].detail


def test_metering_that_comes_late_is_bridged() -> None:
    calendar = national_calendar("IT", zone=ROME)
    metering = known_load(60, ROME, calendar)
    late = metering.end + timedelta(days=9, hours=5)
    found = forecast_days(metering, calendar, late)
    whole = known_load(80, ROME, calendar)
    first = (found.instants[0] - whole.start) // timedelta(minutes=15)
    np.testing.assert_allclose(found.p_kw, whole.p_kw[first : first + len(found.p_kw)])


def test_the_sun_stands_where_others_say() -> None:
    # NREL/TP-560-34302 (Reda and Andreas), example: topocentric elevation 39.872046 degrees
    # without refraction; parallax and this method's own error are below 0.01 degrees.
    golden = Site(39.742476, -105.1786)
    cosine = sun_cosine([datetime(2003, 10, 17, 19, 30, 30, tzinfo=UTC)], golden)
    assert np.degrees(np.arccos(cosine[0])) == pytest.approx(90 - 39.872046, abs=0.01)
    # At the equinox's noon the zenith angle is the latitude, at the solstices 23.44 off.
    noons = [
        (datetime(2021, 3, 20, 12, 7, tzinfo=UTC), 0.0),
        (datetime(2021, 6, 21, 12, 2, tzinfo=UTC), -23.44),
        (datetime(2021, 12, 21, 11, 58, tzinfo=UTC), 23.44),
    ]
    for instant, away in noons:
        zenith = np.degrees(np.arccos(sun_cosine([instant], Site(51.48, 0.0))[0]))
        assert zenith == pytest.approx(51.48 + away, abs=0.1)
    # Sunrise in Rome on 23 June 2021, 05:35 local time with refraction and disc (34' + 16')
    rome = Site(41.9, 12.5)
    rise = sun_cosine([datetime(2021, 6, 23, 3, 35, tzinfo=UTC)], rome)[0]
    assert np.degrees(np.arcsin(rise)) == pytest.approx(-0.83, abs=0.2)
    assert clear_sky_w_per_m2(np.array([1.0, 0.5, -0.2])) == pytest.approx(
        [1098 * np.exp(-0.057), 549 * np.exp(-0.114), 0.0]
    )


def test_a_clear_sky_is_followed_exactly() -> None:
    days, site = 40, Site(41.9, 12.5)
    start = datetime(2021, 3, 1, tzinfo=UTC)
    middles = np.asarray(start.timestamp() + (np.arange(days * 96) + 0.5) * 900)
    sun = clear_sky_w_per_m2(sun_cosine(middles, site))
    metering = Metering(start, ("pv",), -0.3 * sun[:, None])
    found = forecast_days(
        metering,
        Calendar(ROME),
        datetime(2021, 4, 3, 4, tzinfo=UTC),
        [ClearSky(site), RECENT_DAYS],
        ForecastRule(clock="UTC"),
    )
    first = (found.instants[0] - start) // timedelta(minutes=15)
    actual = metering.p_kw[first : first + len(found.instants)]
    assert found.chosen == ("clearSky",)
    assert np.abs(found.p_kw - actual).max() < 0.01 * np.abs(actual).max()


@pytest.mark.parametrize("minute", [0, 15, 30, 45])
def test_the_hour_that_comes_twice_is_forecast_twice(minute: int) -> None:
    calendar = Calendar(ROME)
    metering = known_load(70, ROME, calendar)
    night = datetime(2021, 10, 31, tzinfo=UTC)  # 02:00 in Rome for the first time
    moved = replace(metering, start=night - timedelta(days=60))
    said = forecast_days(moved, calendar, night + timedelta(minutes=minute))
    assert len(said.instants) == 4 * 23 - minute // 15 + 2 * 96
    assert not np.isnan(said.p_kw).any()


@pytest.mark.parametrize("days", [1, 3])
def test_from_its_last_minutes_the_next_day_is_forecast(days: int) -> None:
    calendar = Calendar(ROME)
    metering = known_load(30, ROME, calendar)
    midnight = datetime(2021, 6, 22, 22, tzinfo=UTC)
    moved = replace(metering, start=midnight - timedelta(days=30))
    said = forecast_days(moved, calendar, midnight - timedelta(minutes=5), rule=ForecastRule(days))
    assert (said.instants[0], len(said.instants)) == (midnight, 96 * days)
    assert not np.isnan(said.p_kw).any()
