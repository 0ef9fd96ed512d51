"""The reader of transformers with two windings."""

import cmath
import math
from collections.abc import Iterator

from platone.grid.file.importer.oddity import UNWATCHED_TRANSFORMER
from platone.grid.file.importer.record import watched
from platone.grid.file.pandapower.row import Grid, Row
from platone.grid.file.pandapower.tap import Tap, read_tap, stands_unused
from platone.grid.file.pandapower.zero_sequence import zero_of_two
from platone.grid.network.branch import Magnetising, Transformer
from platone.grid.problem.network import FaultKind

_AT_AN_END = 1e-6
"""Share of the leakage on one side below which the no-load branch lies there."""


def read_transformer(grid: Grid, row: Row) -> Iterator[Transformer]:
    """Yield a transformer with two windings, in the T circuit that is pandapower's default."""
    unit = _transformer(grid, row)
    if stands_unused(row, grid.document.version):
        reason = "has a tap changer without a type: its position is not counted, as by pandapower"
        grid.remark_alike(row.id, reason)
    if not row.faults:
        if unit.limit_percent is None:
            grid.remark_alike(unit.id, UNWATCHED_TRANSFORMER)
        grid.branch_ids["trafo", row.place] = unit.id
        yield unit


def _transformer(grid: Grid, row: Row) -> Transformer:
    parallel = row.number("parallel", 1.0)
    if parallel < 1:
        row.fault("parallel is below 1", FaultKind.OUT_OF_RANGE)
        parallel = 1.0
    rated_kva = row.number("sn_mva") * 1e3 * parallel
    iron_kw = row.number("pfe_kw") * parallel
    no_load_percent = row.number("i0_percent")
    if no_load_percent < 0:
        no_load_percent = -no_load_percent
        grid.remark(row.id, "its no-load current is below 0: pandapower counts its magnitude")
    if rated_kva > 0 and iron_kw > 0 and no_load_percent / 100 * rated_kva < iron_kw:
        # pandapower: no reactive part then
        no_load_percent = iron_kw / rated_kva * 100 * (1 + 1e-12)
        grid.remark(row.id, "its iron loss exceeds its no-load power: that is taken as its loss")
    first, second = _taps(grid, row)
    closed = grid.live(row, "hv_bus") and grid.live(row, "lv_bus")
    return Transformer(
        id=row.id,
        name=row.name,
        from_bus=grid.bus(row, "hv_bus"),
        to_bus=grid.bus(row, "lv_bus"),
        from_kv=row.number("vn_hv_kv") * (abs(second.factor) if second.side == "hv" else 1),
        to_kv=row.number("vn_lv_kv") * (abs(second.factor) if second.side == "lv" else 1),
        rated_kva=rated_kva,
        short_circuit_percent=row.number("vk_percent"),
        copper_loss_kw=row.number("vkr_percent") * rated_kva / 100,
        no_load_percent=no_load_percent,
        iron_loss_kw=iron_kw,
        phase_shift_deg=_lag_deg(row, first, second),
        tap_side="to" if first.side == "lv" else "from",
        tap_position=first.position,
        tap_step_percent=first.step_percent,
        from_closed=closed,
        to_closed=closed,
        tap_step_deg=first.step_deg,
        tap_neutral=first.neutral,
        tap_min=first.least,
        tap_max=first.most,
        limit_percent=watched(row.number("max_loading_percent", 100.0) * row.number("df", 1.0)),
        magnetising=_magnetising(row, used=bool(no_load_percent or iron_kw)),
        **zero_of_two(row),
    )


def _taps(grid: Grid, row: Row) -> tuple[Tap, Tap]:
    """Return its two tap changers; the model has one: the second is folded into the ratings."""
    version = grid.document.version
    first, second = read_tap(row, version), read_tap(row, version, "2")
    if second is not None and first is None:
        first, second = second, None
    if second is not None:
        grid.remark(row.id, "its second tap changer is taken as fixed where it stands")
    if first is not None and first.shift_deg:
        grid.remark(row.id, "its ideal phase shifter is taken as fixed where it stands")
    return first or Tap(side="hv"), second or Tap(side="hv")


def _lag_deg(row: Row, first: Tap, second: Tap) -> float:
    """Return the lag of the second winding in degrees, ideal phase shifters counted in."""
    return row.number("shift_degree", 0.0) + _shift_deg(first) + _shift_deg(second, whole=True)


def _shift_deg(tap: Tap, *, whole: bool = False) -> float:
    """Return the lag that a tap changer adds to the second winding beyond its ratio, degrees."""
    shift = tap.shift_deg + (math.degrees(cmath.phase(tap.factor)) if whole else 0.0)
    return -shift if tap.side == "lv" else shift


def _magnetising(row: Row, *, used: bool) -> Magnetising:
    """Return where the no-load branch lies, by the first winding's shares of the leakage."""
    shares = {row.number(f"leakage_{part}_ratio_hv", 0.5) for part in ("resistance", "reactance")}
    if not used or shares == {0.5}:
        return "t"
    if max(shares) <= _AT_AN_END:
        return "from"
    if min(shares) >= 1 - _AT_AN_END:
        return "to"
    row.unsupported("its leakage is shared unequally between its windings")
    return "t"
