"""Transformers with three windings, of which CIM gives the branches of their star."""

import cmath
import math
from collections.abc import Sequence
from dataclasses import replace

from platone.grid.file.cim.cim_object import CimObject
from platone.grid.file.cim.grid import Grid
from platone.grid.file.cim.tap import Tap
from platone.grid.file.cim.winding import CimWinding, folded
from platone.grid.file.cim.zero_sequence import zero_of_winding
from platone.grid.network.branch import ThreeWindingTransformer, Winding

_LEAST_PU = 1e-6
"""Impedance in place of none, on the winding's rating: 1e-6 of the voltage at rated current."""
_LEAST_OHM = 2e-6
"""Least such impedance, ohm: twice what the check of networks lets pass."""


def three_windings(
    grid: Grid, record: CimObject, windings: Sequence[CimWinding], nominal_mva: float
) -> ThreeWindingTransformer:
    """Return a transformer with three windings, that of the highest voltage first."""
    known = [each.mva for each in windings if each.mva]
    default = min(known, default=nominal_mva)
    ordered = sorted(windings, key=lambda each: -each.kv)
    made = [_winding(grid, record, each, each.mva or default) for each in ordered]
    first, second, third = (
        _with_zero_sequence(grid, own, winding, ordered[0], made[0].phase_shift_deg)
        for own, winding in zip(ordered, made, strict=True)
    )
    return ThreeWindingTransformer(id=record.id, name=record.name, windings=(first, second, third))


def _with_zero_sequence(
    grid: Grid, own: CimWinding, winding: Winding, first: CimWinding, first_deg: float
) -> Winding:
    turn = winding.rated_kv / own.kv
    lag_deg = first_deg - winding.phase_shift_deg
    return replace(winding, **zero_of_winding(grid.model, own, first, turn, lag_deg))


def _winding(grid: Grid, unit: CimObject, winding: CimWinding, mva: float) -> Winding:
    live, (factor,) = folded(grid, [winding])
    tap = Tap(id="") if live is None else live[1]
    # what is fixed of the taps goes into the rated voltage; the ohms stay those of the winding
    turned = abs(factor) ** 2
    series = winding.series * turned
    if abs(series) < _LEAST_OHM:
        series = complex(0, max(_LEAST_PU * winding.kv**2 / mva, _LEAST_OHM))
        reason = f"it has no impedance in the star: {series.imag:.3g} ohm are taken"
        grid.model.remark(winding.record.id, reason)
    shunt = winding.shunt / turned
    amperes = grid.limits.at_end(unit, winding.end)
    percent = 100.0 if winding.mva else None
    if amperes:
        percent = min(amperes) * math.sqrt(3) * winding.kv / (mva * 1e3) * 100
    return Winding(
        id=winding.record.id,
        bus=winding.end.bus,
        rated_kv=winding.kv * abs(factor),
        rated_kva=mva * 1e3,
        resistance_ohm=series.real,
        reactance_ohm=series.imag,
        conductance_us=shunt.real * 1e6,
        susceptance_us=shunt.imag * 1e6,
        phase_shift_deg=math.degrees(cmath.phase(factor)),
        tap_position=int(tap.position),
        tap_neutral=tap.neutral,
        tap_step_percent=tap.step_percent,
        tap_step_deg=tap.step_deg,
        limit_percent=percent,
        magnetising="pi",
        closed=grid.in_service(unit) and winding.end.closed,
    )
