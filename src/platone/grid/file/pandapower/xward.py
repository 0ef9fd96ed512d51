"""The reader of extended wards: a ward, and behind an impedance a bus whose voltage is held."""

from collections.abc import Iterator

from platone.grid.file.pandapower.consumer import read_ward
from platone.grid.file.pandapower.row import Grid, Row
from platone.grid.network.branch import Line
from platone.grid.network.element import Bus, Generator, Load, Shunt


def read_extended_ward(grid: Grid, row: Row) -> Iterator[Load | Shunt | Bus | Line | Generator]:
    """Yield its power as a ward's, and the inner bus with the line to it and its generator."""
    yield from read_ward(grid, row)
    bus, closed = grid.bus(row), grid.live(row)
    resistance_ohm, reactance_ohm = row.number("r_ohm"), row.number("x_ohm")
    voltage_pu = row.number("vm_pu")
    if row.faults:
        return
    inner, kv = f"{row.id}/bus", grid.nominal_kv[row.index("bus")]
    yield Bus(id=inner, name=row.name, nominal_kv=kv, min_pu=None, max_pu=None)
    yield Line(
        id=f"{row.id}/line",
        name=row.name,
        from_bus=bus,
        to_bus=inner,
        resistance_ohm=resistance_ohm,
        reactance_ohm=reactance_ohm,
        capacitance_nf=0.0,
        limit_a=None,
        from_closed=closed,
        to_closed=closed,
    )
    yield Generator(
        id=f"{row.id}/gen",
        name=row.name,
        bus=inner,
        p_kw=0.0,
        voltage_pu=voltage_pu,
        closed=closed,
    )
