"""Which models an order of a forecast tries, and by whose clock."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pytest

from platone.dso.domain.forecast_order import Follows, ForecastOrder, WeatherSeries, models_of
from platone.grid.problem.file import MeteringInvalid
from platone.grid.profile.day_forecast import LOAD_MODELS, RECENT_DAYS, ForecastRule
from platone.grid.profile.generation import ClearSky, Weather
from platone.grid.profile.public_holiday import CalendarChoice
from platone.grid.profile.solar import Site

START = datetime(2021, 6, 22, 22, 45, tzinfo=UTC)
RULE = ForecastRule(days=2, test_days=9, levels=(0.25,), clock="Europe/Rome")
SITE = Site(latitude_deg=41.9, longitude_deg=12.5)
SUN = ForecastOrder(
    pod_ids=("A",), calendar=CalendarChoice("IT"), follows=Follows.SUN, site=SITE, rule=RULE
)


def test_people_follow_the_markets_clock() -> None:
    order = ForecastOrder(pod_ids=("A",), calendar=CalendarChoice("IT"), site=SITE, rule=RULE)
    assert models_of(order) == (LOAD_MODELS, RULE)
    assert order.history_days == 120


def test_the_sun_knows_no_summer_time() -> None:
    models, rule = models_of(SUN)
    assert models == [ClearSky(SITE), RECENT_DAYS]
    assert rule == replace(RULE, clock="UTC")


def test_a_weather_series_lies_in_days_of_utc() -> None:
    rome = START.astimezone(timezone(timedelta(hours=2)))
    order = replace(SUN, weather=WeatherSeries(rome, tuple(map(float, range(1, 8)))))
    models, _ = models_of(order)
    assert [type(each) for each in models[:2]] == [Weather, ClearSky]
    weather = models[0]
    assert isinstance(weather, Weather)
    assert weather.first == date(2021, 6, 22)
    assert weather.series.shape == (2, 96)
    assert weather.series[0, 91:].tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert weather.series[1, :2].tolist() == [6.0, 7.0]
    assert np.isnan(weather.series[0, :91]).all()
    assert np.isnan(weather.series[1, 2:]).all()
    alone, _ = models_of(replace(order, site=None))
    assert [type(each) for each in alone] == [Weather, type(RECENT_DAYS)]


def test_what_follows_the_sun_needs_to_know_where_it_shines() -> None:
    with pytest.raises(MeteringInvalid, match="a site or a weather series"):
        models_of(replace(SUN, site=None))


@pytest.mark.parametrize("late", [timedelta(seconds=1), timedelta(minutes=14)])
def test_weather_between_quarter_hours_is_refused(late: timedelta) -> None:
    order = replace(SUN, weather=WeatherSeries(START + late, (1.0,)))
    with pytest.raises(MeteringInvalid, match="between quarter-hours"):
        models_of(order)
