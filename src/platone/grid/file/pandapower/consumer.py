"""Readers of what withdraws or feeds in a given power, and of shunts."""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec

from platone.grid.file.pandapower.row import Grid, Row
from platone.grid.network.element import ConnectionPoint, Load, Profile, Shunt
from platone.messages.base import PodId

_PHASES = ("a", "b", "c")
_KW = 1e3
"""kW of a MW, in the load convention of loads, storages and wards."""
_GENERATED_KW = -1e3
"""kW of a MW that a generator feeds in."""


def read_profiles(grid: Grid) -> Iterator[Profile]:
    """Yield daily profiles as `write_pandapower` adds them: a column each, a row a quarter-hour."""
    table = grid.document.table("daily_profile")
    columns = zip(*table.rows, strict=True)
    for name, factors in zip(table.columns, columns, strict=True):
        yield Profile(id=name, factors=tuple(map(_factor, factors)))


def _factor(value: Any) -> float:
    """Return a profile's factor; what is no number is named when the network is checked."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else math.nan


def read_load(grid: Grid, row: Row) -> Iterator[ConnectionPoint | Load | Shunt]:
    """Yield a load, and a shunt for its constant impedance; with a ``pod_id`` it is a PoD."""
    if row.has("pod_id"):
        yield _connection_point(grid, row)
        return
    bus, closed = grid.bus(row), grid.live(row)
    p_kw, q_kvar = _scaled(row, _KW)
    z_p, z_q = _share(row, "const_z", "p"), _share(row, "const_z", "q")
    i_p, i_q = _share(row, "const_i", "p"), _share(row, "const_i", "q")
    if closed and not row.faults and (i_p * p_kw or i_q * q_kvar):
        row.unsupported("a part of it is a constant current: power and impedance are understood")
    yield from _constant(grid, row, p_kw * (1 - z_p), q_kvar * (1 - z_q))
    if not row.faults and (z_p * p_kw or z_q * q_kvar):
        reason = "a part of it is a constant impedance: a shunt stands for it, without profile"
        grid.remark(row.id, reason)
        yield _impedance(row, bus, p_kw * z_p, q_kvar * z_q, closed=closed)


def _connection_point(grid: Grid, row: Row) -> ConnectionPoint:
    pod, bus = row.text("pod_id"), grid.bus(row)
    try:
        msgspec.convert(pod, PodId)
    except msgspec.ValidationError:
        row.fault(f"{pod[:60]!r} is no identifier of a point of delivery")
    if not grid.live(row):
        row.unsupported("a point of delivery cannot be out of service")
        grid.faults += row.faults  # even where its own row is out of service
    return ConnectionPoint(pod_id=pod, bus=bus, phases=row.text("pod_phases") or "ABC")


def _constant(grid: Grid, row: Row, p_kw: float, q_kvar: float) -> Iterator[Load]:
    """Yield a load of constant power, or one that follows the profile that the row names."""
    profile = row.text("profile")
    if profile and profile not in grid.document.table("daily_profile").columns:
        if not row.faults:
            grid.remark_alike(row.id, _WITHOUT_PROFILE)
        profile = ""
    yield Load(
        id=row.id,
        name=row.name,
        bus=grid.bus(row),
        p_kw=p_kw,
        q_kvar=q_kvar,
        profile=profile or None,
        closed=grid.live(row),
    )


_WITHOUT_PROFILE = (
    "names a profile that the file does not hold as a day: its power is taken as constant"
)


def _impedance(row: Row, bus: str, p_kw: float, q_kvar: float, *, closed: bool) -> Shunt:
    return Shunt(id=f"{row.id}/z", name=row.name, bus=bus, p_kw=p_kw, q_kvar=q_kvar, closed=closed)


def _share(row: Row, part: str, power: str) -> float:
    """Return a share of voltage-dependent load; before format 3 it is one for P and Q."""
    default = row.maybe(f"{part}_percent") or 0.0
    return row.number(f"{part}_{power}_percent", default) / 100


def _scaled(row: Row, unit_kw: float) -> tuple[float, float]:
    scaling = row.number("scaling", 1.0) * unit_kw
    return row.number("p_mw") * scaling, row.number("q_mvar", 0.0) * scaling


def read_constant_generator(grid: Grid, row: Row) -> Iterator[Load]:
    """Yield a generator that holds no voltage, as a load below 0."""
    yield from _constant(grid, row, *_scaled(row, _GENERATED_KW))


def read_storage(grid: Grid, row: Row) -> Iterator[Load]:
    """Yield a storage: constant power while it charges, below 0 while it discharges."""
    yield from _constant(grid, row, *_scaled(row, _KW))


def read_motor(grid: Grid, row: Row) -> Iterator[Load]:
    """Yield a motor: its electrical power by its mechanical one, at its present loading."""
    share = row.number("loading_percent") / 100 * row.number("scaling", 1.0)
    efficiency, cos_phi = row.number("efficiency_percent") / 100, row.number("cos_phi")
    p_kw = q_kvar = math.nan
    if efficiency > 0 and 0 < cos_phi <= 1:
        p_kw = row.number("pn_mech_mw") * _KW / efficiency * share
        q_kvar = abs(p_kw) * math.tan(math.acos(cos_phi))
    elif not row.faults:
        row.fault("its efficiency or power factor is out of range")
    yield from _constant(grid, row, p_kw, q_kvar)


def read_ward(grid: Grid, row: Row) -> Iterator[Load | Shunt]:
    """Yield a ward's constant power, and its constant impedance where it has one."""
    yield from _constant(grid, row, row.number("ps_mw") * _KW, row.number("qs_mvar") * _KW)
    p_kw, q_kvar = row.number("pz_mw") * _KW, row.number("qz_mvar") * _KW
    if p_kw or q_kvar:
        yield _impedance(row, grid.bus(row), p_kw, q_kvar, closed=grid.live(row))


def read_asymmetric_load(grid: Grid, row: Row) -> Iterator[Load]:
    """Yield a load with a power of its own in each phase."""
    yield from _asymmetric(grid, row, _KW)


def read_asymmetric_generator(grid: Grid, row: Row) -> Iterator[Load]:
    """Yield a generator with a power of its own in each phase, as a load below 0."""
    yield from _asymmetric(grid, row, _GENERATED_KW)


def _asymmetric(grid: Grid, row: Row, unit_kw: float) -> Iterator[Load]:
    scaling = unit_kw * row.number("scaling", 1.0)
    p_a, p_b, p_c = (row.number(f"p_{phase}_mw") * scaling for phase in _PHASES)
    q_a, q_b, q_c = (row.number(f"q_{phase}_mvar") * scaling for phase in _PHASES)
    for load in _constant(grid, row, p_a + p_b + p_c, q_a + q_b + q_c):
        if row.text("type") != "delta":
            yield replace(load, phase_kw=(p_a, p_b, p_c), phase_kvar=(q_a, q_b, q_c))
            continue
        if not row.faults:
            reason = "is connected in delta: a third of it is counted in each phase"
            grid.remark_alike(row.id, reason)
        yield load


def read_shunt(grid: Grid, row: Row) -> Iterator[Shunt]:
    """Yield a shunt by its power at the nominal voltage of its bus."""
    nominal_kv = grid.nominal_kv.get(row.index("bus"), math.nan)
    rated_kv = row.number("vn_kv", nominal_kv) or math.nan
    ratio = nominal_kv / rated_kv
    scale = row.number("step", 1.0) * ratio * ratio * _KW
    if row.flag("step_dependency_table", default=False):
        row.unsupported("its power is a table over its steps")
    yield Shunt(
        id=row.id,
        name=row.name,
        bus=grid.bus(row),
        p_kw=row.number("p_mw") * scale,
        q_kvar=row.number("q_mvar") * scale,
        closed=grid.live(row),
    )
