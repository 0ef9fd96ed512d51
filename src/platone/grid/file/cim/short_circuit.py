"""Impedances behind sources and machines for currents of the negative and zero sequence."""

import cmath
import math

from platone.grid.file.cim.cim_object import CimObject
from platone.grid.file.cim.end import End

MOST_VOLTAGE = 1.1
"""Factor c of IEC 60909 where a file gives none."""
_NEGATIVE = {  # where the first two are missing or 0 the others count, the positive sequence's
    "EquivalentInjection": ("r2", "x2", "r", "x"),
    "EnergySource": ("r", "x"),
    "SynchronousMachine": ("r2", "x2"),
}


def impedances_behind(record: CimObject, end: End) -> dict[str, float | None]:
    """Return the fields of a source or generator that hold its impedances; none: not known."""
    if record.kind == "ExternalNetworkInjection":
        negative, zero = _of_network(record, end)
    elif record.kind in _NEGATIVE:
        negative, zero = _of_equipment(record, end)
    else:
        negative = zero = 0j
    return _parts("negative", negative) | _parts("zero", zero)


def _parts(sequence: str, ohm: complex) -> dict[str, float | None]:
    return {
        f"{sequence}_resistance_ohm": ohm.real if ohm else None,
        f"{sequence}_reactance_ohm": ohm.imag if ohm else None,
    }


def _of_network(record: CimObject, end: End) -> tuple[complex, complex]:
    """Return both impedances by the short-circuit current: c U / (sqrt(3) I) (IEC 60909-0, 6.2)."""
    owner = record.kind
    amperes = record.maybe(f"{owner}.maxInitialSymShCCurrent") or 0.0
    if amperes <= 0:
        return 0j, 0j
    factor = record.maybe(f"{owner}.voltageFactor") or MOST_VOLTAGE
    ohm = factor * end.kv * 1e3 / (math.sqrt(3) * amperes)
    zero_ohm = ohm * (record.maybe(f"{owner}.maxZ0ToZ1Ratio") or 0.0)
    return (
        _with_ratio(ohm, record.maybe(f"{owner}.maxR1ToX1Ratio")),
        _with_ratio(zero_ohm, record.maybe(f"{owner}.maxR0ToX0Ratio")),
    )


def _with_ratio(ohm: float, rx: float | None) -> complex:
    return ohm * cmath.rect(1, math.atan2(1, rx or 0.0))


def _of_equipment(record: CimObject, end: End) -> tuple[complex, complex]:
    names = _NEGATIVE[record.kind]
    pairs = (names[:2], names[2:]) if len(names) > 2 else (names,)  # noqa: PLR2004
    negative = next((found for pair in pairs if (found := _ohm(record, *pair))), 0j)
    zero = _ohm(record, "r0", "x0")
    if record.kind != "SynchronousMachine":
        return negative, zero
    kv = record.maybe("RotatingMachine.ratedU") or end.kv
    mva = record.maybe("RotatingMachine.ratedS") or 0.0
    base_ohm = kv**2 / mva if mva > 0 else 0.0
    if not record.flag("SynchronousMachine.earthing", default=False):
        return negative * base_ohm, 0j
    neutral = _ohm(record, "earthingStarPointR", "earthingStarPointX")
    return negative * base_ohm, zero * base_ohm + 3 * neutral


def _ohm(record: CimObject, resistance: str, reactance: str) -> complex:
    r, x = (record.maybe(f"{record.kind}.{name}") for name in (resistance, reactance))
    return complex(r or 0.0, x or 0.0)
