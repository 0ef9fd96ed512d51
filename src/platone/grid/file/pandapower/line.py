"""Readers of lines, and of what is calculated like one: impedances, switches with impedance."""

import math
from collections.abc import Iterator

from platone.grid.file.importer.oddity import UNWATCHED_LINE
from platone.grid.file.importer.record import watched
from platone.grid.file.pandapower.row import Grid, Row
from platone.grid.network.branch import Line
from platone.grid.problem.network import FaultKind

_SWITCH_RX = 2.0
"""Ratio of resistance to reactance that pandapower takes for a switch."""
_SAME_KV = 1e-9
"""Relative difference of nominal voltages that is only rounding."""


def read_line(grid: Grid, row: Row) -> Iterator[Line]:
    """Yield a line or cable."""
    line = _line(grid, row)
    if row.faults:
        return
    grid.branch_ids["line", row.place] = line.id
    if line.limit_a is None:
        grid.remark_alike(line.id, UNWATCHED_LINE)
    yield line


def _line(grid: Grid, row: Row) -> Line:
    parallel = row.number("parallel", 1.0)
    if parallel < 1:
        row.fault("parallel is below 1", FaultKind.OUT_OF_RANGE)
        parallel = 1.0
    km = row.number("length_km")
    if km < 0:
        row.fault("its length is below 0", FaultKind.OUT_OF_RANGE)
    series, shunt = km / parallel, km * parallel
    from_closed, to_closed = _closed(grid, row, "from_bus", "to_bus")
    ampere = row.limit("max_i_ka")
    derated = row.number("df", 1.0) * parallel * row.number("max_loading_percent", 100.0) / 100
    zero_r, zero_x, zero_c, zero_g = (
        row.maybe(f"{column}0_{unit}_per_km")
        for column, unit in (("r", "ohm"), ("x", "ohm"), ("c", "nf"), ("g", "us"))
    )
    return Line(
        id=row.id,
        name=row.name,
        from_bus=grid.bus(row, "from_bus"),
        to_bus=grid.bus(row, "to_bus"),
        resistance_ohm=row.number("r_ohm_per_km") * series,
        reactance_ohm=row.number("x_ohm_per_km") * series,
        capacitance_nf=row.number("c_nf_per_km", 0.0) * shunt,
        limit_a=None if ampere is None else watched(ampere * 1e3 * derated),
        from_closed=from_closed,
        to_closed=to_closed,
        conductance_us=row.number("g_us_per_km", 0.0) * shunt,
        zero_resistance_ohm=None if zero_r is None else zero_r * series,
        zero_reactance_ohm=None if zero_x is None else zero_x * series,
        zero_capacitance_nf=None if zero_c is None else zero_c * shunt,
        zero_conductance_us=None if zero_g is None else zero_g * shunt,
    )


def _closed(grid: Grid, row: Row, from_column: str, to_column: str) -> tuple[bool, bool]:
    """Return whether each end is closed; one is open where its bus is out of service."""
    return grid.live(row, from_column), grid.live(row, to_column)


def read_impedance(grid: Grid, row: Row) -> Iterator[Line]:
    """Yield an impedance, given in per unit of its own rated power and its bus's voltage."""
    from_bus, to_bus = grid.bus(row, "from_bus"), grid.bus(row, "to_bus")
    r, x = row.number("rft_pu"), row.number("xft_pu")
    g, b = row.number("gf_pu", 0.0), row.number("bf_pu", 0.0)
    back = row.number("rtf_pu", r), row.number("xtf_pu", x)
    far = row.number("gt_pu", 0.0), row.number("bt_pu", 0.0)
    if not row.faults and ((r, x), (g, b)) != (back, far):
        row.unsupported("it is not the same seen from both its ends")
    kv = grid.nominal_kv.get(row.index("from_bus"), math.nan)
    other_kv = grid.nominal_kv.get(row.index("to_bus"), math.nan)
    if abs(kv - other_kv) > _SAME_KV * kv:
        row.unsupported(f"it joins buses of {kv} kV and {other_kv} kV")
    mva = row.number("sn_mva") or math.nan
    base_ohm = kv * kv / mva
    omega = 2 * math.pi * frequency_hz(grid)
    # a transformer's ends are open where its bus is out of service; so are an impedance's
    closed = all(_closed(grid, row, "from_bus", "to_bus"))
    yield Line(
        id=row.id,
        name=row.name,
        from_bus=from_bus,
        to_bus=to_bus,
        resistance_ohm=r * base_ohm,
        reactance_ohm=x * base_ohm,
        capacitance_nf=2 * b / base_ohm / omega * 1e9,
        limit_a=None,
        from_closed=closed,
        to_closed=closed,
        conductance_us=2 * g / base_ohm * 1e6,
        **_zero_of_impedance(grid, row, base_ohm, omega),
    )


def _zero_of_impedance(grid: Grid, row: Row, base_ohm: float, omega: float) -> dict[str, float]:
    """Return the zero sequence of an impedance, where it is given and the same from both ends."""
    there = [row.maybe(f"{part}ft0_pu") for part in "rx"]
    r, x = (each or 0.0 for each in there)
    g, b = (row.number(f"{part}f0_pu", 0.0) for part in "gb")
    back = row.number("rtf0_pu", r), row.number("xtf0_pu", x)
    far = row.number("gt0_pu", g), row.number("bt0_pu", b)
    if None in there:
        return {}
    if (r, x, g, b) != (*back, *far):
        grid.remark(row.id, "its zero sequence differs seen from its ends: it is left out")
        return {}
    return {
        "zero_resistance_ohm": r * base_ohm,
        "zero_reactance_ohm": x * base_ohm,
        "zero_capacitance_nf": 2 * b / base_ohm / omega * 1e9,
        "zero_conductance_us": 2 * g / base_ohm * 1e6,
    }


def frequency_hz(grid: Grid) -> float:
    """Return the network's frequency, Hz; nan where it is none, which the check names."""
    frequency = grid.document.facts.get("f_hz", 50.0)
    is_number = isinstance(frequency, int | float) and not isinstance(frequency, bool)
    return float(frequency) if is_number and frequency > 0 else math.nan


def line_of_switch(grid: Grid, row: Row) -> Line:
    """Return the line that a switch with an impedance is, split as pandapower splits it."""
    ohm = row.number("z_ohm", 0.0)
    closed = row.flag("closed", default=True)
    closed = closed and all(_closed(grid, row, "bus", "element"))
    resistance_ohm = ohm * _SWITCH_RX / math.hypot(1, _SWITCH_RX)
    reactance_ohm = ohm / math.hypot(1, _SWITCH_RX)
    limit_ka = row.limit("in_ka")
    return Line(
        id=row.id,
        name=row.name,
        from_bus=grid.bus(row, "bus"),
        to_bus=grid.bus(row, "element"),
        resistance_ohm=resistance_ohm,
        reactance_ohm=reactance_ohm,
        capacitance_nf=0.0,
        limit_a=None if limit_ka is None else limit_ka * 1e3,
        from_closed=closed,
        to_closed=closed,
        zero_resistance_ohm=resistance_ohm,
        zero_reactance_ohm=reactance_ohm,
    )
