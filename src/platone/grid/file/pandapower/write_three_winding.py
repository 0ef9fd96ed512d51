"""The writer of transformers with three windings."""

import math
from collections.abc import Sequence
from itertools import combinations

from platone.grid.file.pandapower.tables import Tables
from platone.grid.file.pandapower.three_winding import SIDES, delta_of
from platone.grid.file.pandapower.write_branch import (
    TAP_COLUMNS,
    tap_columns,
    write_open_end,
    write_transformer,
)
from platone.grid.file.pandapower.write_element import write_bus
from platone.grid.file.pandapower.zero_sequence import OF_WINDING, columns_of_winding
from platone.grid.network.branch import ThreeWindingTransformer, Transformer, Winding
from platone.grid.network.element import Bus

_OF_WINDINGS = " ".join(f"{each.format(side)}:n?" for side in SIDES for each in OF_WINDING.values())
COLUMNS = {
    "trafo3w": (
        f"name:t std_type:t hv_bus:i mv_bus:i lv_bus:i sn_hv_mva:n sn_mv_mva:n sn_lv_mva:n"
        f" vn_hv_kv:n vn_mv_kv:n vn_lv_kv:n vk_hv_percent:n vk_mv_percent:n vk_lv_percent:n"
        f" vkr_hv_percent:n vkr_mv_percent:n vkr_lv_percent:n pfe_kw:n i0_percent:n"
        f" shift_mv_degree:n shift_lv_degree:n {TAP_COLUMNS} tap_at_star_point:f in_service:f"
        f" max_loading_percent:n loss_side:t platone_hv_id:t? platone_mv_id:t? platone_lv_id:t?"
        f" vector_group:t? {_OF_WINDINGS}"
    ),
}
"""Columns of the table that this writer fills, as `Frame` takes them."""


def write_three_winding_transformer(tables: Tables, unit: ThreeWindingTransformer) -> None:
    """Write a transformer with three windings; as a star of three where no table can say it."""
    if not _is_plain(unit):
        _write_star(tables, unit)
        return
    hv, mv, lv = unit.windings
    kva = hv.rated_kva, mv.rated_kva, lv.rated_kva
    series = _series_pu(hv), _series_pu(mv), _series_pu(lv)
    vk, vkr = delta_of(series, kva)
    tapped = next((i for i, each in enumerate(unit.windings) if _is_tapped(each)), 0)
    lossy = next((i for i, each in enumerate(unit.windings) if _earth_pu(each)), 0)
    earth = _earth_pu(unit.windings[lossy])
    row = tap_columns(SIDES[tapped], unit.windings[tapped])
    for place, (side, winding) in enumerate(zip(SIDES, unit.windings, strict=True)):
        row |= {
            f"platone_{side}_id": None if winding.id == f"{unit.id}/{side}" else winding.id,
            f"{side}_bus": tables.bus_index[winding.bus],
            f"sn_{side}_mva": winding.rated_kva / 1e3,
            f"vn_{side}_kv": winding.rated_kv,
            f"vk_{side}_percent": vk[place] * 100,
            f"vkr_{side}_percent": vkr[place] * 100,
        } | columns_of_winding(winding, side)
    index = tables.add(
        "trafo3w",
        unit.id,
        name=unit.name,
        pfe_kw=earth.real * kva[lossy],
        i0_percent=abs(earth) * 100,
        loss_side=SIDES[lossy],
        shift_mv_degree=hv.phase_shift_deg - mv.phase_shift_deg,
        shift_lv_degree=hv.phase_shift_deg - lv.phase_shift_deg,
        tap_at_star_point=False,
        vector_group=_vector_group(unit),
        max_loading_percent=hv.limit_percent or 0.0,  # 0: no limit, as in its optimisation
        in_service=any(each.closed for each in unit.windings),
        **row,
    )
    for winding in unit.windings:
        tables.branch_place[winding.id] = ("t3", index)
        if not winding.closed:
            write_open_end(tables, winding.bus, winding.id)


def _write_star(tables: Tables, unit: ThreeWindingTransformer) -> None:
    """Write three transformers around a bus."""
    star_kv = unit.windings[0].rated_kv
    star = Bus(id=f"{unit.id}/star", name=unit.name, nominal_kv=star_kv, min_pu=None, max_pu=None)
    write_bus(tables, star)
    for winding in unit.windings:
        series, earth = _series_pu(winding), _earth_pu(winding)
        write_transformer(
            tables,
            Transformer(
                id=winding.id,
                name=unit.name,
                from_bus=winding.bus,
                to_bus=star.id,
                from_kv=winding.rated_kv,
                to_kv=star_kv,
                rated_kva=winding.rated_kva,
                short_circuit_percent=math.copysign(abs(series), series.imag) * 100,
                copper_loss_kw=series.real * winding.rated_kva,
                no_load_percent=abs(earth) * 100,
                iron_loss_kw=earth.real * winding.rated_kva,
                phase_shift_deg=winding.phase_shift_deg,
                tap_position=winding.tap_position,
                tap_step_percent=winding.tap_step_percent,
                from_closed=winding.closed,
                to_closed=winding.closed,
                tap_step_deg=winding.tap_step_deg,
                tap_neutral=winding.tap_neutral,
                limit_percent=winding.limit_percent,
                magnetising=winding.magnetising,
            ),
        )


def _is_plain(unit: ThreeWindingTransformer) -> bool:
    """Return whether pandapower's table of transformers with three windings can express it."""
    windings = unit.windings
    lossy = [each for each in windings if _earth_pu(each)]
    return (
        sum(_is_tapped(each) for each in windings) <= 1
        and len(lossy) <= 1
        and all(each.magnetising == "t" for each in lossy)
        and len({each.limit_percent for each in windings}) == 1
        and _has_inductive_pairs(windings)
    )


def _has_inductive_pairs(windings: Sequence[Winding]) -> bool:
    """Return whether pandapower can tell each pair's reactance, which it takes as none below 0."""
    per_kva = [_series_pu(each) / each.rated_kva for each in windings]
    return all((one + other).imag >= 0 for one, other in combinations(per_kva, 2))


def _vector_group(unit: ThreeWindingTransformer) -> str | None:
    kinds = [each.connection for each in unit.windings]
    return kinds[0] + "".join(kinds[1:]).lower() if all(kinds) else None


def _is_tapped(winding: Winding) -> bool:
    return winding.tap_position != winding.tap_neutral and winding.tap_step_percent != 0


def _series_pu(winding: Winding) -> complex:
    base_ohm = winding.rated_kv**2 / winding.rated_kva * 1e3
    return complex(winding.resistance_ohm, winding.reactance_ohm) / base_ohm


def _earth_pu(winding: Winding) -> complex:
    base_ohm = winding.rated_kv**2 / winding.rated_kva * 1e3
    return complex(winding.conductance_us, winding.susceptance_us) * 1e-6 * base_ohm
