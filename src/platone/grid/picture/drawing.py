"""The network itself as SVG: edges, bars, symbols, labels, alarms."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import get_args

from platone.grid.picture.graph import AttachmentKind, EdgeKind
from platone.grid.picture.label import ATTACHMENT_STEP, Labels
from platone.grid.picture.label_text import (
    bus_words,
    edge_words,
    hanging_words,
    limit_words,
    named,
)
from platone.grid.picture.layout import Point, Route, along
from platone.grid.picture.picture import Picture
from platone.grid.picture.scale import DEAD, LOADING, UNKNOWN
from platone.grid.picture.state_series import Mark, Note
from platone.grid.picture.symbol import (
    EITHER,
    shape,
    shape_of,
    star_symbol,
    switch_symbol,
    transformer_symbol,
)
from platone.kernel.markup import number, tag, titled

_WIDE = 1500.0
_MARKS = get_args(Mark)
"""The marks of remarks, the weightiest last: of one place only it is drawn."""
_MOST_WEIGHT = 3.0
_SWITCH_AWAY = 17.0
_MARK, _SMALL_MARK = 0.8, 0.5
"""Sizes of the marks of broken limits, where there are few and many of them."""
_FEW_MARKS = 12
"""More marks of the full size would hide the network below them."""
_MARK_WIDTH = 22.0
"""Width of the symbol ``alarm`` at the size 1, pixels."""


@dataclass(frozen=True)
class Drawing:
    """One instant of a picture, drawn as SVG.

    Args:
        picture: The picture.
        row: Which instant; none where it shows no states.
    """

    picture: Picture
    row: int | None

    @property
    def weight(self) -> float:
        """Return the factor by which strokes are thicker, to be seen on wide pictures."""
        wide = max(1.0, self.picture.layout.size[0] / _WIDE)
        return min(math.pow(wide, 0.7), _MOST_WEIGHT)

    def markup(self) -> str:
        """Return the whole drawing as SVG, lower layers first."""
        parts = (
            ("hangings", self._hangings()),
            ("edges", self._edges()),
            ("stars", self._stars()),
            ("buses", self._buses()),
            ("switches", self._switches()),
            ("labels", Labels(self.picture, self.row).markup()),
            ("alarms", self._alarms()),
            ("notes", self._notes()),
        )
        return "".join(tag("g", content, class_=name) for name, content in parts)

    def _edges(self) -> Iterator[str]:
        graph = self.picture.graph
        for place, (edge, route) in enumerate(
            zip(graph.edges, self.picture.layout.routes, strict=True)
        ):
            colour, width = self.edge_stroke(place)
            dashed = "edge" if edge.is_closed else "edge open"
            if self.picture.supposed_edges[place]:
                dashed += " supposed"
            drawn = tag("path", class_=dashed, d=_path(route), stroke=colour, stroke_width=width)
            at = _moved(along(route, 0.5))
            if edge.kind is EdgeKind.TRANSFORMER:
                symbol = transformer_symbol(colour, 1.6 * self.weight, _angle(route, 0.5))
                drawn += tag("g", symbol, transform=at)
            elif edge.kind is EdgeKind.TIE:
                symbol = switch_symbol(closed=edge.is_closed, angle_deg=_angle(route, 0.5))
                drawn += tag("g", symbol, transform=at)
            title = titled(edge_words(self.picture, place, self.row))
            yield tag("g", title + drawn, class_=edge.kind.value, data_id=edge.element)

    def edge_stroke(self, place: int) -> tuple[str, float]:
        """Return colour and width of an edge: by its loading, else by its voltage level."""
        graph, series = self.picture.graph, self.picture.series
        edge = graph.edges[place]
        if series is None or self.row is None:
            kv = min(graph.node_kv(edge.ends[0]), graph.node_kv(edge.ends[1]))
            return self.picture.level_colour(kv), 2.0 * self.weight
        if edge.kind is EdgeKind.TIE:
            return UNKNOWN, 1.6 * self.weight
        percent = float(series.loading_percent[self.row, place])
        if not edge.is_closed and not series.current_a[self.row, place]:
            return DEAD, 1.6 * self.weight
        if math.isnan(percent):
            return UNKNOWN, 1.8 * self.weight
        return LOADING.colour(percent), (1.6 + 2.4 * min(percent / 100, 1.2)) * self.weight

    def _stars(self) -> Iterator[str]:
        """Draw transformers with three windings as circles on the bar that their edges leave."""
        picture, layout = self.picture, self.picture.layout
        first = len(picture.network.buses)
        for place, unit in enumerate(picture.network.three_winding_transformers):
            node = first + place
            x, top, bottom = layout.x[node], layout.top[node], layout.bottom[node]
            line = tag("path", class_="wire", d=_path(((x, top), (x, bottom))))
            symbol = tag("g", star_symbol(EITHER, 1.6 * self.weight), transform=_moved((x, top)))
            title = titled(f"{named(unit.id, unit.name)}, transformer with three windings")
            yield tag("g", title + line + symbol, data_id=unit.id)

    def _buses(self) -> Iterator[str]:
        layout, picture = self.picture.layout, self.picture
        for place, bus in enumerate(picture.network.buses):
            x, top, bottom = layout.x[place], layout.top[place], layout.bottom[place]
            reach = 8.0 if layout.kind == "scheme" else 0.1
            drawn = tag(
                "path",
                class_="bar" if self._is_sure(place) else "bar supposed",
                d=_path(((x, top - reach), (x, bottom + reach))),
                stroke=self._bus_colour(place),
                stroke_width=self._bar_width(bus.nominal_kv),
            )
            title = titled(bus_words(picture, place, self.row))
            yield tag("g", title + drawn, class_="bus", data_id=bus.id)

    def _bus_colour(self, place: int) -> str:
        series, picture = self.picture.series, self.picture
        if series is None or self.row is None:
            return picture.level_colour(picture.network.buses[place].nominal_kv)
        pu = float(series.voltage_pu[self.row, place])
        if math.isnan(pu):
            return UNKNOWN if series.fed[place] else DEAD
        return picture.voltage_scale.colour(100 * (pu - 1))

    def _is_sure(self, bus: int) -> bool:
        certainty = None if self.picture.series is None else self.picture.series.certainty
        return certainty is None or bool(certainty.observable[bus])

    def _bar_width(self, kv: float) -> float:
        """Return the width of a bus's bar: the higher the voltage, the thicker."""
        below = sum(1 for each in self.picture.levels_kv if each < kv)
        base = 4.0 if self.picture.layout.kind == "scheme" else 7.0
        return (base + 1.6 * min(below, 3)) * self.weight

    def _hangings(self) -> Iterator[str]:
        layout = self.picture.layout
        used: dict[int, int] = {}
        for each in self.picture.graph.hangings:
            node = float(layout.x[each.bus]), float(layout.top[each.bus])
            if each.kind is AttachmentKind.SOURCE and each.bus in layout.feed:
                at = layout.feed[each.bus]
                wire = (node, at)
            else:
                step = used.get(each.bus, 0)
                used[each.bus] = step + 1
                first = layout.hang[each.bus]
                at = first[0] + step * ATTACHMENT_STEP, first[1]
                joint = node if layout.kind == "map" else (node[0], at[1])
                wire = (joint if step == 0 else (at[0] - ATTACHMENT_STEP, at[1]), at)
            drawn = tag("path", class_="wire", d=_path(wire))
            drawn += tag("g", shape(shape_of(each)), transform=_moved(at))
            title = titled(hanging_words(each))
            ids = " ".join(each.elements)
            yield tag("g", title + drawn, class_=each.kind.value, data_ids=ids)

    def _switches(self) -> Iterator[str]:
        for each in self.picture.graph.switches:
            route = self.picture.layout.routes[each.edge]
            share = _share_at(route, _SWITCH_AWAY)
            share = share if each.end == 0 else 1 - share
            symbol = switch_symbol(closed=each.closed, angle_deg=_angle(route, share))
            title = titled(f"{each.element}, switch, {'closed' if each.closed else 'open'}")
            at = _moved(along(route, share))
            yield tag("g", title + symbol, class_="switch", data_id=each.element, transform=at)

    def _alarms(self) -> Iterator[str]:
        """Draw a mark at each broken limit, unless it would cover the mark of a worse one.

        Many marks are drawn small: the colours of the elements tell the rest.
        """
        if self.picture.series is None:
            return
        now = [each for each in self.picture.series.alarms if each.scenario == self.row]
        scale = self.weight * (_MARK if len(now) <= _FEW_MARKS else _SMALL_MARK)
        drawn: list[str] = []
        marked: list[Point] = []
        for violation in now:  # the worst first
            state = violation.state
            x, y = self.spots[state.element]
            if any(math.dist((x, y), other) < _MARK_WIDTH * scale for other in marked):
                continue
            marked.append((x, y))
            title = titled(
                f"{state.element}: {limit_words(state.value, state.limit, state.unit, state.phase)}"
            )
            place = f"{_moved((x, y - 19 * scale))} scale({number(scale)})"
            drawn.append(
                tag("g", title + shape("alarm"), transform=place, data_alarm=state.element)
            )
        yield from reversed(drawn)  # the worst last, on top

    def _notes(self) -> Iterator[str]:
        told: dict[Point, list[Note]] = {}  # of one place one mark: the worst, on all there is
        for note in self.picture.notes:
            if note.mark and note.element in self.spots:
                told.setdefault(self.spots[note.element], []).append(note)
        for (x, y), notes in told.items():
            title = titled("\n".join(f"{note.element}: {note.text}" for note in notes))
            mark = max((note.mark for note in notes), key=_MARKS.index)
            size = self.weight * (0.6 if mark == "measured" else 0.9)
            below = -10 if self.picture.layout.kind == "scheme" else 8  # beside what is written
            at = f"{_moved((x - 12 * size, y + below * size))} scale({number(size)})"
            yield tag("g", title + shape(mark), transform=at, data_note=notes[-1].element)

    @cached_property
    def spots(self) -> dict[str, Point]:
        """Return the point at which each element is looked for; buses and edges go first."""
        layout, graph = self.picture.layout, self.picture.graph
        x, top = layout.x.tolist(), layout.top.tolist()
        middles = [along(route, 0.5) for route in layout.routes]
        stars = self.picture.network.three_winding_transformers
        first = len(self.picture.network.buses)
        found = {name: (x[h.bus], top[h.bus]) for h in graph.hangings for name in h.elements}
        found |= {each.element: middles[each.edge] for each in graph.switches}
        found |= {unit.id: (x[first + i], top[first + i]) for i, unit in enumerate(stars)}
        found |= dict(zip((edge.element for edge in graph.edges), middles, strict=True))
        return found | {bus.id: (x[i], top[i]) for i, bus in enumerate(self.picture.network.buses)}


def _moved(at: Point) -> str:
    return f"translate({number(at[0])} {number(at[1])})"


def _path(route: Route) -> str:
    points = [f"{number(x)} {number(y)}" for x, y in route]
    if len(points) == 2:  # noqa: PLR2004 - a straight line
        return f"M{points[0]}L{points[1]}"
    return f"M{points[0]}C{points[1]} {points[2]} {points[3]}"


def _angle(route: Route, share: float) -> float:
    """Return the direction of a route in degrees, such that text along it is never upside down."""
    (x1, y1), (x2, y2) = along(route, max(share - 0.02, 0.0)), along(route, min(share + 0.02, 1.0))
    return math.degrees(math.atan2(y2 - y1, x2 - x1))


def _share_at(route: Route, away: float) -> float:
    """Return the curve parameter at a distance from the first end, at most a third of the route."""
    length = math.dist(route[0], route[-1])
    if len(route) > 2:  # noqa: PLR2004 - a curve is longer than its chord
        length += math.dist(route[0], route[1]) + math.dist(route[2], route[3])
    return min(away / length, 1 / 3) if length > 0 else 0.0
