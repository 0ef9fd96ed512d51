"""The reader of transformers with three windings, as a star (``_trafo_df_from_trafo3w``)."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from platone.grid.file.importer.oddity import UNWATCHED_TRANSFORMER
from platone.grid.file.importer.record import watched
from platone.grid.file.pandapower.row import Grid, Row
from platone.grid.file.pandapower.tap import Tap, read_tap
from platone.grid.file.pandapower.zero_sequence import connections, of_winding
from platone.grid.network.branch import ThreeWindingTransformer, Winding
from platone.grid.problem.network import FaultKind

SIDES = ("hv", "mv", "lv")
_MOST = 1e9
"""Greatest rating, kVA or kV: products of what is less stay finite."""
Three = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ratings:
    """The data of a transformer that its windings are built from, hv, mv and lv in this order."""

    kva: Three
    kv: Three
    series: tuple[complex, complex, complex]
    tap: Tap
    tap_at_star: bool
    shift_deg: Three
    no_load: complex
    no_load_side: str
    connections: tuple[str, str, str]
    zero: tuple[complex, complex, complex] | None


def read_three_winding_transformer(grid: Grid, row: Row) -> Iterator[ThreeWindingTransformer]:
    """Yield a transformer with three windings."""
    ratings = _ratings(grid, row)
    buses = [grid.bus(row, f"{side}_bus") for side in SIDES]
    if row.faults or ratings is None:
        return
    closed = all(grid.live(row, f"{side}_bus") for side in SIDES)
    percent = watched(row.number("max_loading_percent", 100.0))
    if percent is None:
        grid.remark_alike(row.id, UNWATCHED_TRANSFORMER)
    hv, mv, lv = (
        replace(
            _winding(_own_id(row, SIDES[place]), place, bus, ratings, percent, closed=closed),
            **of_winding(row, SIDES[place]),
        )
        for place, bus in enumerate(buses)
    )
    for side in SIDES:  # two on one bus: pandapower takes the first for a switch's
        place = "trafo3w", row.place, row.index(f"{side}_bus")
        grid.branch_ids.setdefault(place, _own_id(row, side))
    yield ThreeWindingTransformer(id=row.id, name=row.name, windings=(hv, mv, lv))


def _own_id(row: Row, side: str) -> str:
    """Return a winding's identifier; `write_pandapower` adds those unlike the unit's own."""
    return row.text(f"platone_{side}_id") or f"{row.id}/{side}"


def _ratings(grid: Grid, row: Row) -> _Ratings | None:
    kva, kv = _three(row, "sn_{}_mva", 1e3), _three(row, "vn_{}_kv")
    vk, vkr = _three(row, "vk_{}_percent"), _three(row, "vkr_{}_percent")
    tap = read_tap(row, grid.document.version) or Tap(side="hv")
    at_star = row.flag("tap_at_star_point", default=False)
    if tap.shift_deg:
        grid.remark(row.id, "its ideal phase shifter is taken as fixed where it stands")
        if at_star:
            row.unsupported("its tap changer is an ideal phase shifter at the star point")
    if at_star and tap.factor != 1:
        reason = "its tap changer is at the star point: impedances are taken as it stands"
        grid.remark(row.id, reason)
    shift_deg = (0.0, row.number("shift_mv_degree", 0.0), row.number("shift_lv_degree", 0.0))
    iron_kw, percent = row.number("pfe_kw"), row.number("i0_percent")
    side = row.text("loss_side") or "hv"
    if side not in SIDES:
        row.unsupported(f"its no-load loss is at {side!r}: hv, mv and lv are understood")
    if row.faults:
        return None
    rated = min(kva) > 0 and min(kv) > 0 and max(*kva, *kv) < _MOST
    if not rated or any(not k >= abs(r) for k, r in zip(vk, vkr, strict=True)):
        row.fault("its ratings or short-circuit voltages are out of range", FaultKind.OUT_OF_RANGE)
        return None
    no_load_kva = percent / 100 * kva[SIDES.index(side)]
    reactive = math.sqrt(max(no_load_kva**2 - iron_kw**2, 0.0))
    return _Ratings(
        kva=kva,
        kv=kv,
        series=_star(kva, vk, vkr),
        tap=tap,
        tap_at_star=at_star,
        shift_deg=shift_deg,
        no_load=complex(iron_kw, -reactive),
        no_load_side=side,
        connections=connections(row),
        zero=_zero_star(row, kva),
    )


def _zero_star(row: Row, kva: Three) -> tuple[complex, complex, complex] | None:
    """Return the star of the zero sequence, %; none where not all of it is given."""
    given = [row.maybe(f"vk0_{side}_percent") for side in SIDES]
    if not all(given):
        return None
    vk, vkr = _three(row, "vk0_{}_percent"), _three(row, "vkr0_{}_percent")
    if row.faults or any(not abs(k) >= abs(r) for k, r in zip(vk, vkr, strict=True)):
        row.fault("its zero-sequence short-circuit voltages are out of range")
        return None
    return _star(kva, vk, vkr)


def _three(row: Row, column: str, factor: float = 1.0) -> Three:
    hv, mv, lv = (row.number(column.format(side)) * factor for side in SIDES)
    return hv, mv, lv


def _star(kva: Three, vk: Three, vkr: Three) -> tuple[complex, complex, complex]:
    """Return the impedances of the star, % of each winding's rating.

    Short-circuit voltages are those between hv and mv, mv and lv, hv and lv, each in % of the
    lesser rating of the two windings.
    """
    pairs = ((0, 1), (1, 2), (0, 2))
    delta = [
        complex(r, math.copysign(math.sqrt(k**2 - r**2), k)) * kva[0] / min(kva[i], kva[j])
        for (i, j), k, r in zip(pairs, vk, vkr, strict=True)
    ]
    hm, ml, hl = delta
    half = [each / 2 / kva[0] for each in (hm + hl - ml, hm + ml - hl, ml + hl - hm)]
    return half[0] * kva[0], half[1] * kva[1], half[2] * kva[2]


def _winding(
    element: str, place: int, bus: str, ratings: _Ratings, percent: float | None, *, closed: bool
) -> Winding:
    side, kv, kva = SIDES[place], ratings.kv[place], ratings.kva[place]
    own = ratings.tap.side == side
    tap = ratings.tap if own else Tap(side=side)
    # at the star point the taps change the other side of the impedance
    turned = abs(tap.factor) ** 2 if own and ratings.tap_at_star else 1.0
    base_ohm = kv**2 / (kva / 1e3) / turned / 100
    ohm = ratings.series[place] * base_ohm
    zero = None if ratings.zero is None else ratings.zero[place] * base_ohm
    siemens = ratings.no_load / 1e3 / kv**2 if ratings.no_load_side == side else 0j
    return Winding(
        id=element,
        bus=bus,
        rated_kv=kv,
        rated_kva=kva,
        resistance_ohm=ohm.real,
        reactance_ohm=ohm.imag,
        conductance_us=siemens.real * turned * 1e6,
        susceptance_us=siemens.imag * turned * 1e6,
        phase_shift_deg=tap.shift_deg - ratings.shift_deg[place],
        tap_position=tap.position,
        tap_neutral=tap.neutral,
        tap_step_percent=tap.step_percent,
        tap_step_deg=tap.step_deg,
        limit_percent=percent,
        magnetising="t",
        closed=closed,
        connection=ratings.connections[place],
        zero_resistance_ohm=None if zero is None else zero.real,
        zero_reactance_ohm=None if zero is None else zero.imag,
    )


def delta_of(series: tuple[complex, complex, complex], kva: Three) -> tuple[Three, Three]:
    """Return short-circuit voltages and their active parts by pairs, %, from the star."""
    h, m, low = (each / rated for each, rated in zip(series, kva, strict=True))
    pairs = ((h + m, kva[0], kva[1]), (m + low, kva[1], kva[2]), (h + low, kva[0], kva[2]))
    hm, ml, hl = (total * min(a, b) for total, a, b in pairs)
    return (abs(hm), abs(ml), abs(hl)), (hm.real, ml.real, hl.real)
