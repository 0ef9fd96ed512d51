"""The references of stacked trades, one stack at a time."""

from collections.abc import Sequence

import numpy as np

from platone.market.domain.settlement import stack_references


def stacked(baseline: int, changes: Sequence[int], measured: int) -> list[int]:
    """The references of one stack's trades."""
    column = np.array([[change] for change in changes], dtype=np.int64).reshape(len(changes), 1)
    found = stack_references(np.array([baseline]), column, np.array([measured]))
    return [int(each) for each in found[:, 0]]
