"""Courses of a day: consumption, heat, cars and sun, by the clock, the season and the day's luck.

No weather is read: seasons are cosines of the year, and what a day brings is drawn from the seed.
The curves are our choice; where a network file has profiles of its own, consumption follows those.
"""

from datetime import date

import numpy as np

from platone.grid.array import Floats
from platone.grid.profile.calendar import Calendar, DayKind
from platone.grid.profile.day_grid import market_places
from platone.grid.profile.solar import Site, clear_sky_w_per_m2, sun_cosine
from platone.kernel.market_time import QUARTERS_AN_HOUR, MarketDay

_YEAR_DAYS = 365.25
"""Days of a year, for its seasons."""
_COLDEST_DAY = 20
"""Day of the year on which it is coldest: the third week of January in Europe's middle."""
_MEAN_C, _SWING_C, _DAY_SWING_C = 13.0, 10.0, 3.0
"""Outdoor temperature, C: mean of a year, half its swing, half a day's; about those of Rome."""
_HEATED_BELOW_C, _FULL_BELOW_C = 15.0, -5.0
"""Temperatures, C, from which heat pumps run, and at which they run at full power."""
_SUMMER_LESS = 0.15
"""Part of consumption that is missing in summer against winter."""
_WEEKEND_BUSINESS = 0.35
"""Part of a weekday that a business consumes at the weekend."""
_NORTH_NOON_W_PER_M2 = 1000.0
"""Irradiance at which a plant gives its rated power: that of standard test conditions."""
_CHARGED_AT_ONCE = 0.5
"""Part of a point of delivery's charging power that is used at its peak: cars do not all come."""


def clock_hours(day: MarketDay) -> Floats:
    """Return the hour that the clocks show in the middle of each quarter-hour of a day."""
    return np.asarray((market_places(day) + 0.5) / QUARTERS_AN_HOUR)


def season(on: date) -> float:
    """Return 1 on the coldest day of the year, -1 half a year later."""
    turn = 2 * np.pi * (on.timetuple().tm_yday - _COLDEST_DAY) / _YEAR_DAYS
    return float(np.cos(turn))


def consumption(day: MarketDay) -> tuple[Floats, Floats]:
    """Return a household's and a business's course of a day, at most 1, shape (quarter-hours,)."""
    hours = clock_hours(day)
    is_free = Calendar(day.zone).kind(day.on) is not DayKind.WORKING
    home = 0.3 + 0.3 * _bump(hours, 7.5, 1.2) + 0.7 * _bump(hours, 19.5, 2.0)
    home += 0.25 * is_free * _bump(hours, 12.5, 2.5)
    work = 0.2 + 0.8 / (1 + np.exp(-(hours - 7.5) * 2)) / (1 + np.exp((hours - 18) * 1.5))
    work *= _WEEKEND_BUSINESS if is_free else 1.0
    year = 1 - _SUMMER_LESS * (1 - season(day.on)) / 2
    return home * year, work * year


def heat(day: MarketDay, warmer_c: float) -> Floats:
    """Return the part of their rated power that heat pumps take, shape (quarter-hours,).

    Args:
        day: The day.
        warmer_c: By how much it is warmer than on a usual day of the season.
    """
    hours = clock_hours(day)
    usual_c = _MEAN_C - _SWING_C * season(day.on)
    outside = usual_c + warmer_c + _DAY_SWING_C * np.sin(2 * np.pi * (hours - 9) / 24)
    return np.asarray(
        np.clip((_HEATED_BELOW_C - outside) / (_HEATED_BELOW_C - _FULL_BELOW_C), 0, 1)
    )


def charging(hours: Floats, arrival_h: Floats, amount: Floats) -> Floats:
    """Return the part of their charging power that cars take, shape (quarter-hours, cars).

    Args:
        hours: The hour of each quarter-hour.
        arrival_h: When most cars charge, by point of delivery.
        amount: How much they need, by usual days.
    """
    return np.minimum(_CHARGED_AT_ONCE * _bump(hours[:, None], arrival_h, 2.2) * amount, 1.0)


def sun(day: MarketDay, latitude_deg: float, longitude_deg: float) -> Floats:
    """Return the part of their rated power that plants give under a clear sky."""
    seconds = np.array([each.timestamp() for each in day.instants()]) + 450.0
    cosine = sun_cosine(seconds, Site(latitude_deg, longitude_deg))
    return np.minimum(clear_sky_w_per_m2(cosine) / _NORTH_NOON_W_PER_M2, 1.0)


def _bump(hours: Floats, middle: float | Floats, width: float) -> Floats:
    """Return a bell over the clock, 1 at its middle; it goes on after midnight."""
    away = np.abs(hours - middle)
    return np.asarray(np.exp(-((np.minimum(away, 24 - away) / width) ** 2) / 2))
