"""A set of measurements as columns: which sensors there are, and what they say.

The first hardly ever changes from instant to instant; what is prepared for it is used again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter

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

_POWER = (Quantity.P, "p_kw", "std_kw"), (Quantity.Q, "q_kvar", "std_kvar")
_ANGLE = "angle_deg", "std_deg"
_KINDS = (
    (
        VoltageMeasurement,
        ("id", "bus"),
        ((Quantity.VOLTAGE, "voltage_kv", "std_kv"), (Quantity.ANGLE, *_ANGLE)),
    ),
    (BranchPower, ("id", "branch", "end"), _POWER),
    (
        BranchCurrent,
        ("id", "branch", "end"),
        ((Quantity.CURRENT, "current_a", "std_a"), (Quantity.CURRENT_ANGLE, *_ANGLE)),
    ),
    (Injection, ("id", "element"), _POWER),
)


@dataclass(frozen=True, eq=False)
class Sensors:
    """Measurements by kind: which there are, and their numbers.

    Attributes:
        names: By kind the columns of identifiers, elements and, of branches, ends.
        has_number: Which of the numbers each kind may have there are, quantity by quantity.
        value: Those that there are, one after the other, in the units in which they are sent.
        std: Their standard deviations.
        is_clear: Whether no number is NaN; such a set is faulty, and has no true identity.
    """

    names: tuple[tuple[tuple[str, ...], ...], ...]
    has_number: Flags
    value: Floats
    std: Floats
    is_clear: bool

    @property
    def identity(self) -> tuple[object, ...]:
        """The same for sets of the same sensors; can be hashed."""
        return self.names, self.has_number.tobytes()

    @property
    def certainty(self) -> tuple[object, ...]:
        """The same where the sensors are as certain too, and current phasors lie the same.

        A phasor's rows lie along and across what was measured: its values belong to the setting.
        """
        count = np.cumsum(self.has_number)
        start = 2 * (len(self.names[0][0]) + len(self.names[1][0]))
        end = start + 2 * len(self.names[2][0])
        magnitude, angle = self.has_number[start:end].reshape(2, -1)
        both = np.tile(magnitude & angle, 2)
        phasors = self.value[count[start:end][both] - 1]
        return self.std.tobytes(), phasors.tobytes()

    def readings(self) -> list[tuple[str, Quantity]]:
        """Of each number the measurement's identifier and the quantity."""
        every = [
            (name, quantity)
            for (_, _, numbers), columns in zip(_KINDS, self.names, strict=True)
            for quantity, _, _ in numbers
            for name in columns[0]
        ]
        return [every[row] for row in np.flatnonzero(self.has_number).tolist()]


def sensors_of(measurements: Sequence[Measurement]) -> Sensors:
    """The columns of a set of measurements."""
    names: list[tuple[tuple[str, ...], ...]] = []
    values: list[tuple[float | None, ...]] = []
    stds: list[tuple[float | None, ...]] = []
    for kind, named, numbers in _KINDS:
        read = _READERS[kind]
        rows = [read(each) for each in measurements if type(each) is kind]
        columns = list(zip(*rows, strict=True)) or [()] * (len(named) + 2 * len(numbers))
        names.append(tuple(columns[: len(named)]))
        values += columns[len(named) :: 2]
        stds += columns[len(named) + 1 :: 2]
    value, std = (np.array(list(chain(*each)), float) for each in (values, stds))
    has_no_value, has_no_std = np.isnan(value), np.isnan(std)
    has_number = ~(has_no_value & has_no_std)
    missing = sum(column.count(None) for column in (*values, *stds))
    return Sensors(
        names=tuple(names),
        has_number=has_number,
        value=value[has_number],
        std=std[has_number],
        is_clear=missing == int(has_no_value.sum() + has_no_std.sum()),
    )


_READERS = {
    kind: attrgetter(*named, *(field for _, *pair in numbers for field in pair))
    for kind, named, numbers in _KINDS
}
