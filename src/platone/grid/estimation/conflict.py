"""Measurements of the same quantity that contradict each other, whatever the state is."""

import numpy as np

from platone.grid.array import Floats
from platone.grid.estimation.measurement import Reading
from platone.grid.estimation.placement import PlacedMeasurements

CONFLICT_STD = 5.0
"""Standard deviations of their difference beyond which two measurements of the same contradict
each other: by chance one pair in two million does."""


def conflicting_readings(placed: PlacedMeasurements) -> tuple[tuple[Reading, ...], ...]:
    """Return groups of readings of the same that are further apart than their errors allow."""
    sensors = placed.sensors
    _, angle, *_, along, across = sensors.rows.blocks
    found = []
    for rows in placed.doubles:
        same = rows[sensors.is_measured[rows]]
        value, std, turn = placed.value[same], sensors.std[same], 0.0
        if angle.start <= rows[0] < angle.stop:
            turn = 2 * np.pi
        elif rows[0] >= across.start:
            phasor = same - across.start
            value, turn = -np.angle(sensors.rows.turn[phasor]), 2 * np.pi
            std = std / np.maximum(np.abs(placed.value[along][phasor]), 1e-12)
        if _distance(value, std, turn) > CONFLICT_STD:
            found.append(tuple(each for row in same for each in placed.readings[row]))
    return tuple(found)


def _distance(value: Floats, std: Floats, turn: float) -> float:
    """Return the greatest difference of two values by its standard deviation.

    Args:
        value: The values.
        std: Their standard deviations.
        turn: A full turn where they are angles, which differ by half a turn at most; else 0.
    """
    difference = np.abs(value[:, None] - value[None, :])
    if turn:
        difference = np.abs(difference - turn * np.round(difference / turn))
    return float((difference / np.hypot(std[:, None], std[None, :])).max(initial=0.0))
