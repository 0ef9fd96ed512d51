"""Back-tests: forecasts from many past origins against what was metered afterwards.

Errors are forecast less actual. All models are judged on the same quarter-hours: those whose
value is known and of which every model said something.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from platone.grid.array import Flags, Floats
from platone.grid.profile.day_grid import Ints
from platone.grid.profile.day_table import DayTable
from platone.grid.profile.forecast import REFERENCE_MODELS, Model
from platone.grid.profile.statistic import spread_of
from platone.kernel.market_time import QUARTERS_AN_HOUR

HORIZONS = 3
"""Days that are judged: a market day is asked for up to two days ahead."""
_HOURS = 24
"""Hours of a judged day: errors are told by hour."""


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """The errors of a model at a horizon, shape (consumers,); NaN where nothing could be judged.

    Attributes:
        count: Quarter-hours that were judged.
        mae_kw: Mean absolute error.
        rmse_kw: Root of the mean squared error.
        bias_kw: Mean error; positive: forecast too high.
        nmae: Mean absolute error over the mean absolute actual power.
        skill: By naive reference, one less the ratio of mean absolute errors: 0 is no better
            than the reference, 1 is without error.
    """

    count: Ints
    mae_kw: Floats
    rmse_kw: Floats
    bias_kw: Floats
    nmae: Floats
    skill: Mapping[str, Floats]


@dataclass(frozen=True, slots=True, eq=False)
class BackTest:
    """The result of a back-test.

    Attributes:
        models: The models' names, the references at the end.
        scores: By model, one score a horizon.
        errors: By model and horizon, shape (origins, 96, consumers); NaN where not judged.
    """

    models: tuple[str, ...]
    scores: Mapping[str, tuple[Score, ...]]
    errors: Mapping[str, tuple[Floats, ...]]

    def best(self, names: Sequence[str]) -> Ints:
        """Return for each consumer the place in ``names`` of the model with the least error.

        The mean absolute errors of all horizons are added; without any the first model counts.
        """
        sums = np.array(
            [sum(score.mae_kw for score in self.scores[name]) for name in names], dtype=np.float64
        )
        return np.asarray(np.argmin(np.where(np.isnan(sums), np.inf, sums), axis=0))

    def band_kw(self, model: str, horizon: int, levels: tuple[float, ...]) -> Floats:
        """Return the distance of a forecast's quantiles from it, kW, by the back-test's errors.

        The errors of the quarter-hours of one clock hour are taken together.

        Returns:
            Shape (levels, 96, consumers).
        """
        errors = self.errors[model][horizon]
        origins, _, consumers = errors.shape
        by_hour = errors.reshape(origins, _HOURS, QUARTERS_AN_HOUR, consumers)
        pooled = by_hour.swapaxes(1, 2).reshape(-1, _HOURS, consumers)
        return np.repeat(spread_of(-pooled, levels).quantiles, QUARTERS_AN_HOUR, axis=1)


def back_test(
    table: DayTable,
    models: Sequence[Model],
    origins: Ints,
    *,
    quarter: int = 0,
    horizons: int = HORIZONS,
) -> BackTest:
    """Return the errors of models that forecast from rolling origins.

    Args:
        table: Metering.
        models: The models; the naive references are added.
        origins: Rows of the days on which forecasts are made; the days asked for that lie
            beyond the table are left out.
        quarter: How many quarter-hours of those days had passed.
        horizons: How many days are asked for, the origin's own included.
    """
    every = [
        *models,
        *(each for each in REFERENCE_MODELS if each.name not in {one.name for one in models}),
    ]
    names = tuple(model.name for model in every)
    scores: dict[str, list[Score]] = {name: [] for name in names}
    errors: dict[str, list[Floats]] = {name: [] for name in names}
    for horizon in range(horizons):
        asked = origins[origins + horizon < len(table.days)]
        actual = table.values[asked + horizon]
        said = [
            model.predict(table, asked, quarter, horizon) if len(asked) else actual
            for model in every
        ]
        is_judged = ~np.isnan(actual)
        for each in said:
            is_judged &= ~np.isnan(each)
        wrong = [np.where(is_judged, each - actual, np.nan) for each in said]
        size = _mean(np.abs(actual), is_judged)
        mae = {
            name: _mean(np.abs(each), is_judged) for name, each in zip(names, wrong, strict=True)
        }
        for name, each in zip(names, wrong, strict=True):
            errors[name].append(each)
            scores[name].append(_score(each, is_judged, size, mae, name))
    return BackTest(
        names,
        {name: tuple(each) for name, each in scores.items()},
        {name: tuple(each) for name, each in errors.items()},
    )


def _score(
    wrong: Floats, is_judged: Flags, size: Floats, mae: Mapping[str, Floats], name: str
) -> Score:
    return Score(
        count=is_judged.sum(axis=(0, 1)),
        mae_kw=mae[name],
        rmse_kw=np.sqrt(_mean(wrong**2, is_judged)),
        bias_kw=_mean(wrong, is_judged),
        nmae=_ratio(mae[name], size),
        skill={each.name: 1.0 - _ratio(mae[name], mae[each.name]) for each in REFERENCE_MODELS},
    )


def _mean(values: Floats, is_judged: Flags) -> Floats:
    """Return means over origins and quarter-hours, shape (consumers,)."""
    total = np.where(is_judged, values, 0.0).sum(axis=(0, 1))
    return _ratio(total, is_judged.sum(axis=(0, 1)).astype(np.float64))


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), np.nan)
