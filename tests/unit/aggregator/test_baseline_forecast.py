"""Forecast baselines of consumers whose days follow a plain law: the forecast follows it, too."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from platone.aggregator.domain.forecast import days_ahead, forecast_baselines
from platone.aggregator.domain.problem import ForecastInvalid, HistoryTooShort
from platone.grid.profile.day_forecast import (
    LOAD_MODELS,
    RECENT_DAYS,
    ForecastRule,
    forecast_days,
)
from platone.grid.profile.meter_row import MeterRows, metering_of_rows
from platone.grid.profile.public_holiday import national_calendar
from platone.kernel.market_time import MarketDay
from platone.messages.plan import PodForecast

ORIGIN = datetime(2021, 6, 22, 22, tzinfo=UTC)
"""Midnight in Rome, before Wednesday 23 June 2021."""
QUARTER = timedelta(minutes=15)
TODAY = MarketDay(date(2021, 6, 23))


def same(day: int, quarter: int) -> float:
    """The same each day: a kW at midnight, and a tenth more each quarter-hour."""
    del day
    return 1.0 + quarter / 10


def growing(day: int, quarter: int) -> float:
    """A day is 2 kW above the one before, at all times."""
    return 100.0 + 2.0 * day + quarter / 10


def rows(days: int = 60, **pods: object) -> MeterRows:
    found = MeterRows()
    for pod, law in pods.items():
        for day in range(-days, 0):
            for quarter in range(96):
                at = ORIGIN + day * 96 * QUARTER + quarter * QUARTER
                kw = law(day, quarter)  # type: ignore[operator]
                found.add(pod, int(at.timestamp()), 15, kw / 4)
    return found


@pytest.fixture(scope="module")
def known() -> MeterRows:
    return rows(SAME=same, GROWING=growing)


def forecast(known: MeterRows, pod: str, on: MarketDay = TODAY) -> PodForecast:
    (found,) = forecast_baselines(known, [pod], "IT", ORIGIN, on)
    assert isinstance(found, PodForecast), found
    return found


@pytest.mark.parametrize("ahead", [0, 1, 2])
def test_what_is_the_same_each_day_is_forecast_without_an_error(
    known: MeterRows, ahead: int
) -> None:
    day = MarketDay(date(2021, 6, 23 + ahead))
    found = forecast(known, "SAME", day)
    assert (found.pod_id, found.day) == ("SAME", day.on)
    assert found.values == pytest.approx([same(0, quarter) for quarter in range(96)], abs=1e-9)
    error = found.error
    assert (error.mean_kw, error.deviation_kw, error.bias_kw) == (0.0, 0.0, 0.0)
    assert list(error.low_kw) == list(error.high_kw) == [0.0] * 96
    assert error.judged >= 7 * 96


@pytest.mark.parametrize("ahead", [0, 2])
def test_errors_are_those_of_the_back_test(known: MeterRows, ahead: int) -> None:
    """A mean square is the square of the mean and the variance: the grid's figures of each day."""
    found = forecast(known, "GROWING", MarketDay(date(2021, 6, 23 + ahead)))
    calendar = national_calendar("IT", zone=TODAY.zone)
    models = (*LOAD_MODELS, RECENT_DAYS)
    made = forecast_days(metering_of_rows(known), calendar, ORIGIN, models, ForecastRule(days=3))
    column = made.consumers.index("GROWING")
    score = made.test.scores[found.method][ahead]
    error = found.error
    assert found.method == made.chosen[column]
    assert error.bias_kw == pytest.approx(score.bias_kw[column], abs=1e-3)
    assert error.mean_kw == pytest.approx(score.mae_kw[column], abs=1e-3)
    squares = error.deviation_kw**2 + error.bias_kw**2
    assert squares == pytest.approx(score.rmse_kw[column] ** 2, abs=0.01)
    assert abs(error.bias_kw) > 0.3  # so that it tells squares that are added from taken away
    places = [place for place, at in enumerate(made.instants) if TODAY.start <= at < TODAY.end]
    if ahead == 0:
        assert found.values == pytest.approx(made.p_kw[places, column], abs=1e-3)
        low_kw, high_kw = made.band_kw[:, places, column]
        values = np.array(found.values)
        assert error.low_kw == pytest.approx(low_kw - values, abs=2e-3)
        assert error.high_kw == pytest.approx(high_kw - values, abs=2e-3)


def test_each_has_its_own_and_who_is_not_metered_has_none(known: MeterRows) -> None:
    first, nobody, second = forecast_baselines(
        known, ["GROWING", "NOBODY", "SAME"], "IT", ORIGIN, TODAY
    )
    assert isinstance(first, PodForecast)
    assert isinstance(second, PodForecast)
    assert (first.pod_id, second.pod_id) == ("GROWING", "SAME")
    assert isinstance(nobody, HistoryTooShort)
    assert nobody.fields == {"podId": "NOBODY", "judged": 0}


def test_a_week_must_have_been_judged() -> None:
    """The first week has nothing before it to be forecast from."""
    (short,) = forecast_baselines(rows(13, SAME=same), ["SAME"], "IT", ORIGIN, TODAY)
    assert isinstance(short, HistoryTooShort)
    assert short.fields == {"podId": "SAME", "judged": 6 * 96}
    (enough,) = forecast_baselines(rows(14, SAME=same), ["SAME"], "IT", ORIGIN, TODAY)
    assert isinstance(enough, PodForecast)
    assert enough.error.judged == 7 * 96


def test_without_any_reading_nothing_is_forecast() -> None:
    (none,) = forecast_baselines(MeterRows(), ["SAME"], "IT", ORIGIN, TODAY)
    assert isinstance(none, HistoryTooShort)
    assert none.fields == {"podId": "SAME", "judged": 0}


def test_the_next_days_are_forecast_and_no_others() -> None:
    noon = ORIGIN + timedelta(hours=12)
    assert [days_ahead(MarketDay(date(2021, 6, 23 + n)), noon) for n in range(3)] == [0, 1, 2]
    for on, ahead in ((date(2021, 6, 22), -1), (date(2021, 6, 26), 3)):
        with pytest.raises(ForecastInvalid, match=f"is {ahead} days after today") as refused:
            days_ahead(MarketDay(on), noon)
        assert refused.value.fields == {"day": on.isoformat()}


def test_a_day_that_has_begun_is_not_forecast_whole(known: MeterRows) -> None:
    """At noon the baseline of today would lack its morning."""
    (found,) = forecast_baselines(known, ["SAME"], "IT", ORIGIN + timedelta(hours=12), TODAY)
    assert isinstance(found, HistoryTooShort)


def test_powers_and_errors_are_told_to_the_watt() -> None:
    def thirds(day: int, quarter: int) -> float:
        return 1.0 + (quarter + day % 3) / 7

    found = forecast(rows(30, THIRDS=thirds), "THIRDS")
    error = found.error
    told = [*found.values, *error.low_kw, *error.high_kw, error.mean_kw, error.bias_kw]
    told += [error.deviation_kw, error.skill or 0.0]
    assert all(each == round(each, 3) for each in told)
    for kw in (found.values, error.low_kw):
        assert any(each != round(each, 2) for each in kw)
