"""The reader of switches."""

from collections.abc import Iterator

from platone.grid.file.pandapower.line import line_of_switch
from platone.grid.file.pandapower.row import Grid, Row
from platone.grid.network.branch import Line, Switch
from platone.grid.problem.network import FaultKind

END = "end_of_branch"
"""Column of switches that only say that a branch is open there; `write_pandapower` makes it."""
_TABLE_OF_KIND = {"l": "line", "t": "trafo", "t3": "trafo3w"}


def read_switch(grid: Grid, row: Row) -> Iterator[Switch | Line]:
    """Yield a switch; one between buses that has an impedance is a line."""
    kind = row.text("et")
    if row.flag(END, default=False):
        other = _other(grid, row, kind)
        if other is not None:
            grid.open_ends.add((other, grid.bus(row)))
        return
    if kind == "b" and row.number("z_ohm", 0.0) > 0:
        yield line_of_switch(grid, row)
        return
    bus, other = grid.bus(row), _other(grid, row, kind)
    closed = row.flag("closed", default=True)
    if row.faults or other is None:
        return
    if closed and kind == "b" and not (grid.live(row) and grid.live(row, "element")):
        grid.remark_alike(row.id, "is taken as open: a bus at it is out of service")
        closed = False
    if row.has("in_ka"):
        grid.remark_alike(row.id, "has a rated current: that of a switch is not watched")
    yield Switch(id=row.id, name=row.name, bus=bus, other=other, closed=closed)


def _other(grid: Grid, row: Row, kind: str) -> str | None:
    """Return the identifier of what is at its other side; none where that was left out."""
    index = row.index("element")
    if kind == "b":
        return grid.bus(row, "element")
    table = _TABLE_OF_KIND.get(kind)
    if table is None:
        row.unsupported(f"it is of the kind {kind!r}: b, l, t and t3 are understood")
        return None
    place = (table, index, row.index("bus")) if kind == "t3" else (table, index)
    found = grid.branch_ids.get(place)
    if found is None and (kind == "t3" or index not in grid.document.table(table).index):
        where = " at its bus" if kind == "t3" else ""
        row.fault(f"there is no {table} {index}{where}", FaultKind.UNKNOWN_BUS)
    return found
