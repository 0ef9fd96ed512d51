"""A forecast of the current day and the next two, with what its error has been."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np

from platone.grid.array import Floats
from platone.grid.problem.file import MeteringInvalid
from platone.grid.profile import day_weight
from platone.grid.profile.backtest import BackTest, back_test
from platone.grid.profile.calendar import Calendar
from platone.grid.profile.day_grid import Ints, clock_places
from platone.grid.profile.day_table import DayTable, day_table
from platone.grid.profile.forecast import REFERENCE_MODELS, DayMean, Model
from platone.grid.profile.metering import Metering, MeteringRemark, RemarkKind
from platone.grid.profile.regression import SMOOTHING, Regression
from platone.grid.shown import Shown
from platone.kernel.market_time import QUARTER_HOUR, MarketDay, as_utc

LOAD_MODELS: tuple[Model, ...] = (
    Regression(),
    DayMean("smoothing", SMOOTHING),
    DayMean("similarDays", day_weight.similar(5)),
    DayMean("typicalDay", day_weight.typical),
)
"""Models of what follows people: load, and generation that follows neither sun nor wind."""

FEWEST_VALUES = 96
"""Quarter-hours that must be known of a consumer for a forecast: a day's; less is no course."""
RECENT_DAYS: Model = DayMean("recentDays", day_weight.recent(7))
"""The mean of the last week's days, whatever their kind: for generation."""


@dataclass(frozen=True, slots=True)
class ForecastRule:
    """The settings of a forecast.

    Attributes:
        days: Market days that are forecast, the current one included.
        test_days: Origins of the back-test: the days before the current one.
        levels: Quantile levels of the band.
        clock: Whose clocks the models go by: the market zone's where None; UTC for the sun.
    """

    days: int = 3
    test_days: int = 28
    levels: tuple[float, ...] = (0.1, 0.9)
    clock: str | None = None


@dataclass(frozen=True, slots=True, eq=False, repr=False, kw_only=True)
class DayForecast(Shown):
    """A forecast of consumers' power for the rest of a day and the next days.

    Attributes:
        instants: Starts of the quarter-hours, UTC: from the origin to the end of the last day.
        consumers: Their identifiers.
        p_kw: Mean active power, load convention, shape (quarter-hours, consumers); NaN for a
            consumer of which nothing is known.
        band_kw: Its quantiles by the back-test's errors, shape (levels, quarter-hours,
            consumers); NaN where nothing could be judged.
        chosen: The model of each consumer: the one with the least error in the back-test.
        test: The back-test, with the same time of the day as origin.
        remarks: Remarks on the metering, and on consumers without a forecast.
    """

    instants: tuple[datetime, ...]
    consumers: tuple[str, ...]
    p_kw: Floats
    band_kw: Floats
    chosen: tuple[str, ...]
    test: BackTest
    remarks: tuple[MeteringRemark, ...] = ()


def forecast_days(
    metering: Metering,
    calendar: Calendar,
    origin: datetime,
    models: Sequence[Model] = LOAD_MODELS,
    rule: ForecastRule | None = None,
) -> DayForecast:
    """Return a forecast from an aware instant on, by each consumer's best model.

    Nothing metered after the origin is looked at, in the back-test nothing after each of its
    origins. Where the best model says nothing, the next one that says something counts.

    Raises:
        MeteringInvalid: Nothing was metered before the origin.
    """
    how = rule or ForecastRule()
    known = metering.until(origin)
    if not len(known.p_kw):
        raise MeteringInvalid(f"Nothing was metered before {origin.isoformat()}.")
    known, remarks = _enough(known)
    instants = _asked(origin, calendar.zone, how.days)
    clock = how.clock or calendar.zone
    days, quarters = clock_places(instants, clock)
    table = _table(known, calendar, clock, days)
    row = table.row(days[0])
    ahead = np.array([table.row(day) - row for day in days])
    quarter = quarters[ahead == 0].min()  # the clocks may go back after the origin
    horizons = int(ahead.max()) + 1
    origins = np.arange(max(row - how.test_days, 1), row)
    test = back_test(table, models, origins, quarter=int(quarter), horizons=horizons)
    names = [model.name for model in models]
    best = test.best(names)
    said = _said(table, [*models, *REFERENCE_MODELS], row, int(quarter), horizons)
    p_kw = _first_said(said[:, ahead, quarters], best)
    band = _bands(test, names, best, how.levels, horizons)
    return DayForecast(
        instants=instants,
        consumers=metering.consumers,
        p_kw=p_kw,
        band_kw=p_kw + band[:, ahead, quarters],
        chosen=tuple(names[place] for place in best),
        test=test,
        remarks=(*metering.remarks, *remarks),
    )


def _enough(known: Metering) -> tuple[Metering, list[MeteringRemark]]:
    """Return metering without consumers of too few values, and a remark on each of them."""
    counts = (~np.isnan(known.p_kw)).sum(axis=0)
    is_poor = counts < FEWEST_VALUES
    remarks = [
        MeteringRemark(
            known.consumers[place],
            RemarkKind.TOO_LITTLE,
            int(counts[place]),
            f"{known.consumers[place]}: no forecast: {counts[place]} quarter-hours are known "
            f"before it, and {FEWEST_VALUES} are needed.",
        )
        for place in np.flatnonzero(is_poor).tolist()
    ]
    return replace(known, p_kw=np.where(is_poor, np.nan, known.p_kw)), remarks


def _asked(origin: datetime, zone: str, days: int) -> tuple[datetime, ...]:
    """Return the quarter-hours from the origin on, to the end of the last market day."""
    today = MarketDay.holding(origin, zone).start
    first = today + -(-(as_utc(origin) - today) // QUARTER_HOUR) * QUARTER_HOUR
    day = MarketDay.holding(first, zone)  # in its last quarter-hour a day has no rest
    for _ in range(days - 1):
        day = day.next
    count = (day.end - first) // QUARTER_HOUR
    return tuple(first + place * QUARTER_HOUR for place in range(count))


def _table(known: Metering, calendar: Calendar, clock: str, days: Sequence[date]) -> DayTable:
    table = day_table(known.start, known.p_kw, calendar, clock)
    missing = table.row(max(days)) + 1 - len(table.days)
    return day_table(known.start, known.p_kw, calendar, clock, more_days=max(missing, 0))


def _said(
    table: DayTable, models: Sequence[Model], row: int, quarter: int, horizons: int
) -> Floats:
    """Return the forecasts of models, kW, shape (models, horizons, 96, consumers)."""
    origin = np.array([row])
    return np.array(
        [
            [model.predict(table, origin, quarter, horizon)[0] for horizon in range(horizons)]
            for model in models
        ]
    )


def _first_said(said: Floats, best: Ints) -> Floats:
    """Return the best model's values, or where it says nothing those of the first that does."""
    found = said[best, :, np.arange(said.shape[2])].T.copy()
    for other in said:
        found = np.where(np.isnan(found), other, found)
    return found


def _bands(
    test: BackTest, names: Sequence[str], best: Ints, levels: tuple[float, ...], horizons: int
) -> Floats:
    """Return the bands of the best models, kW, shape (levels, horizons, 96, consumers)."""
    every = np.array(
        [[test.band_kw(name, horizon, levels) for horizon in range(horizons)] for name in names]
    )
    chosen = every[best, ..., np.arange(len(best))]  # (consumers, horizons, levels, 96)
    return chosen.transpose(2, 1, 3, 0)
