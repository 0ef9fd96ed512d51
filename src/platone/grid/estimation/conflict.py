"""Measurements of the same quantity that contradict each other, whatever the state is."""

import numpy as np

from platone.grid.array import Floats
from platone.grid.estimation.measurement import Reading
from platone.grid.estimation.placement import Placed

CONFLICT_STD = 5.0
"""Two measurements of the same this many standard deviations apart contradict each other."""


def conflicts(placed: Placed) -> tuple[tuple[Reading, ...], ...]:
    """Readings of the same quantity that are further apart than their errors allow."""
    setting = placed.setting
    _, angle, *_, along, across = setting.rows.blocks
    found = []
    for rows in placed.doubles:
        same = rows[setting.measured[rows]]
        value, std, turn = placed.value[same], setting.std[same], 0.0
        if angle.start <= rows[0] < angle.stop:
            turn = 2 * np.pi
        elif rows[0] >= across.start:
            phasor = same - across.start
            value, turn = -np.angle(setting.rows.turn[phasor]), 2 * np.pi
            std = std / np.maximum(np.abs(placed.value[along][phasor]), 1e-12)
        if _apart(value, std, turn) > CONFLICT_STD:
            found.append(tuple(each for row in same for each in placed.readings[row]))
    return tuple(found)


def _apart(value: Floats, std: Floats, turn: float) -> float:
    """The greatest difference of two values by its standard deviation; within half a turn."""
    difference = np.abs(value[:, None] - value[None, :])
    if turn:
        difference = np.abs(difference - turn * np.round(difference / turn))
    return float((difference / np.hypot(std[:, None], std[None, :])).max(initial=0.0))
