"""Columns for unbalanced calculations: pandapower's own, and ours in its tables."""

import re
from collections.abc import Mapping
from typing import Any

from platone.grid.file.pandapower.row import Row
from platone.grid.network.branch import Transformer, Winding
from platone.grid.network.element import Generator, Source

BEHIND_MACHINE = {
    "negative_resistance_ohm": "platone_r2_ohm",
    "negative_reactance_ohm": "platone_x2_ohm",
    "zero_resistance_ohm": "platone_r0_ohm",
    "zero_reactance_ohm": "platone_x0_ohm",
}
"""Columns of what lies behind a source or generator; `write_pandapower` makes them."""
OF_WINDING = {
    "zero_resistance_ohm": "platone_{}_r0_ohm",
    "zero_reactance_ohm": "platone_{}_x0_ohm",
    "neutral_resistance_ohm": "platone_{}_rn_ohm",
    "neutral_reactance_ohm": "platone_{}_xn_ohm",
    "uncounted_hour": "platone_{}_hour",
}
"""Columns of one of three windings, by its side."""
SECOND_NEUTRAL = ("platone_lv_rn_ohm", "platone_lv_xn_ohm")
"""Columns of the second star point where both are earthed: pandapower has one."""
_THREE = re.compile(r"(YN|Y|D|ZN|Z)\d*(yn|y|d|zn|z)\d*(yn|y|d|zn|z)\d*", re.IGNORECASE)
_FIRST = re.compile(r"YN|ZN", re.IGNORECASE)


def behind_machine(row: Row) -> dict[str, float | None]:
    """Return the impedances behind a source or generator by columns of ours; empty without them."""
    found = {field: row.maybe(column) for field, column in BEHIND_MACHINE.items()}
    return found if any(value is not None for value in found.values()) else {}


def columns_behind(machine: Source | Generator) -> dict[str, float | None]:
    """Return columns of ours for the impedances behind a source or generator."""
    return {column: getattr(machine, field) for field, column in BEHIND_MACHINE.items()}


def zero_of_two(row: Row) -> dict[str, Any]:
    """Return the fields of a transformer with two windings that describe its zero sequence."""
    vector_group = row.text("vector_group")
    return {
        "vector_group": vector_group,
        "zero_short_circuit_percent": row.maybe("vk0_percent") or None,
        "zero_copper_percent": row.maybe("vkr0_percent") or None,
        "zero_magnetising_percent": row.maybe("mag0_percent") or None,
        "zero_magnetising_rx": row.number("mag0_rx", 0.0),
        "zero_from_share": row.maybe("si0_hv_partial") or 0.5,
    } | _neutrals(row, vector_group)


def _neutrals(row: Row, vector_group: str) -> dict[str, float]:
    """Return the resistances and reactances between the two star points and earth.

    pandapower's own are those of the higher voltage where that is earthed, else of the lower.
    """
    own = row.maybe("rn_ohm") or 0.0, row.maybe("xn_ohm") or 0.0
    second = tuple(row.maybe(column) or 0.0 for column in SECOND_NEUTRAL)
    (r_from, x_from), (r_to, x_to) = (
        (own, second) if _FIRST.match(vector_group) else ((0.0, 0.0), own)
    )
    return {
        "from_neutral_resistance_ohm": r_from,
        "from_neutral_reactance_ohm": x_from,
        "to_neutral_resistance_ohm": r_to,
        "to_neutral_reactance_ohm": x_to,
    }


def columns_of_neutrals(unit: Transformer) -> Mapping[str, float | None]:
    """Return columns of ours for what lies behind the star points."""
    first = unit.from_neutral_resistance_ohm, unit.from_neutral_reactance_ohm
    second = unit.to_neutral_resistance_ohm, unit.to_neutral_reactance_ohm
    if _FIRST.match(unit.vector_group):
        return dict(
            zip(("rn_ohm", "xn_ohm", *SECOND_NEUTRAL), map(_given, first + second), strict=True)
        )
    return dict(zip(("rn_ohm", "xn_ohm"), map(_given, second), strict=True))


def connections(row: Row) -> tuple[str, str, str]:
    """Return the connections of three windings by the vector group; empty where it does not say."""
    match = _THREE.fullmatch(row.text("vector_group"))
    if match is None:
        return "", "", ""
    first, second, third = (each.upper() for each in match.groups())
    return first, second, third


def of_winding(row: Row, side: str) -> dict[str, Any]:
    """Return the fields of one of three windings by columns of ours."""
    found = {field: row.maybe(column.format(side)) for field, column in OF_WINDING.items()}
    known = {field: value for field, value in found.items() if value is not None}
    if "uncounted_hour" in known:
        known["uncounted_hour"] = int(known["uncounted_hour"])
    return known


def columns_of_winding(winding: Winding, side: str) -> dict[str, float | None]:
    """Return columns of ours for one of three windings."""
    return {
        column.format(side): _given(getattr(winding, field)) for field, column in OF_WINDING.items()
    }


def _given(value: float | None) -> float | None:
    return value or None
