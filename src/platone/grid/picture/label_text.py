"""Elements and their values in words, with units."""

import math
from collections.abc import Iterator, Sequence

from platone.grid.flow.phase_state import PHASES
from platone.grid.picture.graph import Attachment, AttachmentKind, EdgeKind
from platone.grid.picture.picture import Picture
from platone.grid.picture.state_series import StateSeries

_KW_OF_MW = 1e3
MARK_NAMES = {
    "measured": "measured",
    "bad": "bad measurement",
    "changed": "changed since the earlier version",
    "added": "added since",
}
"""The names of remarks' marks in legends; the page's script has the same."""
SUPPOSED = "rests on expected values"
"""Label of values that measurements alone do not determine."""

EDGE_NAMES = {
    EdgeKind.LINE: "line",
    EdgeKind.TRANSFORMER: "transformer",
    EdgeKind.WINDING: "winding of a transformer",
    EdgeKind.TIE: "switch",
}
_HANG_NAMES = {
    AttachmentKind.SOURCE: "source",
    AttachmentKind.GENERATOR: "generator that holds a voltage",
    AttachmentKind.GENERATION: "generation",
    AttachmentKind.LOAD: "load",
    AttachmentKind.POD: "point of delivery",
}


def power(kw: float) -> str:
    """Return power in a readable unit, such as 12.3 MW, 812 kW or 0.4 kW."""
    kw = round(float(kw), 3) + 0.0  # no minus zero
    if abs(kw) >= 10 * _KW_OF_MW:
        return f"{kw / _KW_OF_MW:.1f} MW"
    if abs(kw) >= _KW_OF_MW:
        return f"{kw / _KW_OF_MW:.2f} MW"
    return f"{kw:.0f} kW" if abs(kw) >= 10 or kw == 0 else f"{kw:.1f} kW"  # noqa: PLR2004


def level(kv: float) -> str:
    """Return a nominal voltage as text, such as 20 kV."""
    return f"{kv:g} kV"


def named(identifier: str, name: str) -> str:
    """Return an element's name with its identifier, where they differ."""
    return identifier if name in {"", identifier} else f"{name} ({identifier})"


def shortened(name: str, letters: int) -> str:
    """Return a name of at most so many letters; its end, where names differ, is kept."""
    if len(name) <= letters:
        return name
    first = (letters - 1) // 3
    return f"{name[:first]}…{name[first + 1 - letters :]}"


def limit_words(value: float, limit: float, unit: str, phase: str | None = None) -> str:
    """Return a value beyond its limit in words, such as 221.0 A in phase B, limit 213.0 A."""
    digits = 3 if unit == "pu" else 1
    where = f" in phase {phase}" if phase else ""
    return f"{value:.{digits}f} {unit}{where}, limit {limit:.{digits}f} {unit}"


def bus_words(picture: Picture, bus: int, row: int | None) -> str:
    """Return a bus in words, with its voltage at an instant."""
    found = picture.network.buses[bus]
    parts = [named(found.id, found.name), level(found.nominal_kv)]
    if picture.series is not None and row is not None:
        parts += _voltage_words(picture.series, bus, row)
    return ", ".join(parts)


def _voltage_words(series: StateSeries, bus: int, row: int) -> Iterator[str]:
    pu = float(series.voltage_pu[row, bus])
    if math.isnan(pu):
        yield "voltage not known" if series.fed[bus] else "without voltage"
        return
    if series.phases is not None:
        yield phase_words(series.phases.voltage_pu[row, bus].tolist(), 4, "pu")
        return
    if series.certainty is None:
        yield f"{pu:.4f} pu"
        return
    yield f"{with_std(pu, float(series.certainty.std_pu[row, bus]), 4)} pu"
    if not series.certainty.observable[bus]:
        yield SUPPOSED


def phase_words(values: Sequence[float], digits: int, unit: str) -> str:
    """Return values of the three phases in words, such as A 0.981 B 0.962 C 0.975 pu."""
    told = " ".join(
        f"{name} {value:.{digits}f}" for name, value in zip(PHASES, values, strict=True)
    )
    return f"{told} {unit}"


def with_std(value: float, std: float, most: int) -> str:
    """Return a value with its standard deviation, such as 0.988 ± 0.003, in certain digits."""
    if math.isnan(std) or std <= 0:
        return f"{value:.{most}f}"
    digits = min(max(-math.floor(math.log10(std)), 0), most)
    return f"{value:.{digits}f} ± {std:.{digits}f}"


def edge_words(picture: Picture, number: int, row: int | None) -> str:
    """Return a branch or switch in words, with its loading at an instant."""
    edge, network = picture.graph.edges[number], picture.network
    if edge.kind is EdgeKind.TIE:
        return f"{edge.element}, switch, {'closed' if edge.is_closed else 'open'}"
    parts = [named(edge.element, network.branches[number].name), EDGE_NAMES[edge.kind]]
    if not edge.is_closed:
        parts.append("open")
    if picture.series is not None and row is not None:
        parts += _load_words(picture.series, number, row)
        if picture.supposed_edges[number] and math.isfinite(picture.series.current_a[row, number]):
            parts.append(SUPPOSED)
    return ", ".join(parts)


def _load_words(series: StateSeries, number: int, row: int) -> list[str]:
    percent, current = (
        float(values[row, number]) for values in (series.loading_percent, series.current_a)
    )
    if math.isnan(current):
        return ["current not known"]
    told = f"{current:.1f} A"
    if series.certainty is not None:
        told = f"{with_std(current, float(series.certainty.std_a[row, number]), 1)} A"
    elif series.phases is not None:
        told = phase_words(series.phases.current_a[row, number].tolist(), 1, "A")
    return [told, "no limit" if math.isnan(percent) else f"{percent:.1f} % of its limit"]


def hanging_name(hanging: Attachment) -> str:
    """Return the name of an attachment's kind."""
    if hanging.kind is AttachmentKind.SHUNT:
        return "capacitor" if hanging.capacitive else "reactor"
    return _HANG_NAMES[hanging.kind]


def hanging_words(hanging: Attachment) -> str:
    """Return elements attached to a bus in words."""
    count = len(hanging.elements)
    listed = ", ".join(hanging.elements[:12]) + (" …" if count > 12 else "")  # noqa: PLR2004
    return f"{hanging_name(hanging)}: {listed}"


def total_words(series: StateSeries, row: int) -> str:
    """Return the sums over the network at an instant in words."""
    totals = series.totals
    return (
        f"load {power(totals.load_kw[row])} · generation {power(totals.generation_kw[row])}"
        f" · losses {power(totals.loss_kw[row])} · from sources {power(totals.source_kw[row])}"
    )
