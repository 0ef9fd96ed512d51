"""Models of generation that follows the sun; their tables of days are in UTC."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import numpy as np

from platone.grid.array import Floats
from platone.grid.profile import day_weight
from platone.grid.profile.day_grid import QUARTERS, Ints
from platone.grid.profile.day_table import DayTable
from platone.grid.profile.solar import Site, clear_sky_w_per_m2, sun_cosine
from platone.kernel.market_time import QUARTER_HOUR_S

_BLUR = 2
"""Quarter-hours to each side that share what was learnt of a place of the day."""
_LEAST_SHARE = 1e-5
"""Share of the day's greatest squared driver: below, a ratio would only amplify noise."""


@dataclass(frozen=True, slots=True)
class ClearSky:
    """A model of generation that follows the last days in proportion to a clear sky's light.

    For each quarter-hour of the day, power over the last days is divided by what a clear sky lets
    through in them, and multiplied by what it will let through. So lengthening days are followed
    and shade and slope are learnt, but not whether clouds come.

    Attributes:
        site: Where the plants stand.
        window: How many days it learns from.
        name: What it is called.
    """

    site: Site
    window: int = 28
    name: str = "clearSky"

    def predict(self, table: DayTable, origins: Ints, quarter: int, horizon: int) -> Floats:
        """Return the forecast; the table is in UTC; see :meth:`.forecast.Model.predict`."""
        midnights = [datetime.combine(day, time(0), UTC).timestamp() for day in table.days]
        middles = np.array(midnights)[:, None] + (np.arange(QUARTERS) + 0.5) * QUARTER_HOUR_S
        sky = clear_sky_w_per_m2(sun_cosine(middles, self.site))
        return _in_proportion(table, sky, origins, quarter, horizon, self.window)


@dataclass(frozen=True, slots=True, eq=False)
class Weather:
    """A model of generation in proportion to a given weather series, such as irradiance.

    Attributes:
        first: The date of its first day, in UTC.
        series: Its values by days and quarter-hours of the day, shape (days, 96), not negative;
            NaN where unknown. It reaches into the days to come. Where past days hold measured
            weather instead of what was forecast then, a back-test flatters.
        window: How many days it learns from.
        name: What it is called.
    """

    first: date
    series: Floats
    window: int = 28
    name: str = "weather"

    def predict(self, table: DayTable, origins: Ints, quarter: int, horizon: int) -> Floats:
        """Return the forecast; the table is in UTC; see :meth:`.forecast.Model.predict`."""
        driver = self._on(table)
        return _in_proportion(table, driver, origins, quarter, horizon, self.window)

    def _on(self, table: DayTable) -> Floats:
        """Return the series on the table's days."""
        rows = np.arange(len(table.days)) + (table.days[0] - self.first).days
        is_there = (rows >= 0) & (rows < len(self.series))
        found = self.series[np.where(is_there, rows, 0)]
        return np.where(is_there[:, None], found, np.nan)


def _in_proportion(
    table: DayTable, driver: Floats, origins: Ints, quarter: int, horizon: int, window: int
) -> Floats:
    """Return driver times the least-squares ratio of power to driver in the last whole days.

    The ratio is learnt for each quarter-hour of the day together with those beside it: so the
    day of the origin, of which a part is known, does not count.
    """
    targets, lasts = origins + horizon, origins - 1
    weights = np.asarray(day_weight.recent(window)(table, targets, lasts), dtype=np.float64)
    used = np.flatnonzero(weights.any(axis=0))
    if not len(used):
        return np.full((len(targets), *table.values.shape[1:]), np.nan)
    chosen, values = weights[:, used], table.values[used]
    given = driver[used][..., None]
    known = ~(np.isnan(values) | np.isnan(given))
    power = np.where(known, values * np.nan_to_num(given), 0.0)
    square = np.where(known, np.nan_to_num(given) ** 2, 0.0)
    product = _blurred(np.einsum("td,dqc->tqc", chosen, power))
    squares = _blurred(np.einsum("td,dqc->tqc", chosen, square))
    counts = np.einsum("td,dqc->tqc", chosen, known.astype(np.float64))
    enough = squares > _LEAST_SHARE * squares.max(axis=1, keepdims=True)
    ratio = np.where(enough, product / np.where(enough, squares, 1.0), 0.0)
    is_known = counts.sum(axis=1, keepdims=True) > 0
    said = np.where(is_known, ratio * driver[targets][..., None], np.nan)
    if horizon == 0:
        said[:, :quarter] = np.nan
    return said


def _blurred(values: Floats) -> Floats:
    """Return sums over a place of the day and those beside it, midnight to midnight."""
    return np.asarray(sum(np.roll(values, step, axis=1) for step in range(-_BLUR, _BLUR + 1)))
