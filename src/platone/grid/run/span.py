"""Spans: how a long run is cut in time, and how its progress is told."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, TypeVar

from platone.grid.problem.calculation import PowerFlowDiverged

SCENARIOS_OF_A_PART = 672
"""At most: a week. Longer parts would keep others waiting, and tell no progress."""
_SCENARIOS_OF_A_DAY = 96

Result = TypeVar("Result")
Progress = Callable[[int], None]
"""Takes the number of quarter-hours that are left."""


def spans(scenarios: int, least: int = 1) -> list[slice]:
    """Cut a run into spans of about the same length.

    Args:
        scenarios: How many quarter-hours there are.
        least: How many spans there are to be at least; a run is not cut below days for it.
    """
    days = -(-scenarios // _SCENARIOS_OF_A_DAY)
    count = max(-(-scenarios // SCENARIOS_OF_A_PART), min(least, days), 1)
    bounds = [scenarios * place // count for place in range(count + 1)]
    return [slice(first, after) for first, after in pairwise(bounds)]


def counted(
    results: Iterator[Result], parts: int, scenarios: int, progress: Progress | None
) -> Iterator[Result]:
    """Yield the results; the quarter-hours that are left are told after each."""
    for done, result in enumerate(results, start=1):
        if progress is not None:
            progress(scenarios * (parts - done) // parts)
        yield result


def moved(error: PowerFlowDiverged, first: int) -> PowerFlowDiverged:
    """Return the error of a span with quarter-hours named by their places in the run."""
    places: Any = error.fields["quarterHours"]
    return PowerFlowDiverged(error.detail, quarterHours=[first + place for place in places])
