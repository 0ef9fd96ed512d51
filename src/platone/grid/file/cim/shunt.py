"""The reader of shunts: compensators with the sections that are switched on."""

import math
from collections.abc import Iterator, Sequence

from platone.grid.file.cim.cim_object import CimObject
from platone.grid.file.cim.grid import Grid
from platone.grid.file.cim.kind import SHUNTS
from platone.grid.network.element import Shunt

_LINEAR = "LinearShuntCompensator"
_POINT = "NonlinearShuntCompensatorPoint"


def read_shunts(grid: Grid) -> Iterator[Shunt]:
    """Yield the shunts, with their powers at the nominal voltage of their buses."""
    points = grid.model.grouped(_POINT, f"{_POINT}.NonlinearShuntCompensator")
    for each in grid.equipment(*SHUNTS):
        ends = grid.ends(each, 1)
        siemens = _siemens(grid, each, points.get(each.key, ()))
        if not grid.take(each, ends) or not ends:
            continue
        if each.flag("RegulatingCondEq.controlEnabled", default=False):
            reason = "is controlled: its sections are taken as they stand"
            grid.model.remark_alike(each.id, reason)
        kva = siemens.conjugate() * ends[0].kv ** 2 * 1e3
        closed = grid.in_service(each) and ends[0].closed
        yield Shunt(
            id=each.id,
            name=each.name,
            bus=ends[0].bus,
            p_kw=kva.real,
            q_kvar=kva.imag,
            closed=closed,
        )


def _siemens(grid: Grid, record: CimObject, points: Sequence[CimObject]) -> complex:
    if record.kind == "EquivalentShunt":
        return complex(record.number("EquivalentShunt.g"), record.number("EquivalentShunt.b"))
    on = _sections(grid, record)
    if record.kind == _LINEAR:
        section = (record.number(f"{_LINEAR}.{part}PerSection", 0.0) for part in "gb")
        return on * complex(*section)
    return _sum_of_sections(record, points, on)


def _sections(grid: Grid, record: CimObject) -> float:
    """Return how many sections are on: by SSH, SV, EQ in this order."""
    on = record.maybe("ShuntCompensator.sections")
    if on is None:
        on = grid.solved.sections.get(record.key)
    return record.number("ShuntCompensator.normalSections") if on is None else on


def _sum_of_sections(record: CimObject, points: Sequence[CimObject], on: float) -> complex:
    """Return the sum of the sections' admittances; one that is on in part counts by that part."""
    total, known = 0j, 0
    for point in points:
        number = point.number(f"{_POINT}.sectionNumber")
        value = complex(*(point.number(f"{_POINT}.{part}", 0.0) for part in "gb"))
        total += value * min(max(on - number + 1, 0.0), 1.0)
        known += number <= on + 1e-9
        record.faults += point.faults
    if math.isfinite(on) and known < int(on):
        record.fault(f"{on:g} of its sections are on; the file describes {len(points)}")
    return total
