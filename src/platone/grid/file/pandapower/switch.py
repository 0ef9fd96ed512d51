"""Switches without impedance."""

from platone.grid.file.pandapower.row import Grid, Row
from platone.grid.network.branch import Switch
from platone.grid.problem.network import FaultKind

END = "end_of_branch"
"""Column of switches that only say that a branch is open there; `write_pandapower` makes it."""


def read_switches(grid: Grid) -> tuple[Switch, ...]:
    """Switches between buses, and between a bus and a line, transformer or winding."""
    switches, rated, dead = [], [], []
    for _, row in grid.rows("switch"):
        kind = row.text("et")
        if (kind == "b" and row.number("z_ohm", 0.0) > 0) or row.flag(END, default=False):
            continue
        bus, other = grid.bus(row), _other(grid, row, kind)
        closed = row.flag("closed", default=True)
        grid.faults += row.faults
        if row.faults or other is None:
            continue
        if closed and kind == "b" and not (grid.live(row) and grid.live(row, "element")):
            dead.append(row.id)
            closed = False
        if row.has("in_ka"):
            rated.append(row.id)
        switches.append(Switch(id=row.id, name=row.name, bus=bus, other=other, closed=closed))
    grid.remark_once(rated, "has a rated current: that of a switch is not watched")
    grid.remark_once(dead, "is taken as open: a bus at it is out of service")
    return tuple(switches)


def open_ends(grid: Grid) -> set[tuple[str, str]]:
    """Branches and the buses at which `write_pandapower` had found them open."""
    ends = set()
    for _, row in grid.rows("switch"):
        if row.flag(END, default=False):
            other = _other(grid, row, row.text("et"))
            if other is not None:
                ends.add((other, grid.bus(row)))
    return ends


def _other(grid: Grid, row: Row, kind: str) -> str | None:
    """Identifier of what is at its other side; none where that was left out."""
    index = row.index("element")
    if kind == "b":
        return grid.bus(row, "element")
    table = {"l": "line", "t": "trafo", "t3": "trafo3w"}.get(kind)
    if table is None:
        row.unsupported(f"it is of the kind {kind!r}: b, l, t and t3 are understood")
        return None
    place = (table, index, row.index("bus")) if kind == "t3" else (table, index)
    found = grid.branch_ids.get(place)
    if found is None and (kind == "t3" or index not in grid.document.table(table).index):
        where = " at its bus" if kind == "t3" else ""
        row.fault(f"there is no {table} {index}{where}", FaultKind.UNKNOWN_BUS)
    return found
