"""Forecasts of single consumers, load or generation, with the errors of a back-test."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

import numpy as np

from platone.dso.service.calculation.profile import forecast_of_rows
from platone.dso.service.ports import MeteringSource
from platone.dso.service.profile import pods_per_call
from platone.grid.problem.file import MeteringInvalid
from platone.grid.profile.calendar import Calendar
from platone.grid.profile.day_forecast import (
    LOAD_MODELS,
    RECENT_DAYS,
    DayForecast,
    ForecastRule,
)
from platone.grid.profile.day_table import day_table
from platone.grid.profile.forecast import Model
from platone.grid.profile.generation import ClearSky, Weather
from platone.grid.profile.meter_row import is_counted
from platone.grid.profile.metering import GOOD_QUALITIES
from platone.grid.profile.public_holiday import CalendarChoice, NationalCalendars
from platone.grid.profile.solar import Site
from platone.infra.calculation.desk import CalculationDesk
from platone.kernel.clock import Clock
from platone.kernel.market_time import QUARTER_HOUR_S, as_utc

_SUN_CLOCK = "UTC"


class Follows(Enum):
    """The causes that a consumer's power follows; they decide which models are tried."""

    PEOPLE = "people"
    """Load, and generation that follows neither sun nor wind."""
    SUN = "sun"
    """Photovoltaic generation."""


@dataclass(frozen=True, slots=True)
class WeatherSeries:
    """A weather series, such as forecast irradiance, that generation goes in proportion to.

    Attributes:
        start: Start of its first quarter-hour, aware.
        values: One value a quarter-hour, not negative.
    """

    start: datetime
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastOrder:
    """The settings of a forecast of consumers.

    Attributes:
        pod_ids: Of which points of delivery.
        calendar: Which public holidays count.
        origin: From when on; nothing metered later is looked at. Now where None.
        follows: What their power follows.
        site: Where the sun shines on them; needed where they follow it.
        weather: A weather series that reaches into the days to come.
        history_days: How much metering is looked at.
        rule: How the forecast is made.
        qualities: Which measurements count.
    """

    pod_ids: tuple[str, ...]
    calendar: CalendarChoice
    origin: datetime | None = None
    follows: Follows = Follows.PEOPLE
    site: Site | None = None
    weather: WeatherSeries | None = None
    history_days: int = 120
    rule: ForecastRule = field(default_factory=ForecastRule)
    qualities: Collection[str] = GOOD_QUALITIES


@dataclass(frozen=True, slots=True)
class ForecastConsumers:
    """Forecasts the rest of the day and the next two.

    Args:
        meters: Measurements.
        calendars: Makes calendars.
        desk: Calculates.
        clock: The market's clock.
    """

    meters: MeteringSource
    calendars: NationalCalendars
    desk: CalculationDesk
    clock: Clock

    async def __call__(self, order: ForecastOrder) -> list[DayForecast]:
        """Return forecasts, each of some of the PoDs; those without metering are left out.

        Of the back-tests the scores are kept, not the single errors.

        Raises:
            PlatoneError: There is no such calendar, or customers does not answer.
            MeteringInvalid: A forecast of what follows the sun needs a site or a weather series;
                one that begins between two quarter-hours is refused.
        """
        await asyncio.to_thread(self.calendars, order.calendar)  # refused before all else
        models, rule = _models(order)
        origin = order.origin or self.clock.now()
        start = origin - timedelta(days=order.history_days)
        wanted = list(dict.fromkeys(order.pod_ids))
        found: list[DayForecast] = []
        step = pods_per_call(start, origin)
        for first in range(0, len(wanted), step):
            some = wanted[first : first + step]
            rows = await self.meters.rows(some, start, origin, order.qualities)
            if is_counted(rows).any():
                settings = self.calendars, order.calendar, origin, models, rule
                found.append(await self.desk.run(forecast_of_rows, rows, *settings))
        return found


def _models(order: ForecastOrder) -> tuple[Sequence[Model], ForecastRule]:
    if order.follows is Follows.PEOPLE:
        return LOAD_MODELS, order.rule
    models: list[Model] = []
    if order.weather is not None:
        models.append(_weather(order.weather))
    if order.site is not None:
        models.append(ClearSky(order.site))
    if not models:
        raise MeteringInvalid("Generation that follows the sun needs a site or a weather series.")
    rule = order.rule
    sun = ForecastRule(rule.days, rule.test_days, rule.levels, _SUN_CLOCK)
    return [*models, RECENT_DAYS], sun


def _weather(series: WeatherSeries) -> Weather:
    """Return the weather series by days of UTC."""
    if as_utc(series.start).timestamp() % QUARTER_HOUR_S:
        raise MeteringInvalid(f"The weather starts between quarter-hours: {series.start}.")
    column = np.array(series.values, dtype=np.float64)[:, None]
    table = day_table(series.start, column, Calendar(_SUN_CLOCK), _SUN_CLOCK)
    return Weather(table.days[0], table.values[..., 0])
