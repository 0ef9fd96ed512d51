"""Shunts: linear and nonlinear compensators with the sections that are switched on."""

from collections.abc import Sequence

from platone.grid.file.cim.cim_object import Thing
from platone.grid.file.cim.grid import Grid
from platone.grid.file.cim.kind import SHUNTS
from platone.grid.network.element import Shunt

_LINEAR = "LinearShuntCompensator"
_POINT = "NonlinearShuntCompensatorPoint"


def read_shunts(grid: Grid) -> list[Shunt]:
    """The shunts at the nominal voltage of their buses."""
    points = grid.model.grouped(_POINT, f"{_POINT}.NonlinearShuntCompensator")
    shunts, controlled = [], []
    for each in grid.equipment(*SHUNTS):
        ends = grid.ends(each, 1)
        siemens = _siemens(grid, each, points.get(each.key, ()))
        if not grid.take(each, ends) or not ends:
            continue
        if each.flag("RegulatingCondEq.controlEnabled", default=False):
            controlled.append(each.id)
        kva = siemens.conjugate() * ends[0].kv ** 2 * 1e3
        closed = grid.in_service(each) and ends[0].closed
        shunts.append(
            Shunt(
                id=each.id,
                name=each.name,
                bus=ends[0].bus,
                p_kw=kva.real,
                q_kvar=kva.imag,
                closed=closed,
            )
        )
    grid.model.remark_once(controlled, "is controlled: its sections are taken as they stand")
    return shunts


def _siemens(grid: Grid, thing: Thing, points: Sequence[Thing]) -> complex:
    if thing.kind == "EquivalentShunt":
        return complex(thing.number("EquivalentShunt.g"), thing.number("EquivalentShunt.b"))
    on = _sections(grid, thing)
    if thing.kind == _LINEAR:
        section = (thing.number(f"{_LINEAR}.{part}PerSection", 0.0) for part in "gb")
        return on * complex(*section)
    return _sum_of_sections(thing, points, on)


def _sections(grid: Grid, thing: Thing) -> float:
    """The sections that are on: by SSH, SV, EQ in this order."""
    on = thing.maybe("ShuntCompensator.sections")
    if on is None:
        on = grid.solved.sections.get(thing.key)
    return thing.number("ShuntCompensator.normalSections") if on is None else on


def _sum_of_sections(thing: Thing, points: Sequence[Thing], on: float) -> complex:
    """Each point is what its section adds; a section that is on by a part counts by that part."""
    total, known = 0j, 0
    for point in points:
        number = point.number(f"{_POINT}.sectionNumber")
        value = complex(*(point.number(f"{_POINT}.{part}", 0.0) for part in "gb"))
        total += value * min(max(on - number + 1, 0.0), 1.0)
        known += number <= on + 1e-9
        thing.faults += point.faults
    if known < int(on):
        thing.fault(f"{on:g} of its sections are on; the file describes {len(points)}")
    return total
