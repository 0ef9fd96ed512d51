"""Transformers with three windings: CIM gives the branches of their star."""

import cmath
import math
from collections.abc import Sequence
from dataclasses import replace

from platone.grid.file.cim.cim_object import Thing
from platone.grid.file.cim.grid import Grid
from platone.grid.file.cim.limit import LimitTable
from platone.grid.file.cim.tap import Tap
from platone.grid.file.cim.winding import Coil, folded
from platone.grid.file.cim.zero_sequence import zero_of_winding
from platone.grid.network.branch import ThreeWindingTransformer, Winding

_LEAST_PU = 1e-6
"""Impedance in place of none, on the winding's rating: 1e-6 of the voltage at rated current."""
_LEAST_OHM = 2e-6


def three_windings(
    grid: Grid, limits: LimitTable, thing: Thing, coils: Sequence[Coil], nominal_mva: float
) -> ThreeWindingTransformer:
    """A transformer; the winding of the highest voltage comes first."""
    known = [coil.mva for coil in coils if coil.mva]
    default = min(known, default=nominal_mva)
    ordered = sorted(coils, key=lambda coil: -coil.kv)
    made = [_winding(grid, limits, thing, coil, coil.mva or default) for coil in ordered]
    first, second, third = (
        _with_zero_sequence(grid, coil, winding, ordered[0], made[0].phase_shift_deg)
        for coil, winding in zip(ordered, made, strict=True)
    )
    return ThreeWindingTransformer(id=thing.id, name=thing.name, windings=(first, second, third))


def _with_zero_sequence(
    grid: Grid, coil: Coil, winding: Winding, first: Coil, first_deg: float
) -> Winding:
    turn = winding.rated_kv / coil.kv
    lag_deg = first_deg - winding.phase_shift_deg
    return replace(winding, **zero_of_winding(grid.model, coil, first, turn, lag_deg))


def _winding(grid: Grid, limits: LimitTable, unit: Thing, coil: Coil, mva: float) -> Winding:
    live, (factor,) = folded(grid, [coil])
    tap = Tap("") if live is None else live[1]
    # what is fixed of the taps goes into the rated voltage; the ohms stay those of the winding
    turned = abs(factor) ** 2
    series = coil.series * turned
    if abs(series) < _LEAST_OHM:
        series = complex(0, max(_LEAST_PU * coil.kv**2 / mva, _LEAST_OHM))
        reason = f"it has no impedance in the star: {series.imag:.3g} ohm are taken"
        grid.model.remark(coil.thing.id, reason)
    shunt = coil.shunt / turned
    amperes = limits.at_end(unit, coil.end)
    percent = 100.0 if coil.mva else None
    if amperes:
        percent = min(amperes) * math.sqrt(3) * coil.kv / (mva * 1e3) * 100
    return Winding(
        id=coil.thing.id,
        bus=coil.end.bus,
        rated_kv=coil.kv * abs(factor),
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
        closed=grid.in_service(unit) and coil.end.closed,
    )
