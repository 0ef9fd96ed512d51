"""Mapping between messages of profiles and forecasts and the service's own values."""

from collections.abc import Iterable, Sequence

import numpy as np

from platone.dso.api.profile_schema import (
    CalendarForm,
    ConsumerForecast,
    Curve,
    Curves,
    ErrorForm,
    ForecastQuestion,
    Forecasts,
    ProfileQuestion,
    ProfileSetForm,
    Quantile,
    RemarkForm,
)
from platone.dso.domain.forecast_order import Follows, ForecastOrder, WeatherSeries
from platone.dso.domain.profile_set import ProfileSet
from platone.dso.service.profile import ProfileOrder
from platone.grid.array import Floats
from platone.grid.profile.backtest import Score
from platone.grid.profile.calendar import KINDS
from platone.grid.profile.day_forecast import DayForecast, ForecastRule
from platone.grid.profile.public_holiday import CalendarChoice
from platone.grid.profile.solar import Site
from platone.grid.profile.typical_day import MONTHS, Basis, TypicalDayRule, TypicalDays
from platone.kernel.market_time import QUARTER_HOUR_MINUTES, as_utc

_DIGITS = 6
"""Decimals of a number of kW on the wire: milliwatts."""


def choice_of(form: CalendarForm) -> CalendarChoice:
    """Return the choice of a calendar that a message makes."""
    return CalendarChoice(form.country, form.subdivision, form.local_days, form.eves)


def profile_order(question: ProfileQuestion) -> ProfileOrder:
    """Return the order of typical days that a question makes."""
    return ProfileOrder(
        as_utc(question.start_time),
        as_utc(question.end_time),
        choice_of(question.calendar),
        TypicalDayRule(question.min_days, question.levels),
        question.pod_ids,
        question.qualities,
    )


def forecast_order(question: ForecastQuestion) -> ForecastOrder:
    """Return the order of a forecast that a question makes."""
    site, weather = question.site, question.weather
    return ForecastOrder(
        pod_ids=question.pod_ids,
        calendar=choice_of(question.calendar),
        origin=None if question.start_time is None else as_utc(question.start_time),
        follows=Follows(question.follows),
        site=None if site is None else Site(site.latitude_deg, site.longitude_deg),
        weather=(
            None if weather is None else WeatherSeries(as_utc(weather.start_time), weather.values)
        ),
        history_days=question.history_days,
        rule=ForecastRule(question.days, question.test_days, question.levels),
        qualities=question.qualities,
    )


def to_profile_set(made: ProfileSet) -> ProfileSetForm:
    """Return the message of a set of typical days."""
    chosen = made.calendar
    return ProfileSetForm(
        number=made.number,
        made_at=made.made_at,
        start_time=made.start,
        end_time=made.end,
        calendar=CalendarForm(
            country=chosen.country,
            subdivision=chosen.subdivision,
            local_days=chosen.local_days,
            eves=chosen.eves,
        ),
        min_days=made.min_days,
        consumers=made.consumers,
        without_metering=list(made.without_metering),
        remarks=[
            RemarkForm(
                consumer=each.consumer, kind=each.kind.value, count=each.count, detail=each.detail
            )
            for each in made.remarks
        ],
    )


def to_curves(number: int, typical: TypicalDays) -> Curves:
    """Return the message of all typical days of one consumer."""
    return Curves(
        consumer=typical.consumers[0],
        set_number=number,
        zone=typical.calendar.zone,
        curves=[_curve(typical, month, kind) for month, kind in np.ndindex(MONTHS, len(KINDS))],
    )


def _curve(typical: TypicalDays, month: int, kind: int) -> Curve:
    p, q = typical.p, typical.q
    return Curve(
        month=month + 1,
        day_kind=KINDS[kind].value,
        basis=Basis(int(typical.basis[month, kind, 0])).title,
        count=p.count[month, kind, :, 0].tolist(),
        mean_kw=_values(p.mean[month, kind, :, 0]),
        deviation_kw=_values(p.deviation[month, kind, :, 0]),
        quantiles=_quantiles(typical.rule.levels, p.quantiles[:, month, kind, :, 0]),
        mean_kvar=None if q is None else _values(q.mean[month, kind, :, 0]),
    )


def to_forecasts(
    pod_ids: Iterable[str], found: Sequence[DayForecast], rule: ForecastRule
) -> Forecasts:
    """Return the message of consumers' forecasts, and of those that have none."""
    every = [
        _forecast(each, place, rule.levels)
        for each in found
        for place in np.flatnonzero(~np.isnan(each.p_kw).all(axis=0)).tolist()
    ]
    made = {each.pod_id for each in every}
    return Forecasts(
        forecasts=every, without_metering=[each for each in pod_ids if each not in made]
    )


def _forecast(found: DayForecast, place: int, levels: Sequence[float]) -> ConsumerForecast:
    return ConsumerForecast(
        pod_id=found.consumers[place],
        model=found.chosen[place],
        start_time=found.instants[0],
        interval=QUARTER_HOUR_MINUTES,
        values=_values(found.p_kw[:, place]),
        quantiles=_quantiles(levels, found.band_kw[..., place]),
        errors=[
            _error(model, horizon, score, place)
            for model in found.test.models
            for horizon, score in enumerate(found.test.scores[model])
        ],
    )


def _error(model: str, horizon: int, score: Score, place: int) -> ErrorForm:
    return ErrorForm(
        model=model,
        days_ahead=horizon,
        count=int(score.count[place]),
        mae_kw=_value(score.mae_kw[place]),
        rmse_kw=_value(score.rmse_kw[place]),
        bias_kw=_value(score.bias_kw[place]),
        nmae=_value(score.nmae[place]),
        skill={name: _value(each[place]) for name, each in score.skill.items()},
    )


def _quantiles(levels: Sequence[float], curves: Floats) -> list[Quantile]:
    return [
        Quantile(level=level, kw=_values(curve))
        for level, curve in zip(levels, curves, strict=True)
    ]


def _values(values: Floats) -> list[float | None]:
    return [_value(value) for value in values]


def _value(value: float) -> float | None:
    """Return a number to milliwatts; None where it is not a number."""
    return None if np.isnan(value) else round(float(value), _DIGITS)
