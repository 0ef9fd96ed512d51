"""Writers of lines, transformers with two windings, and switches."""

import math
from typing import Any

from platone.grid.file.pandapower.switch import END
from platone.grid.file.pandapower.tables import Tables
from platone.grid.file.pandapower.zero_sequence import SECOND_NEUTRAL, columns_of_neutrals
from platone.grid.network.branch import Line, Switch, Transformer, Winding

TAP_COLUMNS = (
    "tap_side:t tap_neutral:n tap_min:n tap_max:n tap_step_percent:n tap_step_degree:n tap_pos:n"
    " tap_changer_type:t id_characteristic_table:I tap_dependency_table:f"
)
COLUMNS = {
    "line": (
        "name:t std_type:t from_bus:i to_bus:i length_km:n r_ohm_per_km:n x_ohm_per_km:n"
        " c_nf_per_km:n g_us_per_km:n max_i_ka:n df:n parallel:i type:t in_service:f geo:t"
        " max_loading_percent:n r0_ohm_per_km:n? x0_ohm_per_km:n? c0_nf_per_km:n?"
        " g0_us_per_km:n?"
    ),
    "trafo": (
        f"name:t std_type:t hv_bus:i lv_bus:i sn_mva:n vn_hv_kv:n vn_lv_kv:n vk_percent:n"
        f" vkr_percent:n pfe_kw:n i0_percent:n shift_degree:n {TAP_COLUMNS} parallel:i df:n"
        f" in_service:f max_loading_percent:n vector_group:t? vk0_percent:n? vkr0_percent:n?"
        f" mag0_percent:n? mag0_rx:n? si0_hv_partial:n? rn_ohm:n? xn_ohm:n?"
        f" {SECOND_NEUTRAL[0]}:n? {SECOND_NEUTRAL[1]}:n?"
        f" leakage_resistance_ratio_hv:n leakage_reactance_ratio_hv:n"
    ),
    "switch": f"bus:i element:i et:t type:t closed:f name:t z_ohm:n in_ka:n {END}:f?",
}
"""Columns of the tables that these writers fill, as `Frame` takes them."""
_AT_AN_END = {"from": 1e-7, "to": 1 - 1e-7}
"""Share of the leakage at hv that puts the no-load branch at an end; pandapower divides by it."""
_HALF = 0.5
"""Share that pandapower takes where none is told."""


def write_line(tables: Tables, line: Line) -> None:
    """Write a line, of one kilometre."""
    index = tables.add(
        "line",
        line.id,
        name=line.name,
        from_bus=tables.bus_index[line.from_bus],
        to_bus=tables.bus_index[line.to_bus],
        length_km=1.0,
        r_ohm_per_km=line.resistance_ohm,
        x_ohm_per_km=line.reactance_ohm,
        c_nf_per_km=line.capacitance_nf,
        g_us_per_km=line.conductance_us,
        max_i_ka=None if line.limit_a is None else line.limit_a / 1e3,
        df=1.0,
        parallel=1,
        in_service=line.from_closed or line.to_closed,
        max_loading_percent=100.0,
        r0_ohm_per_km=line.zero_resistance_ohm,
        x0_ohm_per_km=line.zero_reactance_ohm,
        c0_nf_per_km=line.zero_capacitance_nf,
        g0_us_per_km=line.zero_conductance_us,
    )
    _open_ends(tables, line, ("l", index))


def write_transformer(tables: Tables, unit: Transformer) -> None:
    """Write a transformer with two windings, as the T circuit that pandapower takes."""
    series = complex(unit.copper_loss_kw / unit.rated_kva, 0.0)
    reactance = max((unit.short_circuit_percent / 100) ** 2 - series.real**2, 0.0) ** 0.5
    series += 1j * math.copysign(reactance, unit.short_circuit_percent)
    earth = complex(unit.iron_loss_kw / unit.rated_kva, 0.0)
    earth -= 1j * max((unit.no_load_percent / 100) ** 2 - earth.real**2, 0.0) ** 0.5
    if unit.magnetising == "pi":
        series, earth = _as_t(series, earth)
    side = {"from": "hv", "to": "lv"}[unit.tap_side]
    row = tap_columns(side, unit) | impedance_columns(unit.rated_kva, series, earth)
    share = _AT_AN_END.get(unit.magnetising, 0.5)
    index = tables.add(
        "trafo",
        unit.id,
        name=unit.name,
        hv_bus=tables.bus_index[unit.from_bus],
        lv_bus=tables.bus_index[unit.to_bus],
        vn_hv_kv=unit.from_kv,
        vn_lv_kv=unit.to_kv,
        shift_degree=unit.phase_shift_deg,
        parallel=1,
        df=1.0,
        in_service=unit.from_closed or unit.to_closed,
        max_loading_percent=unit.limit_percent or 0.0,  # 0: no limit, as in its optimisation
        vector_group=unit.vector_group or None,
        vk0_percent=unit.zero_short_circuit_percent,
        vkr0_percent=unit.zero_copper_percent,
        mag0_percent=unit.zero_magnetising_percent,
        mag0_rx=unit.zero_magnetising_rx or None,
        si0_hv_partial=None if unit.zero_from_share == _HALF else unit.zero_from_share,
        leakage_resistance_ratio_hv=share,
        leakage_reactance_ratio_hv=share,
        **columns_of_neutrals(unit),
        **row,
    )
    _open_ends(tables, unit, ("t", index))


def write_switch(tables: Tables, switch: Switch) -> None:
    """Write a switch at a bus, to another bus or to a branch."""
    other = tables.branch_place.get(switch.other) or ("b", tables.bus_index[switch.other])
    values = {"name": switch.name, "closed": switch.closed}
    _add_switch(tables, switch.id, switch.bus, other, **values)


def write_open_end(tables: Tables, bus: str, branch: str) -> None:
    """Write that a branch is open at a bus: that takes a switch in pandapower."""
    values = {"name": "", "closed": False, END: True}
    _add_switch(tables, None, bus, tables.branch_place[branch], **values)


def _add_switch(
    tables: Tables, element: str | None, bus: str, other: tuple[str, int], **values: Any
) -> None:
    at = {"bus": tables.bus_index[bus], "element": other[1], "et": other[0]}
    tables.add("switch", element, **at, z_ohm=0.0, **values)


def _open_ends(tables: Tables, branch: Line | Transformer, place: tuple[str, int]) -> None:
    tables.branch_place[branch.id] = place
    if branch.from_closed != branch.to_closed:
        open_at = branch.to_bus if branch.from_closed else branch.from_bus
        write_open_end(tables, open_at, branch.id)


def _as_t(series: complex, earth: complex) -> tuple[complex, complex]:
    """Return the T circuit that equals a pi circuit with half of ``earth`` at each end."""
    factor = 1 + series * earth / 4
    turned = earth * factor
    return series / factor, complex(max(turned.real, 0.0), turned.imag)


def impedance_columns(rated_kva: float, series: complex, earth: complex) -> dict[str, Any]:
    """Return the columns of a transformer's series impedance and no-load admittance, per unit."""
    return {
        "sn_mva": rated_kva / 1e3,
        "vk_percent": math.copysign(abs(series), series.imag) * 100,
        "vkr_percent": series.real * 100,
        "pfe_kw": earth.real * rated_kva,
        "i0_percent": abs(earth) * 100,
    }


def tap_columns(side: str, unit: Transformer | Winding) -> dict[str, Any]:
    """Return the columns of a tap changer on one side of a transformer."""
    bounds = (unit.tap_min, unit.tap_max) if isinstance(unit, Transformer) else (None, None)
    return {
        "tap_side": side,
        "tap_neutral": float(unit.tap_neutral),
        "tap_min": bounds[0],
        "tap_max": bounds[1],
        "tap_step_percent": unit.tap_step_percent,
        "tap_step_degree": unit.tap_step_deg,
        "tap_pos": float(unit.tap_position),
        "tap_changer_type": "Ratio" if unit.tap_step_percent else None,
        "tap_dependency_table": False,
    }
