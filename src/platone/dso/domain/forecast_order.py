"""Orders of forecasts of single consumers, and the models that they try."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

import numpy as np

from platone.grid.problem.file import MeteringInvalid
from platone.grid.profile.calendar import Calendar
from platone.grid.profile.day_forecast import LOAD_MODELS, RECENT_DAYS, ForecastRule
from platone.grid.profile.day_table import day_table
from platone.grid.profile.forecast import Model
from platone.grid.profile.generation import ClearSky, Weather
from platone.grid.profile.metering import GOOD_QUALITIES
from platone.grid.profile.public_holiday import CalendarChoice
from platone.grid.profile.solar import Site
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


def models_of(order: ForecastOrder) -> tuple[Sequence[Model], ForecastRule]:
    """Return the models that an order tries, and the rule by which they are tried.

    Raises:
        MeteringInvalid: A forecast of what follows the sun needs a site or a weather series;
            one that begins between two quarter-hours is refused.
    """
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
