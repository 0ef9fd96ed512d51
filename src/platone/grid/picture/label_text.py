"""Elements and their values in words, with units."""

import math
from collections.abc import Iterator, Sequence

from platone.grid.flow.phase_state import PHASES
from platone.grid.picture.graph import EdgeKind, Hanging, HangKind
from platone.grid.picture.picture import Picture
from platone.grid.picture.state_series import Course

_KW_OF_MW = 1e3
SUPPOSED = "rests on expected values"
"""Of what measurements alone do not determine."""

EDGE_NAMES = {
    EdgeKind.LINE: "line",
    EdgeKind.TRANSFORMER: "transformer",
    EdgeKind.WINDING: "winding of a transformer",
    EdgeKind.TIE: "switch",
}
_HANG_NAMES = {
    HangKind.SOURCE: "source",
    HangKind.GENERATOR: "generator that holds a voltage",
    HangKind.GENERATION: "generation",
    HangKind.LOAD: "load",
    HangKind.POD: "point of delivery",
}


def power(kw: float) -> str:
    """Power in a readable unit, such as 12.3 MW, 812 kW or 0.4 kW."""
    kw = round(float(kw), 3) + 0.0  # no minus zero
    if abs(kw) >= 10 * _KW_OF_MW:
        return f"{kw / _KW_OF_MW:.1f} MW"
    if abs(kw) >= _KW_OF_MW:
        return f"{kw / _KW_OF_MW:.2f} MW"
    return f"{kw:.0f} kW" if abs(kw) >= 10 or kw == 0 else f"{kw:.1f} kW"  # noqa: PLR2004


def level(kv: float) -> str:
    """A nominal voltage, such as 20 kV."""
    return f"{kv:g} kV"


def named(identifier: str, name: str) -> str:
    """Both, where there are two."""
    return identifier if name in {"", identifier} else f"{name} ({identifier})"


def shortened(name: str, letters: int) -> str:
    """A name of at most so many letters; most is kept of its end, where names mostly differ."""
    if len(name) <= letters:
        return name
    first = (letters - 1) // 3
    return f"{name[:first]}…{name[first + 1 - letters :]}"


def limit_words(value: float, limit: float, unit: str, phase: str | None = None) -> str:
    """A value beyond its limit, such as 221.0 A in phase B, limit 213.0 A."""
    digits = 3 if unit == "pu" else 1
    where = f" in phase {phase}" if phase else ""
    return f"{value:.{digits}f} {unit}{where}, limit {limit:.{digits}f} {unit}"


def bus_words(picture: Picture, bus: int, row: int | None) -> str:
    """A bus with its voltage at an instant."""
    found = picture.network.buses[bus]
    parts = [named(found.id, found.name), level(found.nominal_kv)]
    if picture.course is not None and row is not None:
        parts += _voltage_words(picture.course, bus, row)
    return ", ".join(parts)


def _voltage_words(course: Course, bus: int, row: int) -> Iterator[str]:
    pu = float(course.voltage_pu[row, bus])
    if math.isnan(pu):
        yield "voltage not known" if course.fed[bus] else "without voltage"
        return
    if course.phases is not None:
        yield phase_words(course.phases.voltage_pu[row, bus].tolist(), 4, "pu")
        return
    if course.certainty is None:
        yield f"{pu:.4f} pu"
        return
    yield f"{with_std(pu, float(course.certainty.std_pu[row, bus]), 4)} pu"
    if not course.certainty.observable[bus]:
        yield SUPPOSED


def phase_words(values: Sequence[float], digits: int, unit: str) -> str:
    """The three phases, such as A 0.981 B 0.962 C 0.975 pu."""
    told = " ".join(
        f"{name} {value:.{digits}f}" for name, value in zip(PHASES, values, strict=True)
    )
    return f"{told} {unit}"


def with_std(value: float, std: float, most: int) -> str:
    """A value and its standard deviation, such as 0.988 ± 0.003, with digits that it supports."""
    if math.isnan(std) or std <= 0:
        return f"{value:.{most}f}"
    digits = min(max(-math.floor(math.log10(std)), 0), most)
    return f"{value:.{digits}f} ± {std:.{digits}f}"


def edge_words(picture: Picture, number: int, row: int | None) -> str:
    """A branch with its loading at an instant, or a switch."""
    edge, network = picture.graph.edges[number], picture.network
    if edge.kind is EdgeKind.TIE:
        return f"{edge.element}, switch, {'closed' if edge.is_closed else 'open'}"
    parts = [named(edge.element, network.branches[number].name), EDGE_NAMES[edge.kind]]
    if not edge.is_closed:
        parts.append("open")
    if picture.course is not None and row is not None:
        parts += _load_words(picture.course, number, row)
        if picture.supposed_edges[number] and math.isfinite(picture.course.current_a[row, number]):
            parts.append(SUPPOSED)
    return ", ".join(parts)


def _load_words(course: Course, number: int, row: int) -> list[str]:
    percent, current = (
        float(values[row, number]) for values in (course.loading_percent, course.current_a)
    )
    if math.isnan(current):
        return ["current not known"]
    told = f"{current:.1f} A"
    if course.certainty is not None:
        told = f"{with_std(current, float(course.certainty.std_a[row, number]), 1)} A"
    elif course.phases is not None:
        told = phase_words(course.phases.current_a[row, number].tolist(), 1, "A")
    return [told, "no limit" if math.isnan(percent) else f"{percent:.1f} % of its limit"]


def hanging_name(hanging: Hanging) -> str:
    """What it is that hangs on a bus."""
    if hanging.kind is HangKind.SHUNT:
        return "capacitor" if hanging.capacitive else "reactor"
    return _HANG_NAMES[hanging.kind]


def hanging_words(hanging: Hanging) -> str:
    """What hangs on a bus."""
    count = len(hanging.elements)
    listed = ", ".join(hanging.elements[:12]) + (" …" if count > 12 else "")  # noqa: PLR2004
    return f"{hanging_name(hanging)}: {listed}"


def total_words(course: Course, row: int) -> str:
    """The sums over the network at an instant."""
    totals = course.totals
    return (
        f"load {power(totals.load_kw[row])} · generation {power(totals.generation_kw[row])}"
        f" · losses {power(totals.loss_kw[row])} · from sources {power(totals.source_kw[row])}"
    )
