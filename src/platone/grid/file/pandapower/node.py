"""Readers of buses, external grids and generators."""

import math
from collections.abc import Iterator
from typing import Any

import msgspec

from platone.grid.file.pandapower.row import Grid, Row
from platone.grid.file.pandapower.zero_sequence import BEHIND_MACHINE, behind_machine
from platone.grid.network.element import NO_VOLTAGE_LIMITS, Bus, Generator, Source

_NO_LEAST, _NO_MOST = 0.0, 2.0
"""Voltage limits, per unit, that pandapower writes where there are none: they never bind."""
MOST_VOLTAGE = 1.1
"""Factor c of IEC 60909 that pandapower takes in an unbalanced power flow."""


def read_bus(grid: Grid, row: Row) -> Iterator[Bus]:
    """Yield a bus; one out of service stays, with everything at it switched off."""
    nominal_kv = row.number("vn_kv")
    least = _limit(row, "min_vm_pu", _NO_LEAST)
    most = _limit(row, "max_vm_pu", _NO_MOST)
    in_service = row.in_service
    if row.faults:
        return
    grid.bus_ids[row.place] = row.id
    grid.nominal_kv[row.place] = nominal_kv
    grid.bus_closed[row.place] = in_service
    if least is None and most is None:
        grid.remark_alike(row.id, NO_VOLTAGE_LIMITS)
    if not in_service:
        grid.remark_alike(row.id, "is out of service: what is connected to it is switched off")
    yield Bus(
        id=row.id,
        name=row.name,
        nominal_kv=nominal_kv,
        min_pu=least,
        max_pu=most,
        position=grid.geodata.get(row.place) or _position(row.values.get("geo")),
    )


def _limit(row: Row, column: str, unlimited: float) -> float | None:
    limit = row.maybe(column)
    return None if limit == unlimited else limit


def _position(geo: Any) -> tuple[float, float] | None:
    """Return a position as format 3 has it: a point of GeoJSON, as a text or an object."""
    if isinstance(geo, str):
        try:
            geo = msgspec.json.decode(geo)
        except msgspec.DecodeError:
            return None
    match geo.get("coordinates") if isinstance(geo, dict) else None:
        case [int() | float() as x, int() | float() as y, *_]:
            return float(x), float(y)
    return None


def read_external_grid(grid: Grid, row: Row) -> Iterator[Source]:
    """Yield the source that an external grid is."""
    yield Source(
        id=row.id,
        bus=grid.bus(row),
        voltage_pu=row.number("vm_pu"),
        angle_deg=row.number("va_degree", 0.0),
        closed=grid.live(row),
        **(behind_machine(row) or _impedances_ohm(grid, row)),
    )


def _impedances_ohm(grid: Grid, row: Row) -> dict[str, float | None]:
    """Return resistance and reactance of negative and zero sequence as `runpp_3ph` takes them."""
    short_circuit_mva = row.maybe("s_sc_max_mva")
    if not short_circuit_mva:
        return {}
    nominal_kv = grid.nominal_kv.get(row.index("bus"), math.nan)
    ohm = MOST_VOLTAGE * nominal_kv * nominal_kv / short_circuit_mva
    rx, x0x, r0x0 = (row.number(f"{each}_max", 0.0) for each in ("rx", "x0x", "r0x0"))
    reactance = ohm / math.hypot(1, rx)
    zero = reactance * x0x
    found = rx * reactance, reactance, r0x0 * zero or None, zero or None
    return dict(zip(BEHIND_MACHINE, found, strict=True))


def read_generator(grid: Grid, row: Row) -> Iterator[Generator | Source]:
    """Yield a generator that holds its bus's voltage, or a source where it is marked as slack."""
    bus, voltage_pu, closed = grid.bus(row), row.number("vm_pu"), grid.live(row)
    behind = behind_machine(row)
    if row.flag("slack", default=False):
        yield Source(
            id=row.id, bus=bus, voltage_pu=voltage_pu, angle_deg=0.0, closed=closed, **behind
        )
        return
    p_kw = -1e3 * row.number("p_mw") * row.number("scaling", 1.0)
    if row.has("min_q_mvar") or row.has("max_q_mvar"):
        reason = "has limits of reactive power: they are not enforced, as by pandapower's default"
        grid.remark_alike(row.id, reason)
    yield Generator(
        id=row.id,
        name=row.name,
        bus=bus,
        p_kw=p_kw,
        voltage_pu=voltage_pu,
        closed=closed,
        **behind,
    )
