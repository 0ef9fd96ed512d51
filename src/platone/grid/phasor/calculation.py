"""Phasors and powers of components, from the table of a message's readings."""

import cmath
import math
from collections import defaultdict

from platone.grid.phasor.component import PHASES, ComponentPhasors, DeviceRule
from platone.grid.phasor.reading_table import CURRENT, MEASURANDS, VOLTAGE, ReadingTable, Row
from platone.grid.problem.phasor import PhasorIncomplete
from platone.kernel.errors import PlatoneError
from platone.messages.phasor import AngleUnit, Measurand, Phase

_EMPTY: Row = [None] * len(MEASURANDS)
_RADIANS = {AngleUnit.DEGREE: math.pi / 180, AngleUnit.RADIAN: 1.0}


def calculate(
    table: ReadingTable, rule: DeviceRule
) -> tuple[list[ComponentPhasors], list[PlatoneError]]:
    """Return phasors and powers of all components, and what is missing for some of them."""
    scale = _RADIANS[rule.angle_unit]
    voltages = {id_: _phasors(rows, VOLTAGE, scale) for id_, rows in table.items()}
    components: list[ComponentPhasors] = []
    problems: list[PlatoneError] = []
    for id_, rows in table.items():
        currents = _phasors(rows, CURRENT, scale)
        if id_ in rule.reversed_currents:
            currents = {phase: -current for phase, current in currents.items()}
        there = voltages.get(rule.voltage_of.get(id_, id_), {})
        powers = {
            phase: there[phase] * current.conjugate()
            for phase, current in currents.items()
            if phase in there
        }
        components.append(ComponentPhasors(id_, voltages[id_], currents, powers))
        if len(powers) < len(PHASES) and _wants_power(id_, rows, rule):
            problems.append(_incomplete(id_, table, rule))
    return components, problems


def _phasors(rows: dict[Phase, Row], place: int, scale: float) -> dict[Phase, complex]:
    found = {}
    for phase in PHASES:
        row = rows.get(phase, _EMPTY)
        magnitude, angle = row[place], row[place + 1]
        if magnitude is not None and angle is not None:
            found[phase] = cmath.rect(magnitude, angle * scale)
    return found


def _wants_power(id_: str, rows: dict[Phase, Row], rule: DeviceRule) -> bool:
    """Return whether power is expected: not of a bus whose voltage only serves others."""
    has_current = any(part is not None for row in rows.values() for part in row[CURRENT:])
    return has_current or id_ not in rule.voltage_of.values()


def _incomplete(id_: str, table: ReadingTable, rule: DeviceRule) -> PhasorIncomplete:
    source = rule.voltage_of.get(id_, id_)
    own, others = table[id_], table.get(source, {})
    missing: dict[tuple[str, Measurand], list[Phase]] = defaultdict(list)
    for phase in PHASES:
        row = others.get(phase, _EMPTY)[:CURRENT] + own.get(phase, _EMPTY)[CURRENT:]
        for place, part in enumerate(row):
            if part is None:
                missing[source if place < CURRENT else id_, MEASURANDS[place]].append(phase)
    told = "; ".join(
        f"{measurand} of {component} in phase {', '.join(phases)}"
        for (component, measurand), phases in missing.items()
    )
    return PhasorIncomplete(
        f"The power of {id_} is not known in all phases: there is no {told}.",
        component=id_,
        missing=[
            {"component": component, "measurand": measurand, "phases": phases}
            for (component, measurand), phases in missing.items()
        ],
    )
