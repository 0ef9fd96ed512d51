"""Switches: between two nodes, open or closed by SSH, SV or EQ in this order."""

from platone.grid.file.cim.cim_object import Thing
from platone.grid.file.cim.grid import End, Grid
from platone.grid.file.cim.kind import SWITCHES
from platone.grid.network.branch import Switch
from platone.grid.problem.network import FaultKind

_TWO = 2


def read_switches(grid: Grid) -> list[Switch]:
    """The switches; those within one bus are part of it and left out."""
    switches, within = [], []
    for each in grid.equipment(*SWITCHES):
        ends = grid.ends(each, _TWO)
        closed = not is_open(grid, each)
        if not grid.take(each, ends) or len(ends) != _TWO:
            continue
        if ends[0].bus == ends[1].bus:
            within.append(each.id)
            continue
        closed = closed and grid.in_service(each) and all(end.closed for end in ends)
        switches.append(
            Switch(id=each.id, name=each.name, bus=ends[0].bus, other=ends[1].bus, closed=closed)
        )
    reason = "is within one topological node: leave the topology (TP) out to switch it"
    grid.model.remark_once(within, reason)
    for each in grid.equipment("GroundDisconnector"):
        _of_earth(grid, each)
    return switches


def is_open(grid: Grid, thing: Thing) -> bool:
    """Whether a switch is open."""
    if thing.values.get("Switch.open"):
        return thing.flag("Switch.open", default=False)
    solved = grid.solved.open.get(thing.key)
    if solved is not None:
        return solved
    return thing.flag("Switch.normalOpen", default=False)


def _of_earth(grid: Grid, thing: Thing) -> None:
    """A switch to earth: nothing while it is open, a short circuit while it is closed."""
    if not is_open(grid, thing) and grid.in_service(thing):
        thing.fault("it is closed and earths its bus", FaultKind.UNSUPPORTED)
    ends = [End("", 1.0, "", "", closed=True)]
    grid.take(thing, ends)
