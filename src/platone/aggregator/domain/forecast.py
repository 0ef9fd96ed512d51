"""Baselines forecast from what was metered, without weather, and with the error of such forecasts.

Several simple models are tried on the days before, each day forecast from those before it alone;
each point of delivery gets the model that would have been wrong the least.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import isnan, sqrt

import numpy as np

from platone.aggregator.domain.problem import ForecastInvalid, HistoryTooShort
from platone.grid.problem.file import MeteringInvalid
from platone.grid.profile.day_forecast import (
    LOAD_MODELS,
    RECENT_DAYS,
    DayForecast,
    ForecastRule,
    forecast_days,
)
from platone.grid.profile.meter_row import MeterRows, metering_of_rows
from platone.grid.profile.public_holiday import national_calendar
from platone.kernel.market_time import MarketDay
from platone.messages.plan import ForecastError, PodForecast

HISTORY = timedelta(days=70)
"""How much metering is looked at: four weeks are forecast, each day from six weeks before it."""
_MODELS = (*LOAD_MODELS, RECENT_DAYS)
"""Models of load, and of what follows the sun: the mean of the last days."""
_LEAST_JUDGED = 7 * 96
"""Quarter-hours of which the error must be known: a week, with each of its days once."""
_DAYS_AHEAD = 2
"""Furthest day that is forecast: two days after the current one."""
_LOW, _HIGH = 0.1, 0.9
"""Levels of the band: two days in ten lie outside it."""
_WATT = 3
"""Decimals of powers in kW that are told: a watt."""


def days_ahead(day: MarketDay, origin: datetime) -> int:
    """Return how many days after the current one a market day is.

    Raises:
        ForecastInvalid: It is past, or too far ahead.
    """
    ahead = (day.on - MarketDay.holding(origin, day.zone).on).days
    if not 0 <= ahead <= _DAYS_AHEAD:
        raise ForecastInvalid(
            f"{day.on} is {ahead} days after today; 0 to {_DAYS_AHEAD} are forecast.",
            day=day.on.isoformat(),
        )
    return ahead


def forecast_baselines(
    rows: MeterRows, pods: Sequence[str], country: str, origin: datetime, day: MarketDay
) -> list[PodForecast | HistoryTooShort]:
    """Return the baseline of each PoD for a market day, or why it has none.

    Args:
        rows: What was metered.
        pods: The PoDs.
        country: Whose public holidays count, ISO 3166-1.
        origin: From when on it is forecast; nothing metered later is looked at.
        day: The market day.

    Raises:
        CalendarInvalid: There is no such country.
        ForecastInvalid: The day is not one of the next.
    """
    ahead = days_ahead(day, origin)
    calendar = national_calendar(country, zone=day.zone)
    rule = ForecastRule(days=_DAYS_AHEAD + 1, levels=(_LOW, _HIGH))
    try:
        made = forecast_days(metering_of_rows(rows), calendar, origin, _MODELS, rule)
    except MeteringInvalid:
        return [_too_short(pod, 0) for pod in pods]
    columns = {name: column for column, name in enumerate(made.consumers)}
    return [
        _of_pod(made, columns[pod], day, ahead) if pod in columns else _too_short(pod, 0)
        for pod in pods
    ]


def _of_pod(
    made: DayForecast, column: int, day: MarketDay, ahead: int
) -> PodForecast | HistoryTooShort:
    chosen = made.chosen[column]
    score = made.test.scores[chosen][ahead]
    judged = int(score.count[column])
    pod = made.consumers[column]
    of_day = np.array([day.start <= each < day.end for each in made.instants])
    values = made.p_kw[of_day, column]
    band = made.band_kw[:, of_day, column] - values
    if judged < _LEAST_JUDGED or len(values) < day.quarter_hours or np.isnan(values).any():
        return _too_short(pod, judged)
    bias, rmse = float(score.bias_kw[column]), float(score.rmse_kw[column])
    skill = float(score.skill["yesterday"][column])
    low, high = np.nan_to_num(band).round(_WATT).tolist()
    return PodForecast(
        pod_id=pod,
        day=day.on,
        method=chosen,
        values=tuple(values.round(_WATT).tolist()),
        error=ForecastError(
            judged=judged,
            mean_kw=round(float(score.mae_kw[column]), _WATT),
            deviation_kw=round(sqrt(max(rmse**2 - bias**2, 0.0)), _WATT),
            bias_kw=round(bias, _WATT),
            skill=None if isnan(skill) else round(skill, _WATT),
            low_kw=tuple(low),
            high_kw=tuple(high),
        ),
    )


def _too_short(pod: str, judged: int) -> HistoryTooShort:
    return HistoryTooShort(
        f"{pod}: {judged} quarter-hours could be forecast from the days before them and compared; "
        f"{_LEAST_JUDGED} are needed.",
        podId=pod,
        judged=judged,
    )
