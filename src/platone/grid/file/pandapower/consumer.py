"""What withdraws or feeds in a given power, and shunts."""

import math
from collections.abc import Callable
from typing import Any

import msgspec

from platone.grid.file.pandapower.row import Grid, Row
from platone.grid.network.element import ConnectionPoint, Load, Profile, Shunt
from platone.messages.base import PodId

Power = tuple[float, float]
_PHASES = ("a", "b", "c")
_KW = 1e3


def read_consumers(
    grid: Grid,
) -> tuple[tuple[Load, ...], tuple[ConnectionPoint, ...], tuple[Shunt, ...]]:
    """Loads, points of delivery, and the parts of loads that are constant impedances."""
    loads: list[Load] = []
    points: list[ConnectionPoint] = []
    shunts: list[Shunt] = []
    for _, row in grid.rows("load"):
        if row.has("pod_id"):
            points.append(_connection_point(grid, row))
            continue
        load, shunt = _load(grid, row)
        if load:
            loads.append(load)
        if shunt:
            shunts.append(shunt)
    for table, power in _OF_TABLE.items():
        loads += _plain(grid, table, power)
    loads += _asymmetric(grid, "asymmetric_load", 1.0)
    loads += _asymmetric(grid, "asymmetric_sgen", -1.0)
    shunts += _ward_impedances(grid)
    shunts += _shunts(grid)
    reason = "names a profile that the file does not hold as a day: its power is taken as constant"
    grid.remark_once(grid.without_profile, reason)
    return tuple(loads), tuple(points), tuple(shunts)


def read_profiles(grid: Grid) -> tuple[Profile, ...]:
    """Daily profiles, as `write_pandapower` adds them: a column each, a row a quarter-hour."""
    table = grid.document.table("daily_profile")
    columns = zip(*table.rows, strict=True)
    return tuple(
        Profile(id=name, factors=tuple(map(_factor, factors)))
        for name, factors in zip(table.columns, columns, strict=True)
    )


def _factor(value: Any) -> float:
    """A profile's factor; what is no number is named when the network is checked."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else math.nan


def _connection_point(grid: Grid, row: Row) -> ConnectionPoint:
    point = ConnectionPoint(
        pod_id=row.text("pod_id"), bus=grid.bus(row), phases=row.text("pod_phases") or "ABC"
    )
    try:
        msgspec.convert(point.pod_id, PodId)
    except msgspec.ValidationError:
        row.fault(f"{point.pod_id!r} is no identifier of a point of delivery")
    if not grid.live(row):
        row.unsupported("a point of delivery cannot be out of service")
    grid.faults += row.faults
    return point


def _load(grid: Grid, row: Row) -> tuple[Load | None, Shunt | None]:
    bus, closed = grid.bus(row), grid.live(row)
    p_kw, q_kvar = _scaled(row)
    z_p, z_q = _share(row, "const_z", "p"), _share(row, "const_z", "q")
    i_p, i_q = _share(row, "const_i", "p"), _share(row, "const_i", "q")
    if closed and not row.faults and (i_p * p_kw or i_q * q_kvar):
        row.unsupported("a part of it is a constant current: power and impedance are understood")
    if not grid.take(row):
        return None, None
    profile = _profile(grid, row)
    load = Load(
        id=row.id,
        name=row.name,
        bus=bus,
        p_kw=p_kw * (1 - z_p),
        q_kvar=q_kvar * (1 - z_q),
        profile=profile,
        closed=closed,
    )
    if not (z_p * p_kw or z_q * q_kvar):
        return load, None
    reason = "a part of it is a constant impedance: a shunt stands for it, which follows no profile"
    grid.remark(row.id, reason)
    return load, Shunt(
        id=f"{row.id}/z",
        name=row.name,
        bus=bus,
        p_kw=p_kw * z_p,
        q_kvar=q_kvar * z_q,
        closed=closed,
    )


def _profile(grid: Grid, row: Row) -> str | None:
    """Its daily profile, where the file holds it."""
    profile = row.text("profile")
    if profile in grid.document.table("daily_profile").columns:
        return profile
    if profile:
        grid.without_profile.append(row.id)
    return None


def _share(row: Row, part: str, power: str) -> float:
    """A share of voltage-dependent load; before format 3 it is one for P and Q."""
    default = row.maybe(f"{part}_percent") or 0.0
    return row.number(f"{part}_{power}_percent", default) / 100


def _scaled(row: Row, sign: float = _KW) -> Power:
    scaling = row.number("scaling", 1.0) * sign
    return row.number("p_mw") * scaling, row.number("q_mvar", 0.0) * scaling


def _generation(row: Row) -> Power:
    return _scaled(row, -_KW)


def _motor(row: Row) -> Power:
    """Electrical power of a motor by its mechanical one, at its present loading."""
    share = row.number("loading_percent") / 100 * row.number("scaling", 1.0)
    efficiency, cos_phi = row.number("efficiency_percent") / 100, row.number("cos_phi")
    if not (efficiency > 0 and 0 < cos_phi <= 1):
        row.fault("its efficiency or power factor is out of range")
        return math.nan, math.nan
    p_kw = row.number("pn_mech_mw") * _KW / efficiency * share
    return p_kw, abs(p_kw) * math.tan(math.acos(cos_phi))


def _ward(row: Row) -> Power:
    return row.number("ps_mw") * _KW, row.number("qs_mvar") * _KW


_OF_TABLE: dict[str, Callable[[Row], Power]] = {
    "sgen": _generation,
    "storage": _scaled,
    "motor": _motor,
    "ward": _ward,
    "xward": _ward,
}


def _plain(grid: Grid, table: str, power: Callable[[Row], Power]) -> list[Load]:
    loads = []
    for _, row in grid.rows(table):
        bus = grid.bus(row)
        p_kw, q_kvar = power(row)
        if grid.take(row):
            profile, closed = _profile(grid, row), grid.live(row)
            loads.append(
                Load(
                    id=row.id,
                    name=row.name,
                    bus=bus,
                    p_kw=p_kw,
                    q_kvar=q_kvar,
                    profile=profile,
                    closed=closed,
                )
            )
    return loads


def _asymmetric(grid: Grid, table: str, sign: float) -> list[Load]:
    loads, delta = [], []
    for _, row in grid.rows(table):
        bus = grid.bus(row)
        scaling = sign * _KW * row.number("scaling", 1.0)
        p_a, p_b, p_c = (row.number(f"p_{phase}_mw") * scaling for phase in _PHASES)
        q_a, q_b, q_c = (row.number(f"q_{phase}_mvar") * scaling for phase in _PHASES)
        if not grid.take(row):
            continue
        wye = row.text("type") != "delta"
        if not wye:
            delta.append(row.id)
        loads.append(
            Load(
                id=row.id,
                name=row.name,
                bus=bus,
                p_kw=p_a + p_b + p_c,
                q_kvar=q_a + q_b + q_c,
                profile=_profile(grid, row),
                closed=grid.live(row),
                phase_kw=(p_a, p_b, p_c) if wye else None,
                phase_kvar=(q_a, q_b, q_c) if wye else None,
            )
        )
    grid.remark_once(delta, "is connected in delta: a third of it is counted in each phase")
    return loads


def _ward_impedances(grid: Grid) -> list[Shunt]:
    shunts = []
    for _, row in (*grid.rows("ward"), *grid.rows("xward")):
        bus = grid.bus(row)
        p_kw, q_kvar = row.number("pz_mw") * _KW, row.number("qz_mvar") * _KW
        if not row.faults and (p_kw or q_kvar):  # its faults count where its power is read
            shunts.append(
                Shunt(
                    id=f"{row.id}/z",
                    name=row.name,
                    bus=bus,
                    p_kw=p_kw,
                    q_kvar=q_kvar,
                    closed=grid.live(row),
                )
            )
    return shunts


def _shunts(grid: Grid) -> list[Shunt]:
    shunts = []
    for _, row in grid.rows("shunt"):
        bus = grid.bus(row)
        nominal_kv = grid.nominal_kv.get(row.index("bus"), math.nan)
        rated_kv = row.number("vn_kv", nominal_kv) or math.nan
        ratio = nominal_kv / rated_kv
        scale = row.number("step", 1.0) * ratio * ratio * _KW
        p_kw, q_kvar = row.number("p_mw") * scale, row.number("q_mvar") * scale
        if row.flag("step_dependency_table", default=False):
            row.unsupported("its power is a table over its steps")
        if grid.take(row):
            shunts.append(
                Shunt(
                    id=row.id,
                    name=row.name,
                    bus=bus,
                    p_kw=p_kw,
                    q_kvar=q_kvar,
                    closed=grid.live(row),
                )
            )
    return shunts
