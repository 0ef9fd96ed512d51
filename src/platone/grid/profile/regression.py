"""A ridge regression on several means of past days, learnt anew at each origin."""

from dataclasses import dataclass

import numpy as np

from platone.grid.array import Floats
from platone.grid.profile import day_weight
from platone.grid.profile.day_grid import Ints
from platone.grid.profile.day_table import DayTable
from platone.grid.profile.day_weight import weighted_mean
from platone.grid.profile.forecast import predict_in_two_parts

SMOOTHING = day_weight.smoothing(0.3)
"""Fast smoothing: half of its weight lies on the last two days of the kind."""
"""Fast smoothing: half of its weight lies on the last two days of the kind."""
_MEANS = (
    SMOOTHING,
    day_weight.smoothing(0.1),
    day_weight.same_weekday(4),
    day_weight.recent(7),
)
_FEATURES = len(_MEANS) + 2


@dataclass(frozen=True, slots=True)
class Regression:
    """A model that weighs fast and slow smoothing, weekdays, the last week and the last surprise.

    The surprise is by how much the last known day differed from what smoothing said of it, for
    the quarter-hour and on the mean of the day. The weights are drawn towards plain smoothing:
    ``beta = b0 + (F'F + ridge t I)^-1 F'(y - F b0)`` with ``b0 = (1, 0, 0, 0, 0, 0)`` and ``t``
    the mean of the diagonal of F'F; each consumer and horizon has its own. All is learnt from
    days before the origin, each as it would have been forecast with the same lead.

    Attributes:
        window: How many days it learns from.
        ridge: How strongly it is drawn to smoothing.
        name: What it is called.
    """

    window: int = 56
    ridge: float = 0.01
    name: str = "regression"

    def predict(self, table: DayTable, origins: Ints, quarter: int, horizon: int) -> Floats:
        """Return the regression's forecast; see :meth:`.forecast.Model.predict`."""

        def say(targets: Ints, lasts: Ints) -> Floats:
            return self._say(table, targets, lasts, origins - 1)

        return predict_in_two_parts(say, origins, quarter, horizon)

    def _say(self, table: DayTable, targets: Ints, lasts: Ints, known: Ints) -> Floats:
        """Return the forecast of targets with one lead, learnt up to the last whole day known."""
        lead, partial = int(targets[0] - lasts[0]), int(lasts[0] - known[0])
        first = max(int(known.min()) - self.window + 1, lead + partial + 1)
        rows = np.arange(first, int(known.max()) + 1)
        asked = _features(table, targets, lead, partial)
        if not len(rows):
            return asked[..., 0].copy()
        learnt = _features(table, rows, lead, partial)
        actual = table.values[rows]
        is_known = ~(np.isnan(learnt).any(axis=-1) | np.isnan(actual))
        missed = np.where(is_known, actual - learnt[..., 0], 0.0)
        learnt = np.where(is_known[..., None], learnt, 0.0)
        by_consumer = learnt.transpose(0, 2, 1, 3)
        gram = by_consumer.swapaxes(-1, -2) @ by_consumer
        moment = by_consumer.swapaxes(-1, -2) @ missed.transpose(0, 2, 1)[..., None]
        said = np.empty(asked.shape[:-1])
        for place, last in enumerate(known):
            chosen = (rows <= last) & (rows > last - self.window)
            change = self._solve(gram[chosen].sum(axis=0), moment[chosen].sum(axis=0))
            said[place] = asked[place, ..., 0] + np.einsum("qcf,cf->qc", asked[place], change)
        return said

    def _solve(self, gram: Floats, moment: Floats) -> Floats:
        """Return how the weights differ from plain smoothing, shape (consumers, features)."""
        size = np.trace(gram, axis1=1, axis2=2) / _FEATURES
        damping = np.where(size > 0, self.ridge * size, 1.0)  # nothing learnt: nothing changes
        damped = gram + damping[:, None, None] * np.eye(_FEATURES)
        return np.asarray(np.linalg.solve(damped, moment)[..., 0])


def _features(table: DayTable, targets: Ints, lead: int, partial: int) -> Floats:
    """Return the features, shape (targets, 96, consumers, features); plain smoothing first.

    Args:
        table: What was metered.
        targets: Rows that are asked for.
        lead: Days from the last row known at the clock places asked for to the target.
        partial: 1 where only a part of that last row is known: the mean surprise of a day is
            then that of the row before.
    """
    lasts = targets - lead
    said = [weighted_mean(weigh(table, targets, lasts), table.values) for weigh in _MEANS]
    surprise = _surprise(table, lasts)
    whole = _surprise(table, lasts - partial) if partial else surprise
    of_day = np.broadcast_to(whole.mean(axis=1, keepdims=True), surprise.shape)
    return np.stack([*said, surprise, of_day], axis=-1)


def _surprise(table: DayTable, rows: Ints) -> Floats:
    """Return the difference of days from what smoothing said before; 0 where unknown."""
    before = weighted_mean(SMOOTHING(table, rows, rows - 1), table.values)
    return np.nan_to_num(table.values[rows] - before)
