"""The readings of one message by component and phase, without those that cannot be."""

import itertools
import math
from collections.abc import Sequence

from platone.grid.phasor.component import PHASES
from platone.grid.problem.phasor import (
    AngleUnitContradicted,
    PhasorReadingImplausible,
    PhasorReadingTwice,
)
from platone.kernel.errors import PlatoneError
from platone.messages.phasor import AngleUnit, Measurand, Phase, PhasorReading

VOLTAGE, CURRENT = 0, 2
"""Where a quantity's magnitude stands in a row; its angle stands after it."""
MEASURANDS = (
    Measurand.VOLTAGE_MAGNITUDE,
    Measurand.VOLTAGE_ANGLE,
    Measurand.CURRENT_MAGNITUDE,
    Measurand.CURRENT_ANGLE,
)
_PLACES = {measurand: place for place, measurand in enumerate(MEASURANDS)}
_LARGEST = 1e6
"""Greatest magnitude, V to ground or A: beyond any network's."""
_TURN_RAD, _TURN_DEGREE = 2 * math.pi * (1 + 1e-6), 360 * (1 + 1e-9)
"""A full turn, with room for its rounding in radians of six digits."""
_THIRD, _TOLERANCE = 2 * math.pi / 3, math.pi / 6
"""Angle between two phases, and how far unbalance may turn them from it, rad."""

Row = list[float | None]
"""Magnitude and angle of the voltage, magnitude and angle of the current, as they came."""
ReadingTable = dict[str, dict[Phase, Row]]
"""Rows by component and phase, in the order in which they came."""


def sort_readings(
    readings: Sequence[PhasorReading], unit: AngleUnit
) -> tuple[ReadingTable, list[PlatoneError]]:
    """Return a table of the phasors' parts, and the problems of readings that were left out.

    Powers and frequencies that a device sends are not looked at.

    Powers and frequencies that a device sends are not looked at.

    Raises:
        AngleUnitContradicted: The angles are not in the unit.
    """
    table: ReadingTable = {}
    problems: list[PlatoneError] = []
    spoilt: list[tuple[Row, int]] = []
    for reading in readings:
        place = _PLACES.get(reading.measurand)
        if place is None:
            continue
        reason = _implausible(reading, unit, is_angle=place % 2 == 1)
        if reason:
            problems.append(PhasorReadingImplausible(f"{reason}.", **_named(reading)))
            continue
        row = table.setdefault(reading.component, {}).setdefault(reading.phase, [None] * 4)
        known = row[place]
        if known is not None and known != reading.data:
            problems.append(
                PhasorReadingTwice(
                    f"{_where(reading)} is {known} and {reading.data}.", **_named(reading)
                )
            )
            spoilt.append((row, place))
        row[place] = reading.data
    for row, place in spoilt:
        row[place] = None
    if unit is AngleUnit.DEGREE:
        _check_degrees(table)
    return table, problems


def _where(reading: PhasorReading) -> str:
    return f"{reading.measurand} of {reading.component}, phase {reading.phase},"


def _named(reading: PhasorReading) -> dict[str, object]:
    return {
        "component": reading.component,
        "measurand": reading.measurand,
        "phase": reading.phase,
    }


def _implausible(reading: PhasorReading, unit: AngleUnit, *, is_angle: bool) -> str:
    """Return why a reading cannot be; an empty text where it can."""
    value = reading.data
    if reading.phase is Phase.ALL:
        return f"{_where(reading)} is no phasor of one phase"
    if not is_angle:
        return "" if 0 <= value <= _LARGEST else f"{_where(reading)} is {value}"
    if abs(value) > _TURN_DEGREE:
        return f"{_where(reading)} is {value}: more than a full turn in any unit"
    if unit is AngleUnit.RADIAN and abs(value) > _TURN_RAD:
        raise AngleUnitContradicted(
            f"{_where(reading)} is {value}, which is no angle in radians.", **_named(reading)
        )
    return ""


def _check_degrees(table: ReadingTable) -> None:
    """Refuse angles that are radians: a third of a turn apart, read as degrees at most 13 wide.

    No network runs so, and three channels on one phase stand closer still.
    """
    for component, rows in table.items():
        if not all(phase in rows for phase in PHASES):
            continue
        for place in (VOLTAGE + 1, CURRENT + 1):
            angles = [rows[phase][place] for phase in PHASES]
            if _are_radians(angles):
                raise AngleUnitContradicted(
                    f"{MEASURANDS[place]} of {component} is {angles} in phases A, B, C: "
                    "these are radians, and the device is configured with degrees.",
                    component=component,
                    measurand=MEASURANDS[place],
                )


def _are_radians(angles: Sequence[float | None]) -> bool:
    known = [angle for angle in angles if angle is not None and abs(angle) <= _TURN_RAD]
    if len(known) < len(PHASES):
        return False
    steps = [
        math.remainder(one - other, 2 * math.pi) for one, other in itertools.combinations(known, 2)
    ]
    return all(abs(abs(step) - _THIRD) < _TOLERANCE for step in steps)
