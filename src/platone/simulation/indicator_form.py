"""The form of an indicator."""

from collections.abc import Callable
from dataclasses import dataclass

from platone.simulation.tally import Tally

PERCENT = 100.0
"""Percent in one."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """A figure of a simulation.

    Attributes:
        key: Its name in files.
        title: Its name for people.
        unit: Its unit.
        definition: How it is made, one sentence.
        value: Makes it; none where there is nothing to divide by.
    """

    key: str
    title: str
    unit: str
    definition: str
    value: Callable[[Tally], float | None]


def ratio_of(above: float, below: float, factor: float = 1.0) -> float | None:
    """Return a ratio; none where there is nothing to divide by."""
    return factor * above / below if below else None
