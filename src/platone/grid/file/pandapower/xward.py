"""Extended wards: a ward, and behind an impedance a bus whose voltage is held."""

from platone.grid.file.pandapower.row import Grid
from platone.grid.network.branch import Line
from platone.grid.network.element import Bus, Generator


def read_extended_wards(
    grid: Grid,
) -> tuple[tuple[Bus, ...], tuple[Line, ...], tuple[Generator, ...]]:
    """What stands behind each extended ward's impedance; its power is read as a ward's."""
    buses, lines, generators = [], [], []
    for _, row in grid.rows("xward"):
        bus, closed = grid.bus(row), grid.live(row)
        ohm, voltage = (row.number("r_ohm"), row.number("x_ohm")), row.number("vm_pu")
        if row.faults:  # they count where its power is read
            continue
        inner = Bus(f"{row.id}/bus", row.name, grid.nominal_kv[row.index("bus")], None, None)
        buses.append(inner)
        ends = bus, inner.id
        lines.append(Line(f"{row.id}/line", row.name, *ends, *ohm, 0.0, None, closed, closed))
        generators.append(Generator(f"{row.id}/gen", row.name, inner.id, 0.0, voltage, closed))
    return tuple(buses), tuple(lines), tuple(generators)
