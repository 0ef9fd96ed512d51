"""A set of measurements as arrays: which sensors there are, and what they say.

The sensors hardly ever change from instant to instant; what is prepared for them is used again.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Any

import numpy as np

from platone.grid.array import Flags, Floats
from platone.grid.estimation.measurement import (
    BranchCurrent,
    BranchPower,
    Injection,
    Measurement,
    Quantity,
    VoltageMeasurement,
)

QUANTITIES: dict[type, tuple[Quantity, Quantity]] = {
    VoltageMeasurement: (Quantity.VOLTAGE, Quantity.ANGLE),
    BranchPower: (Quantity.P, Quantity.Q),
    BranchCurrent: (Quantity.CURRENT, Quantity.CURRENT_ANGLE),
    Injection: (Quantity.P, Quantity.Q),
}
"""The two quantities that a measurement of each kind can hold."""
_POWER = "p_kw", "q_kvar", "std_kw", "std_kvar"
_Reader = Callable[[Any], tuple[Any, ...]]
Place = tuple[Any, ...]
"""Kind, identifier, element and, of branches, end of a measurement."""
Number = tuple[float | None, float | None]
"""A value and its standard deviation, as they were sent."""
_PLACE: dict[type, _Reader] = {
    VoltageMeasurement: attrgetter("__class__", "id", "bus"),
    BranchPower: attrgetter("__class__", "id", "branch", "end"),
    BranchCurrent: attrgetter("__class__", "id", "branch", "end"),
    Injection: attrgetter("__class__", "id", "element"),
}
_NUMBERS: dict[type, _Reader] = {
    VoltageMeasurement: attrgetter("voltage_kv", "angle_deg", "std_kv", "std_deg"),
    BranchPower: attrgetter(*_POWER),
    BranchCurrent: attrgetter("current_a", "angle_deg", "std_a", "std_deg"),
    Injection: attrgetter(*_POWER),
}


def place_of(measurement: Measurement) -> Place:
    """Return the kind, identifier, element and end of a measurement."""
    return _PLACE[type(measurement)](measurement)


def numbers_of(measurement: Measurement) -> tuple[Number, Number]:
    """Return the two numbers of a measurement, in the order of :data:`QUANTITIES`."""
    first, second, first_std, second_std = _NUMBERS[type(measurement)](measurement)
    return (first, first_std), (second, second_std)


class SensorSet:
    """A set of measurements as arrays; equal to another of the same sensors, equally certain.

    Current phasors have to lie the same too: their rows lie along and across what was measured,
    so that their values belong to the sensors.

    Args:
        measurements: What was measured.

    Attributes:
        measurements: What was measured.
        places: The place of each.
        value: Measured numbers in the units in which they are sent, shape (measurements, 2);
            NaN where there is none.
        std: Their standard deviations, the same shape.
        is_clear: Whether no number that was sent is NaN, which would pass for one that is missing.
    """

    def __init__(self, measurements: Sequence[Measurement]) -> None:
        self.measurements = tuple(measurements)
        self.places = tuple([_PLACE[type(each)](each) for each in measurements])
        rows = [_NUMBERS[type(each)](each) for each in measurements]
        numbers = np.array(rows, float).reshape(-1, 4)
        self.value, self.std = numbers[:, :2], numbers[:, 2:]
        missing = sum([row.count(None) for row in rows])
        self.is_clear = missing == int(np.isnan(numbers).sum())

    @cached_property
    def _key(self) -> tuple[object, ...]:
        is_current = np.array([each[0] is BranchCurrent for each in self.places], np.bool_)
        phasors = is_current & ~np.isnan(self.value[:, 1])
        there = np.isnan(self.value).tobytes()
        return self.places, there, self.std.tobytes(), self.value[phasors].tobytes()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SensorSet) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def has_number(self) -> Flags:
        """Return which numbers have a value and a standard deviation, shape (measurements, 2)."""
        return np.asarray(~(np.isnan(self.value) | np.isnan(self.std)))

    @property
    def positions(self) -> dict[tuple[str, Quantity], int]:
        """Return the position of each reading's number among the flattened values."""
        return {
            (place[1], quantity): 2 * row + second
            for row, place in enumerate(self.places)
            for second, quantity in enumerate(QUANTITIES[place[0]])
        }

    @property
    def flat_value(self) -> Floats:
        """Return all values one after the other, as `positions` counts them."""
        return self.value.ravel()
