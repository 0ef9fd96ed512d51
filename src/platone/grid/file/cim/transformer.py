"""The reader of transformers: with two windings their sums, seen from the first winding."""

import cmath
import math
from collections.abc import Iterator, Sequence

from platone.grid.file.cim.cim_object import CimObject
from platone.grid.file.cim.grid import Grid
from platone.grid.file.cim.kind import TRANSFORMERS
from platone.grid.file.cim.tap import Tap
from platone.grid.file.cim.three_winding import three_windings
from platone.grid.file.cim.winding import CimWinding, WindingTable, folded
from platone.grid.file.cim.zero_sequence import zero_of_two
from platone.grid.network.branch import Magnetising, ThreeWindingTransformer, Transformer

NOMINAL_MVA = 100.0
"""The base for what is told in percent where a transformer has no rated power."""
_TWO = 2
_TRACE, _ALIKE = 1e-6, 1 / 3
"""Ratio of the lesser to the larger admittance: below, nothing; above, half at each end."""
_ROUND = 1 + 1e-12
"""Against rounding: no part of an impedance exceeds its magnitude."""


def read_transformers(grid: Grid) -> Iterator[Transformer | ThreeWindingTransformer]:
    """Yield the transformers with two and with three windings."""
    table = WindingTable(grid)
    for each in grid.equipment(*TRANSFORMERS):
        windings = table.of(each)
        if len(windings) not in {2, 3}:
            each.unsupported(f"it has {len(windings)} windings: two and three are understood")
        if not grid.take(each, [winding.end for winding in windings]):
            continue
        if all(winding.mva is None for winding in windings):
            reason = "has no rated power: 100 MVA is its base, and it is no limit"
            grid.model.remark_alike(each.id, reason)
        if len(windings) == _TWO:
            yield _transformer(grid, each, windings)
        else:
            yield three_windings(grid, each, windings, NOMINAL_MVA)


def _transformer(grid: Grid, record: CimObject, windings: Sequence[CimWinding]) -> Transformer:
    first, second = windings
    mva = min((winding.mva for winding in windings if winding.mva), default=NOMINAL_MVA)
    base_ohm = first.kv**2 / mva
    series = first.series + second.series * (first.kv / second.kv) ** 2
    shunts = first.shunt, second.shunt * (second.kv / first.kv) ** 2
    shunt = shunts[0] + shunts[1]
    if shunt.real < 0:
        record.unsupported("its no-load conductance is below 0")
        grid.take(record, [first.end, second.end])
    live, factors = folded(grid, windings)
    tap = Tap(id="") if live is None else live[1]
    on = grid.in_service(record)
    return Transformer(
        id=record.id,
        name=record.name,
        from_bus=first.end.bus,
        to_bus=second.end.bus,
        from_kv=first.kv * abs(factors[0]),
        to_kv=second.kv * abs(factors[1]),
        rated_kva=mva * 1e3,
        short_circuit_percent=math.copysign(abs(series) * _ROUND / base_ohm * 100, series.imag),
        copper_loss_kw=series.real / base_ohm * mva * 1e3,
        no_load_percent=math.copysign(abs(shunt) * _ROUND * base_ohm * 100, -shunt.imag),
        iron_loss_kw=shunt.real * base_ohm * mva * 1e3,
        phase_shift_deg=math.degrees(cmath.phase(factors[0]) - cmath.phase(factors[1])),
        tap_side="to" if live and live[0] is second else "from",
        tap_position=int(tap.position),
        tap_step_percent=tap.step_percent,
        from_closed=on and first.end.closed,
        to_closed=on and second.end.closed,
        tap_step_deg=tap.step_deg,
        tap_neutral=tap.neutral,
        tap_min=tap.least,
        tap_max=tap.most,
        limit_percent=_limit_percent(grid, record, windings, mva),
        magnetising=_magnetising(grid, record, *shunts),
        **zero_of_two(grid.model, record.id, first, second, base_ohm),
    )


def _limit_percent(
    grid: Grid, record: CimObject, windings: Sequence[CimWinding], mva: float
) -> float | None:
    """Return the strictest limit of its ends, % of rated; 100 where only its rating is given."""
    found = [
        amperes * math.sqrt(3) * winding.kv / (mva * 1e3) * 100
        for winding in windings
        for amperes in grid.limits.at_end(record, winding.end)
    ]
    rated = any(winding.mva for winding in windings)
    return min(found, default=100.0 if rated else None)


def _magnetising(grid: Grid, record: CimObject, first: complex, second: complex) -> Magnetising:
    """Return where the no-load admittance lies, both windings' seen from the first.

    Files give it at one winding; those who wrote them solve a pi circuit with a half at each end
    (NEPLAN and PowerFactory: measured on their solved states). Where both windings have one it
    stands at both.
    """
    if not (first and second) or cmath.isclose(first, second, rel_tol=1e-6):
        return "pi"
    larger: Magnetising = "from" if abs(first) >= abs(second) else "to"
    share = min(abs(first), abs(second)) / max(abs(first), abs(second))
    if share < _TRACE:
        return larger
    taken = "half at each end" if share > _ALIKE else f"at one end, {larger!r}"
    grid.model.remark(record.id, f"its unequal no-load admittances are taken together, {taken}")
    return "pi" if share > _ALIKE else larger
