"""Buses and what holds their voltage."""

import math
from typing import Any

import msgspec

from platone.grid.file.pandapower.row import Grid, Row
from platone.grid.file.pandapower.zero_sequence import BEHIND_MACHINE, behind_machine
from platone.grid.network.element import Bus, Generator, Source

_NO_LEAST, _NO_MOST = 0.0, 2.0

MOST_VOLTAGE = 1.1  # factor c of IEC 60909 that pandapower takes in an unbalanced power flow


def read_buses(grid: Grid) -> tuple[Bus, ...]:
    """All buses; one that is out of service stays, with everything at it switched off."""
    places = _geodata(grid)
    buses, unwatched, off = [], [], []
    for index, row in grid.rows("bus"):
        nominal_kv = row.number("vn_kv")
        least = _limit(row, "min_vm_pu", _NO_LEAST)
        most = _limit(row, "max_vm_pu", _NO_MOST)
        position = places.get(index) or _position(row.raw("geo"))
        if not grid.take(row):
            continue
        grid.bus_ids[index] = row.id
        grid.nominal_kv[index] = nominal_kv
        grid.bus_closed[index] = row.in_service
        if least is None and most is None:
            unwatched.append(row.id)
        if not row.in_service:
            off.append(row.id)
        buses.append(
            Bus(
                id=row.id,
                name=row.name,
                nominal_kv=nominal_kv,
                min_pu=least,
                max_pu=most,
                position=position,
            )
        )
    grid.remark_once(unwatched, "has no voltage limits: its voltage is not watched")
    grid.remark_once(off, "is out of service: what is connected to it is switched off")
    return tuple(buses)


def _limit(row: Row, column: str, unlimited: float) -> float | None:
    """A limit; where it has none, pandapower leaves it out or writes a value that never binds."""
    limit = row.maybe(column)
    return None if limit == unlimited else limit


def _geodata(grid: Grid) -> dict[int, tuple[float, float] | None]:
    """Positions as format 2 has them, in a table of their own."""
    return {index: _pair([row.raw("x"), row.raw("y")]) for index, row in grid.rows("bus_geodata")}


def _position(geo: Any) -> tuple[float, float] | None:
    """A position as format 3 has it: a point of GeoJSON, as a text or an object."""
    if isinstance(geo, str):
        try:
            geo = msgspec.json.decode(geo)
        except msgspec.DecodeError:
            return None
    return _pair(geo.get("coordinates")) if isinstance(geo, dict) else None


def _pair(found: Any) -> tuple[float, float] | None:
    match found:
        case [int() | float() as x, int() | float() as y, *_]:
            return float(x), float(y)
    return None


def read_sources(grid: Grid) -> tuple[Source, ...]:
    """External grids, and generators that are marked as slack."""
    sources = []
    for _, row in grid.rows("ext_grid"):
        voltage, angle = row.number("vm_pu"), row.number("va_degree", 0.0)
        bus = grid.bus(row)
        if grid.take(row):
            behind = behind_machine(row) or _impedances_ohm(grid, row)
            sources.append(
                Source(
                    id=row.id,
                    bus=bus,
                    voltage_pu=voltage,
                    angle_deg=angle,
                    closed=grid.live(row),
                    **behind,
                )
            )
    for _, row in grid.rows("gen"):
        if not row.flag("slack", default=False):
            continue
        voltage, bus = row.number("vm_pu"), grid.bus(row)
        if grid.take(row):
            behind = behind_machine(row)
            sources.append(
                Source(
                    id=row.id,
                    bus=bus,
                    voltage_pu=voltage,
                    angle_deg=0.0,
                    closed=grid.live(row),
                    **behind,
                )
            )
    return tuple(sources)


def _impedances_ohm(grid: Grid, row: Row) -> dict[str, float | None]:
    """Resistance and reactance of negative and zero sequence, as `runpp_3ph` takes them."""
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


def read_generators(grid: Grid) -> tuple[Generator, ...]:
    """Generators that hold their bus's voltage."""
    generators, limited = [], []
    for _, row in grid.rows("gen"):
        if row.flag("slack", default=False):
            continue
        p_kw = -1e3 * row.number("p_mw") * row.number("scaling", 1.0)
        voltage, bus = row.number("vm_pu"), grid.bus(row)
        if row.has("min_q_mvar") or row.has("max_q_mvar"):
            limited.append(row.id)
        if grid.take(row):
            behind = behind_machine(row)
            made = Generator(
                id=row.id,
                name=row.name,
                bus=bus,
                p_kw=p_kw,
                voltage_pu=voltage,
                closed=grid.live(row),
                **behind,
            )
            generators.append(made)
    reason = "has limits of reactive power: they are not enforced, as by pandapower's default"
    grid.remark_once(limited, reason)
    return tuple(generators)
