"""Marks of an axis: round numbers that people read values between."""

import math
from dataclasses import dataclass

_STEPS = (1, 2, 5, 10)
"""Steps between marks, in units of a power of ten: halves, fifths and tenths are counted easily."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of an axis.

    Attributes:
        values: Where they stand, in order; multiples of one step.
        digits: How many digits after the point tell them exactly.
    """

    values: tuple[float, ...]
    digits: int


def round_marks(low: float, high: float, parts: int = 5) -> Marks:
    """Return the round numbers that divide a range, both ends of which count.

    Args:
        low: Least value of the axis.
        high: Greatest value; greater than the least.
        parts: Most parts between marks that the range would hold if it began at one.
    """
    wanted = (high - low) / parts
    power = math.floor(math.log10(wanted))
    unit = 10.0**power
    step = next(each for each in _STEPS if each * unit >= wanted * (1 - 1e-9))
    digits = max(0, -power if step < _STEPS[-1] else -power - 1)
    first, last = math.ceil(low / (step * unit) - 1e-9), math.floor(high / (step * unit) + 1e-9)
    values = (round(place * step * unit, digits) + 0.0 for place in range(first, last + 1))
    return Marks(tuple(values), digits)
