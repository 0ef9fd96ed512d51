"""Models that forecast the next days' quarter-hours from those that have passed.

All of them are asked in the same way: standing at one or many origins, a quarter-hour of a day
before which everything is known and after which nothing is, say the day ``horizon`` days later.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from platone.grid.array import Floats
from platone.grid.profile import day_weight
from platone.grid.profile.day_grid import QUARTERS, Ints
from platone.grid.profile.day_table import DayTable
from platone.grid.profile.day_weight import Weigh, weighted_mean


class Model(Protocol):
    """A model that forecasts days from metering."""

    @property
    def name(self) -> str:
        """Return its name in reports."""
        ...

    def predict(self, table: DayTable, origins: Ints, quarter: int, horizon: int) -> Floats:
        """Return the power, kW, that it forecasts ``horizon`` days after the origins.

        Args:
            table: What was metered; it may hold later days, which are not looked at.
            origins: Rows of the days on which the forecasts are made.
            quarter: How many of those days' quarter-hours (on the clocks) had passed.
            horizon: Days from the origin to the day that is asked for; 0 is the rest of it.

        Returns:
            Shape (origins, 96, consumers); NaN where nothing can be said, and where the
            quarter-hour had passed.
        """
        ...


Part = Callable[[Ints, Ints], Floats]
"""A function of target rows and, of each, the last row known; it returns their forecast."""


def predict_in_two_parts(say: Part, origins: Ints, quarter: int, horizon: int) -> Floats:
    """Forecast clock places that had passed and the others apart: the former know a day more."""
    said = say(origins + horizon, origins - 1)
    if quarter:
        passed = slice(0, quarter)
        said[:, passed] = say(origins + horizon, origins)[:, passed] if horizon else np.nan
    return said


@dataclass(frozen=True, slots=True)
class DayMean:
    """A weighted mean of past days.

    Attributes:
        name: What it is called.
        weigh: Which days, and how much they weigh.
    """

    name: str
    weigh: Weigh

    def predict(self, table: DayTable, origins: Ints, quarter: int, horizon: int) -> Floats:
        """Return the weighted mean; see :meth:`Model.predict`."""

        def say(targets: Ints, lasts: Ints) -> Floats:
            return weighted_mean(self.weigh(table, targets, lasts), table.values)

        return predict_in_two_parts(say, origins, quarter, horizon)


@dataclass(frozen=True, slots=True)
class Persistence:
    """The last value that was known, for all quarter-hours to come.

    Attributes:
        name: What it is called.
    """

    name: str = "persistence"

    def predict(self, table: DayTable, origins: Ints, quarter: int, horizon: int) -> Floats:
        """Return the last value; a gap of up to a day is bridged; see :meth:`Model.predict`."""
        consumers = table.values.shape[2]
        flat = table.values.reshape(-1, consumers)
        back = np.arange(1, QUARTERS + 1)
        places = origins[:, None] * QUARTERS + quarter - back
        seen = np.where((places >= 0)[..., None], flat[np.maximum(places, 0)], np.nan)
        latest = np.argmax(~np.isnan(seen), axis=1)
        last = np.take_along_axis(seen, latest[:, None], axis=1)
        said = np.repeat(last, QUARTERS, axis=1)
        if horizon == 0:
            said[:, :quarter] = np.nan
        return said


YESTERDAY = DayMean("yesterday", day_weight.yesterday)
LAST_WEEK = DayMean("lastWeek", day_weight.last_week)
REFERENCE_MODELS: tuple[Model, ...] = (YESTERDAY, LAST_WEEK, Persistence())
"""The references: the same quarter-hour yesterday, a week ago, and the last value."""
