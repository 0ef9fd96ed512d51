"""Clocks of transformers: whether they turn the angles of balanced states is a convention.

Many tools leave them out, because they change no magnitude; others count them. A solved state in
the files shows which: the angle between a transformer's buses is then near that of its clock.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

from platone.grid.file.cim.model import Model
from platone.grid.file.importer.elements import Elements
from platone.grid.network.branch import ThreeWindingTransformer, Transformer
from platone.grid.network.element import SolvedVoltage
from platone.grid.network.vector_group import vector_group
from platone.grid.network.zero_star import uncounted_deg

Clocks = Literal["solved", "counted", "left-out"]
"""The convention: that of the solved state, else left out; or one of the two in any case."""
_TURN_DEG = 360.0
"""A whole turn, degrees."""


def count_clocks(
    model: Model, elements: Elements, solved: tuple[SolvedVoltage, ...], clocks: Clocks
) -> None:
    """Turn transformers by their clocks where the convention asks for it, and tell it."""
    units = elements.of(Transformer)
    stars = elements.of(ThreeWindingTransformer)
    turned = [unit.id for unit in units if _uncounted_deg(unit)]
    turned += [unit.id for unit in stars if any(each.uncounted_hour for each in unit.windings)]
    if not turned:
        return
    why = "as was asked"
    if clocks == "solved":
        angle = {each.bus: each.angle_deg for each in solved if each.angle_deg is not None}
        votes = [*_votes(units, stars, angle)]
        why = "as in the file's solved state" if votes else "no solved state in it tells which"
        clocks = "counted" if sum(votes) * 2 > len(votes) else "left-out"
    if clocks == "counted":
        units[:] = map(_turned, units)
        stars[:] = map(_turned_star, stars)
    is_counted = "is counted in" if clocks == "counted" else "is left out of"
    reason = (
        f"has a vector group (clock) whose phase shift {is_counted} the angles behind it, {why}"
    )
    model.remark_once(turned, reason)


def _votes(
    units: list[Transformer], stars: list[ThreeWindingTransformer], angle: Mapping[str, float]
) -> Iterator[bool]:
    """Yield for each clock whether the solved angles are nearer to it than to none."""
    for unit in units:
        clock_deg = _uncounted_deg(unit)
        if clock_deg and unit.from_bus in angle and unit.to_bus in angle:
            apart = angle[unit.to_bus] - angle[unit.from_bus] + unit.phase_shift_deg
            yield abs(_wrapped(apart + clock_deg)) < abs(_wrapped(apart))
    for star in stars:
        first, *others = star.windings
        for each in others:
            clock_deg = uncounted_deg(each) - uncounted_deg(first)
            if clock_deg and first.bus in angle and each.bus in angle:
                apart = angle[each.bus] - angle[first.bus]
                apart -= each.phase_shift_deg - first.phase_shift_deg
                yield abs(_wrapped(apart - clock_deg)) < abs(_wrapped(apart))


def _uncounted_deg(unit: Transformer) -> float:
    """Return the lag of the second winding by its clock that its phase shift leaves out."""
    try:
        return vector_group(unit).uncounted_deg
    except ValueError:  # none, or one that no calculation uses
        return 0.0


def _turned(unit: Transformer) -> Transformer:
    lag_deg = _uncounted_deg(unit)
    if not lag_deg:
        return unit
    return replace(unit, phase_shift_deg=_wrapped(unit.phase_shift_deg + lag_deg))


def _turned_star(unit: ThreeWindingTransformer) -> ThreeWindingTransformer:
    first, second, third = (
        replace(
            each,
            phase_shift_deg=_wrapped(each.phase_shift_deg + uncounted_deg(each)),
            uncounted_hour=0,
        )
        if each.uncounted_hour
        else each
        for each in unit.windings
    )
    return replace(unit, windings=(first, second, third))


def _wrapped(deg: float) -> float:
    """Return an angle between -180 and 180 degrees."""
    return (deg + _TURN_DEG / 2) % _TURN_DEG - _TURN_DEG / 2
