"""Lines and what is like them; those without impedance become closed switches."""

import math
from dataclasses import dataclass, field

from platone.grid.file.cim.cim_object import Thing
from platone.grid.file.cim.grid import End, Grid
from platone.grid.file.cim.kind import LINES
from platone.grid.file.cim.limit import LimitTable
from platone.grid.network.branch import Line, Switch

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
    """

    lines: list[Line] = field(default_factory=list)
    switches: list[Switch] = field(default_factory=list)


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
            found.switches.append(
                Switch(
                    id=line.id, name=line.name, bus=line.from_bus, other=line.to_bus, closed=closed
                )
            )
        else:
            found.lines.append(line)
    return found


def _line(grid: Grid, limits: LimitTable, thing: Thing, ends: list[End], omega: float) -> Line:
    kind, on = thing.kind, grid.in_service(thing)
    if kind == "EquivalentBranch":
        _require_symmetric(thing)
    charging = kind == "ACLineSegment"
    zero_g, zero_b = (
        thing.maybe(f"ACLineSegment.{part}0ch") if charging else None for part in "gb"
    )
    return Line(
        id=thing.id,
        name=thing.name,
        from_bus=ends[0].bus,
        to_bus=ends[1].bus,
        resistance_ohm=thing.number(f"{kind}.r"),
        reactance_ohm=thing.number(f"{kind}.x"),
        capacitance_nf=thing.number("ACLineSegment.bch", 0.0) / omega * 1e9 if charging else 0.0,
        limit_a=limits.amperes(thing, ends),
        from_closed=on and ends[0].closed,
        to_closed=on and ends[1].closed,
        conductance_us=thing.number("ACLineSegment.gch", 0.0) * 1e6 if charging else 0.0,
        zero_resistance_ohm=thing.maybe(f"{kind}.r0", "EquivalentBranch.zeroR12"),
        zero_reactance_ohm=thing.maybe(f"{kind}.x0", "EquivalentBranch.zeroX12"),
        zero_capacitance_nf=None if zero_b is None else zero_b / omega * 1e9,
        zero_conductance_us=None if zero_g is None else zero_g * 1e6,
    )


def _require_symmetric(branch: Thing) -> None:
    for there, back in (("r", "r21"), ("x", "x21"), ("zeroR12", "zeroR21"), ("zeroX12", "zeroX21")):
        own, other = (branch.maybe(f"EquivalentBranch.{name}") for name in (there, back))
        if own is not None and other is not None and not math.isclose(own, other, rel_tol=1e-9):
            branch.unsupported("its impedances in the two directions differ")
