"""The reader of lines and what is like them; those without impedance become switches."""

import math
from collections.abc import Iterator

from platone.grid.file.cim.cim_object import CimObject
from platone.grid.file.cim.end import End
from platone.grid.file.cim.grid import Grid
from platone.grid.file.cim.kind import LINES
from platone.grid.network.branch import Line, Switch

_LEAST_OHM = 1e-6
"""Least impedance of a line that the check of networks lets pass."""
_DEFAULT_HZ = 50.0
"""Frequency where the files give none: that of all grids whose tools write CGMES."""


def frequency_hz(grid: Grid) -> float:
    """Return the nominal frequency, Hz."""
    found = {
        value
        for each in grid.model.of("BaseFrequency")
        if (value := each.maybe("BaseFrequency.frequency"))
    }
    if len(found) > 1:
        grid.model.remark("BaseFrequency", "the files name several frequencies: 50 Hz is taken")
    return found.pop() if len(found) == 1 else _DEFAULT_HZ


def read_lines(grid: Grid) -> Iterator[Line | Switch]:
    """Yield lines, series compensators and equivalent branches; without impedance as switches."""
    omega = 2 * math.pi * frequency_hz(grid)
    for each in grid.equipment(*LINES):
        ends = grid.ends(each, 2)
        line = _line(grid, each, ends, omega) if len(ends) == 2 else None  # noqa: PLR2004
        if not grid.take(each, ends) or line is None:
            continue
        if line.from_bus == line.to_bus:
            grid.model.remark(line.id, "both its ends are at the same bus: left out")
        elif abs(complex(line.resistance_ohm, line.reactance_ohm)) < _LEAST_OHM:
            reason = "its impedance is zero: it is taken as a switch, without charging or limit"
            grid.model.remark(line.id, reason)
            closed = line.from_closed and line.to_closed
            yield Switch(
                id=line.id, name=line.name, bus=line.from_bus, other=line.to_bus, closed=closed
            )
        else:
            yield line


def _line(grid: Grid, record: CimObject, ends: list[End], omega: float) -> Line:
    kind, on = record.kind, grid.in_service(record)
    if kind == "EquivalentBranch":
        _require_symmetric(record)
    charging = kind == "ACLineSegment"
    zero_g, zero_b = (
        record.maybe(f"ACLineSegment.{part}0ch") if charging else None for part in "gb"
    )
    return Line(
        id=record.id,
        name=record.name,
        from_bus=ends[0].bus,
        to_bus=ends[1].bus,
        resistance_ohm=record.number(f"{kind}.r"),
        reactance_ohm=record.number(f"{kind}.x"),
        capacitance_nf=record.number("ACLineSegment.bch", 0.0) / omega * 1e9 if charging else 0.0,
        limit_a=grid.limits.amperes(record, ends),
        from_closed=on and ends[0].closed,
        to_closed=on and ends[1].closed,
        conductance_us=record.number("ACLineSegment.gch", 0.0) * 1e6 if charging else 0.0,
        zero_resistance_ohm=record.maybe(f"{kind}.r0", "EquivalentBranch.zeroR12"),
        zero_reactance_ohm=record.maybe(f"{kind}.x0", "EquivalentBranch.zeroX12"),
        zero_capacitance_nf=None if zero_b is None else zero_b / omega * 1e9,
        zero_conductance_us=None if zero_g is None else zero_g * 1e6,
    )


def _require_symmetric(branch: CimObject) -> None:
    for there, back in (("r", "r21"), ("x", "x21"), ("zeroR12", "zeroR21"), ("zeroX12", "zeroX21")):
        own, other = (branch.maybe(f"EquivalentBranch.{name}") for name in (there, back))
        if own is not None and other is not None and not math.isclose(own, other, rel_tol=1e-9):
            branch.unsupported("its impedances in the two directions differ")
