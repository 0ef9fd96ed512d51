"""The length of meter values' intervals, read from the distances between them.

Where a file does not say it, values of a consumer whose nearest neighbours stand 15, 30 or 60
minutes apart are means of that long. What can be read in two ways is asked for instead: taken for a
quarter-hour, the energy of an hour would count four times.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from platone.grid.problem.file import MeteringInvalid
from platone.grid.profile.day_grid import Ints
from platone.kernel.market_time import QUARTER_HOUR_MINUTES

INTERVALS = (15, 30, 60)
"""Lengths of intervals in files, minutes."""
_LONGEST_HOLES = 24
"""Equal distances in a row that are no accident of missing values, but another interval."""
_FEWEST_EQUAL = 3
"""Equal distances that make an unknown interval; fewer are values that are missing."""
_ASK = "say the intervals (15, 30 or 60 minutes) in a column minutes"


def read_intervals(consumers: Sequence[str], consumer: Ints, start_s: Ints) -> Ints:
    """Return the interval of each value, minutes.

    A consumer with too few values to tell has the shortest interval of the others.

    Args:
        consumers: The consumers' names.
        consumer: The place of each value's consumer among them.
        start_s: The start of each value, seconds since 1970.

    Raises:
        MeteringInvalid: The distances can be read in two ways, or are of no interval.
    """
    order = np.lexsort((start_s, consumer))
    ends = np.searchsorted(consumer[order], np.arange(len(consumers) + 1))
    own = np.array(
        [
            _interval(name, np.unique(start_s[order[ends[place] : ends[place + 1]]]))
            for place, name in enumerate(consumers)
        ],
        np.intp,
    )
    known = own[own > 0]
    shortest = int(known.min()) if len(known) else QUARTER_HOUR_MINUTES
    return np.where(own > 0, own, shortest)[consumer]


def _interval(name: str, starts_s: Ints) -> int:
    """Return the interval of a consumer, minutes; 0 where it has too few values to tell."""
    distances = np.diff(starts_s) // 60
    if not len(distances):
        return 0
    shortest = int(distances.min())
    if shortest not in INTERVALS:
        values, counts = np.unique(distances, return_counts=True)
        most = int(counts.max())
        if most >= _FEWEST_EQUAL and most > len(distances) / 2:
            apart = int(values[counts.argmax()])
            raise MeteringInvalid(f"{name}: values stand {apart} minutes apart; {_ASK}.")
        return 0
    for longer in (each for each in INTERVALS if each > shortest):
        first = _first_run(distances == longer)
        if first is not None:
            at = datetime.fromtimestamp(int(starts_s[first]), UTC).isoformat()
            raise MeteringInvalid(
                f"{name}: values stand {shortest} minutes apart, from {at} on {longer}; {_ASK}."
            )
    return shortest


def _first_run(flags: np.ndarray) -> int | None:
    """Return where a run of many flags begins; none where there is no such run."""
    if flags.sum() < _LONGEST_HOLES:
        return None
    whole = np.convolve(flags, np.ones(_LONGEST_HOLES, int), "valid") == _LONGEST_HOLES
    return int(np.argmax(whole)) if whole.any() else None
