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
        resistance_ohm, reactance_ohm = row.number("r_ohm"), row.number("x_ohm")
        voltage = row.number("vm_pu")
        if row.faults:  # they count where its power is read
            continue
        inner = Bus(
            id=f"{row.id}/bus",
            name=row.name,
            nominal_kv=grid.nominal_kv[row.index("bus")],
            min_pu=None,
            max_pu=None,
        )
        buses.append(inner)
        lines.append(
            Line(
                id=f"{row.id}/line",
                name=row.name,
                from_bus=bus,
                to_bus=inner.id,
                resistance_ohm=resistance_ohm,
                reactance_ohm=reactance_ohm,
                capacitance_nf=0.0,
                limit_a=None,
                from_closed=closed,
                to_closed=closed,
            )
        )
        generators.append(
            Generator(
                id=f"{row.id}/gen",
                name=row.name,
                bus=inner.id,
                p_kw=0.0,
                voltage_pu=voltage,
                closed=closed,
            )
        )
    return tuple(buses), tuple(lines), tuple(generators)
