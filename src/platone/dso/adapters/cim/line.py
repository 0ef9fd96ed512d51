"""Lines and what is like them; those without impedance become closed switches."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from platone.dso.adapters.cim.grid import End, Grid
from platone.dso.adapters.cim.kind import LINES
from platone.dso.adapters.cim.limit import LimitTable
from platone.dso.adapters.cim.thing import Thing
from platone.dso.domain.network.branch import Line, Switch
from platone.dso.domain.network.element import Shunt

_LEAST_OHM = 1e-6  # what the check of networks asks for
_DEFAULT_HZ = 50.0


def frequency_hz(grid: Grid) -> float:
    """The nominal frequency; 50 Hz where the files do not say."""
    found = {
        value
        for each in grid.model.of("BaseFrequency")
        if (value := each.maybe("BaseFrequency.frequency"))
    }
    if len(found) > 1:
        grid.model.remark("BaseFrequency", "the files name several frequencies: 50 Hz is taken")
    return found.pop() if len(found) == 1 else _DEFAULT_HZ


@dataclass(slots=True)
class Lines:
    """What came of the lines.

    Attributes:
        lines: Those that are lines.
        switches: Closed ones, instead of those that have no impedance.
        shunts: What stands for charging below 0, which equivalents may have.
    """

    lines: list[Line] = field(default_factory=list)
    switches: list[Switch] = field(default_factory=list)
    shunts: list[Shunt] = field(default_factory=list)


def read_lines(grid: Grid, limits: LimitTable) -> Lines:
    """Lines, series compensators and equivalent branches."""
    found = Lines()
    omega = 2 * math.pi * frequency_hz(grid)
    for each in grid.equipment(*LINES):
        ends = grid.ends(each, 2)
        line = _line(grid, limits, each, ends, omega) if len(ends) == 2 else None  # noqa: PLR2004
        if not grid.take(each, ends) or line is None:
            continue
        if line.from_bus == line.to_bus:
            grid.model.remark(line.id, "both its ends are at the same bus: left out")
        elif abs(complex(line.resistance_ohm, line.reactance_ohm)) < _LEAST_OHM:
            reason = "its impedance is zero: it is taken as a switch, without charging or limit"
            grid.model.remark(line.id, reason)
            closed = line.from_closed and line.to_closed
            found.switches.append(Switch(line.id, line.name, line.from_bus, line.to_bus, closed))
        elif line.capacitance_nf < 0:
            grid.model.remark(line.id, "its charging is below 0: two shunts stand for it")
            found.lines.append(replace(line, capacitance_nf=0.0))
            found.shunts += _reactors(line, ends, omega)
        else:
            found.lines.append(line)
    return found


def _reactors(line: Line, ends: Sequence[End], omega: float) -> list[Shunt]:
    """Half of a line's charging at each of its ends."""
    siemens = omega * line.capacitance_nf * 1e-9 / 2
    sides = (("from", line.from_closed, ends[0]), ("to", line.to_closed, ends[1]))
    return [
        Shunt(f"{line.id}/{side}", line.name, end.bus, 0.0, -siemens * end.kv**2 * 1e3, closed)
        for side, closed, end in sides
    ]


def _line(grid: Grid, limits: LimitTable, thing: Thing, ends: list[End], omega: float) -> Line:
    kind, on = thing.kind, grid.in_service(thing)
    if kind == "EquivalentBranch":
        _require_symmetric(thing)
    charging = kind == "ACLineSegment"
    zero_c = thing.maybe("ACLineSegment.b0ch") if charging else None
    return Line(
        thing.id,
        thing.name,
        ends[0].bus,
        ends[1].bus,
        thing.number(f"{kind}.r"),
        thing.number(f"{kind}.x"),
        thing.number("ACLineSegment.bch", 0.0) / omega * 1e9 if charging else 0.0,
        limits.amperes(thing, ends),
        on and ends[0].closed,
        on and ends[1].closed,
        thing.number("ACLineSegment.gch", 0.0) * 1e6 if charging else 0.0,
        thing.maybe(f"{kind}.r0"),
        thing.maybe(f"{kind}.x0"),
        None if zero_c is None else zero_c / omega * 1e9,
    )


def _require_symmetric(branch: Thing) -> None:
    for part in ("r", "x"):
        own, other = (branch.maybe(f"EquivalentBranch.{part}{end}") for end in ("", "21"))
        if own is not None and other is not None and not math.isclose(own, other, rel_tol=1e-9):
            branch.unsupported("its impedances in the two directions differ")
