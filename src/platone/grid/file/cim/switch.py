"""The reader of switches: between two nodes, open or closed by SSH, SV or EQ in this order."""

from collections.abc import Iterator

from platone.grid.file.cim.cim_object import CimObject
from platone.grid.file.cim.end import End
from platone.grid.file.cim.grid import Grid
from platone.grid.file.cim.kind import GROUND_DISCONNECTORS, SWITCHES
from platone.grid.network.branch import Switch
from platone.grid.problem.network import FaultKind

_TWO = 2
"""Terminals of a switch."""


def read_switches(grid: Grid) -> Iterator[Switch]:
    """Yield the switches; those within one bus are part of it and left out."""
    for each in grid.equipment(*SWITCHES):
        ends = grid.ends(each, _TWO)
        closed = not is_open(grid, each)
        if not grid.take(each, ends) or len(ends) != _TWO:
            continue
        if ends[0].bus == ends[1].bus:
            reason = "is within one topological node: leave the topology (TP) out to switch it"
            grid.model.remark_alike(each.id, reason)
            continue
        closed = closed and grid.in_service(each) and all(end.closed for end in ends)
        yield Switch(id=each.id, name=each.name, bus=ends[0].bus, other=ends[1].bus, closed=closed)


def read_ground_disconnectors(grid: Grid) -> Iterator[Switch]:
    """Yield nothing: an open switch to earth has no effect, and a closed one is a fault."""
    for each in grid.equipment(*GROUND_DISCONNECTORS):
        if not is_open(grid, each) and grid.in_service(each):
            each.fault("it is closed and earths its bus", FaultKind.UNSUPPORTED)
        grid.take(each, [End("", 1.0, "", "", closed=True)])
    yield from ()


def is_open(grid: Grid, record: CimObject) -> bool:
    """Return whether a switch is open."""
    if record.values.get("Switch.open"):
        return record.flag("Switch.open", default=False)
    solved = grid.solved.open.get(record.key)
    if solved is not None:
        return solved
    if not record.values.get("Switch.normalOpen"):
        record.assume("Switch.open", "false")
    return record.flag("Switch.normalOpen", default=False)
