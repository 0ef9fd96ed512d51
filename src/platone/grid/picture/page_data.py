"""A picture as compact data for the page's script."""

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from platone.grid.array import Floats
from platone.grid.flow.phase_state import PHASES
from platone.grid.picture.instant import hour_ticks
from platone.grid.picture.label_text import EDGE_NAMES, hanging_name
from platone.grid.picture.layout import Layout
from platone.grid.picture.picture import Picture
from platone.grid.picture.scale import DEAD, LOADING, LOADING_DARK, UNKNOWN
from platone.grid.picture.state_series import StateSeries, severity
from platone.grid.picture.symbol import SHAPES, STYLE_OF_PAGE, shape_of
from platone.kernel.market_time import town_of
from platone.kernel.style.sheet import colours

NOTHING = -1_000_000_000
"""Stands where there is no value."""


def page_data(picture: Picture) -> dict[str, Any]:
    """Return everything that the page shows as values for JSON."""
    network = picture.network
    return {
        "title": picture.title,
        "network": {"id": network.id, "version": network.version},
        "zone": town_of(picture.zone) if picture.instants else "",
        "day": picture.day,
        "moments": picture.moments,
        "ticks": hour_ticks(picture.instants, picture.zone) if picture.instants else [],
        "buses": {
            "id": [bus.id for bus in network.buses],
            "name": [bus.name for bus in network.buses],
            "kv": [bus.nominal_kv for bus in network.buses],
            "min": [bus.min_pu for bus in network.buses],
            "max": [bus.max_pu for bus in network.buses],
        },
        "stars": [[unit.id, unit.name] for unit in network.three_winding_transformers],
        "edges": _edges(picture),
        "switches": [
            [each.element, each.edge, each.end, int(each.closed)] for each in picture.graph.switches
        ],
        "hangings": [
            [each.bus, shape_of(each), hanging_name(each), each.elements]
            for each in picture.graph.hangings
        ],
        "layouts": [_layout(layout) for layout in picture.layouts],
        "levels": [[kv, picture.level_colour(kv)] for kv in picture.levels_kv],
        "colours": {
            "paper": dict(colours()),
            "loadingDark": LOADING_DARK.anchors,
            "loading": LOADING.anchors,
            "voltage": picture.voltage_scale.anchors,
            "unknown": UNKNOWN,
            "dead": DEAD,
        },
        "shapes": SHAPES,
        "looks": STYLE_OF_PAGE,
        "findings": [[each.text, each.element, int(each.is_bad)] for each in picture.findings],
        "findingsTitle": picture.findings_title,
        "notes": [[note.element, note.text, note.mark] for note in picture.notes],
        "states": None if picture.series is None else _states(picture.series),
    }


def _edges(picture: Picture) -> dict[str, Any]:
    network, edges = picture.network, picture.graph.edges
    names = [branch.name for branch in network.branches]
    names += [""] * (len(edges) - len(names))
    return {
        "id": [edge.element for edge in edges],
        "name": names,
        "kind": [edge.kind.value for edge in edges],
        "kinds": {kind.value: name for kind, name in EDGE_NAMES.items()},
        "from": [edge.ends[0] for edge in edges],
        "to": [edge.ends[1] for edge in edges],
        "closed": [int(edge.closed[0]) + 2 * int(edge.closed[1]) for edge in edges],
    }


def _layout(layout: Layout) -> dict[str, Any]:
    return {
        "kind": layout.kind,
        "size": [round(side) for side in layout.size],
        "x": _short(layout.x),
        "top": _short(layout.top),
        "bottom": _short(layout.bottom),
        "feed": {node: [round(x, 1), round(y, 1)] for node, (x, y) in layout.feed.items()},
        "hang": {node: [round(x, 1), round(y, 1)] for node, (x, y) in layout.hang.items()},
        "routes": [
            [round(part, 1) for point in route for part in point] for route in layout.routes
        ],
    }


def _short(values: Floats) -> list[float]:
    return [round(value, 1) for value in values.tolist()]


def _states(series: StateSeries) -> dict[str, Any]:
    totals = series.totals
    return {
        "instants": series.instants,
        "worst": series.worst,
        "severity": severity(series),
        "limits": [
            round(limit, 3) if np.isfinite(limit) else None for limit in series.limit_a.tolist()
        ],
        "alarms": [
            [
                each.element,
                each.kind,
                round(each.value, 6),
                round(each.limit, 6),
                each.unit,
                each.worst,
                each.places,
                each.phase,
            ]
            for each in series.alarm_groups
        ],
        "totals": {
            "load": np.round(totals.load_kw, 2).tolist(),
            "generation": np.round(totals.generation_kw, 2).tolist(),
            "losses": np.round(totals.loss_kw, 2).tolist(),
            "from sources": np.round(totals.source_kw, 2).tolist(),
        },
        "observable": None if series.certainty is None else series.certainty.observable.tolist(),
        "fed": series.fed.tolist(),
        "series": _series(series),
    }


def _series(series: StateSeries) -> Mapping[str, Any]:
    found = {
        "voltage": packed(series.voltage_pu, 100_000),
        "p": packed(series.bus_kw, 100),
        "q": packed(series.bus_kvar, 100),
        "loading": packed(series.loading_percent, 100),
        "current": packed(series.current_a, 100),
        "through": packed(series.through_kw, 100),
    }
    if series.certainty is not None:
        found["voltageStd"] = packed(series.certainty.std_pu, 1_000_000)
        found["currentStd"] = packed(series.certainty.std_a, 1000)
    if series.phases is not None:
        for place, phase in enumerate(PHASES):
            found[f"voltage{phase}"] = packed(series.phases.voltage_pu[..., place], 100_000)
            found[f"current{phase}"] = packed(series.phases.current_a[..., place], 100)
    return found


def packed(values: Floats, scale: int) -> dict[str, Any]:
    """Return numbers by instant and element as fixed-point differences in time, deflated.

    Element after element; a value is its sum of differences by ``scale``. Differences are signed
    as in Protocol Buffers ("zigzag": 0, -1, 1, -2 ... as 0, 1, 2, 3 ...), 32-bit, all lowest
    bytes first, then all second bytes and so on: that deflates well and fast.
    """
    fixed = np.nan_to_num(values.T * scale, nan=NOTHING, posinf=NOTHING, neginf=NOTHING)
    whole = np.clip(np.rint(fixed), NOTHING, -NOTHING).astype(np.int64)
    steps = np.diff(whole, axis=1, prepend=0)
    signless = ((steps << 1) ^ (steps >> 63)).astype("<u4").reshape(-1, 1)
    planes = np.ascontiguousarray(signless.view(np.uint8).T)
    return {"scale": scale, "data": base64.b64encode(zlib.compress(planes.tobytes(), 6)).decode()}


def script_json(data: Mapping[str, Any]) -> str:
    """Return JSON that is safe inside a script element, whatever names it holds."""
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
