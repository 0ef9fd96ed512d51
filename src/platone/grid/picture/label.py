"""The texts on a picture: names, voltages, loadings."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from platone.grid.flow.phase_state import PHASES
from platone.grid.picture.graph import EdgeKind
from platone.grid.picture.label_room import LETTER, Box, Label, LabelRoom
from platone.grid.picture.label_text import level, shortened, with_std
from platone.grid.picture.layout import along
from platone.grid.picture.picture import Picture
from platone.grid.picture.state_series import StateSeries
from platone.kernel.markup import number, words

MOST_LABELLED = 320
"""Networks of more buses are drawn without their names: those would cover each other."""
_WIDE = 1500.0
_NAME_SIZE, _VALUE_SIZE = 9.5, 8.5
"""Sizes of fonts, pixels: names are read first."""
_DOT = 3.0
"""Half the width of a bus's mark, which no label covers, pixels."""
_BESIDE = 14.0
"""Height above and below a bus within which a text would seem to be that bus's, pixels."""
_SYMBOL = 8.0
"""Half the width of a symbol, a little less, so that a text may touch it, pixels."""
ATTACHMENT_STEP = 24.0
"""Distance between the symbols of several attachments of one bus, pixels."""
_MAP_LETTERS = 14
"""Letters of a name on a map, where an ordinary edge is about eighty pixels long."""
_LEAF_ROOM = 70.0
"""Room of a name at the end of a row of the scheme, pixels."""
_LEAST_PERCENT, _LOADED_PERCENT = 0.5, 80.0
"""Loadings below the first would read 0 %; those from the second on are placed before names."""


@dataclass(frozen=True, slots=True)
class Labels:
    """The texts of one instant of a picture.

    Args:
        picture: The picture.
        row: Which instant; none where it shows no states.
    """

    picture: Picture
    row: int | None

    def markup(self) -> Iterator[str]:
        """Return the texts as SVG; none covers another, a symbol or the place beside a bus."""
        if len(self.picture.network.buses) > MOST_LABELLED:
            yield from self._level_labels()
            return
        room = LabelRoom(self.picture.layout.size)
        for box in self._symbols():
            room.take(box)
        for choices in chain(self._loaded_edges(), self._buses(), self._other_edges()):
            label = room.place(choices)
            if label is not None:
                yield label.markup()

    def _symbols(self) -> Iterator[Box]:
        """Yield the boxes of what is drawn on a map, where labels have no rows of their own."""
        layout, graph = self.picture.layout, self.picture.graph
        if layout.kind != "map":
            return
        for x, y in zip(layout.x, layout.top, strict=True):
            yield x - _DOT, y - _BESIDE, x + _DOT, y + _BESIDE
        count = Counter(each.bus for each in graph.hangings)
        for bus, (x, y) in layout.hang.items():
            wide = ATTACHMENT_STEP * max(count[bus] - 1, 0)
            yield x - _SYMBOL, y - _SYMBOL, x + wide + _SYMBOL, y + _SYMBOL
        for edge, route in zip(graph.edges, layout.routes, strict=True):
            if edge.kind is not EdgeKind.LINE:
                x, y = along(route, 0.5)
                yield x - _SYMBOL, y - _SYMBOL, x + _SYMBOL, y + _SYMBOL

    def _buses(self) -> Iterator[Sequence[Label]]:
        """Yield the places of each bus's name and voltage, those of broken limits first."""
        series, network = self.picture.series, self.picture.network
        broken = set[str]()
        if series is not None:
            broken = {each.state.element for each in series.alarms if each.scenario == self.row}
        roots = set(self.picture.graph.roots)
        order = sorted(
            range(len(network.buses)),
            key=lambda place: (network.buses[place].id not in broken, place not in roots),
        )
        right = self._room()
        on_map = self.picture.layout.kind == "map"
        for place in order:
            yield from self._on_map(place) if on_map else self._in_scheme(place, right[place])

    def _on_map(self, place: int) -> Iterator[Sequence[Label]]:
        """Yield the places around a point, below which stand its attachments."""
        x, y = self.picture.layout.x[place], self.picture.layout.top[place]
        bus = self.picture.network.buses[place]
        name, value = shortened(bus.name or bus.id, _MAP_LETTERS), self._voltage(place)
        full = f"{name} {value}".rstrip()
        yield [
            Label(text, x + away, y + down, _NAME_SIZE, anchor=anchor)
            for text in dict.fromkeys((full, name, value))
            if text
            for away, down, anchor in ((7, -6, "start"), (-7, -6, "end"), (-7, 12, "end"))
        ]

    def _in_scheme(self, place: int, right: float) -> Iterator[Sequence[Label]]:
        layout, bus = self.picture.layout, self.picture.network.buses[place]
        x, y = layout.x[place] + 7, layout.top[place]
        # things that hang in the bus's own row stand between its name and its voltage
        away = 5.0 if layout.hang.get(place, (0.0, 0.0))[1] == y else 0.0
        name = shortened(bus.name or bus.id, max(int(right / (LETTER * _NAME_SIZE)), 4))
        yield [Label(name, x, y - 6 - away, _NAME_SIZE)]
        if value := self._voltage(place):
            yield [Label(value, x, y + 12 + away, _VALUE_SIZE, "halo quiet")]

    def _voltage(self, bus: int) -> str:
        series = self.picture.series
        if series is None or self.row is None or not series.fed[bus]:
            return ""
        is_short = self.picture.layout.kind == "scheme"
        return voltage_label(series, bus, self.row, is_short=is_short)

    def _room(self) -> list[float]:
        """Return the free distance to the right of each bus, up to the next one in its row."""
        layout = self.picture.layout
        room = [_LEAF_ROOM] * len(layout.x)
        known: set[int] = set()
        for (start, end), edge in (
            (route, edge)
            for route, edge in zip(layout.routes, self.picture.graph.edges, strict=True)
            if len(route) == 2  # noqa: PLR2004 - those of the trees are straight
        ):
            left = edge.ends[0] if start[0] < end[0] else edge.ends[1]
            if layout.top[left] == start[1]:
                found = abs(end[0] - start[0]) - 12
                room[left] = min(room[left], found) if left in known else found
                known.add(left)
        return room

    def _loaded_edges(self) -> Iterator[Sequence[Label]]:
        return self._edges(_LOADED_PERCENT, math.inf)

    def _other_edges(self) -> Iterator[Sequence[Label]]:
        return self._edges(_LEAST_PERCENT, _LOADED_PERCENT)

    def _edges(self, least: float, below: float) -> Iterator[Sequence[Label]]:
        """Yield the places of loadings in a range of percent, the highest first."""
        series, layout = self.picture.series, self.picture.layout
        if series is None or self.row is None:
            return
        percents = series.loading_percent[self.row]
        for place in np.argsort(-np.nan_to_num(percents), kind="stable").tolist():
            if not least <= percents[place] < below:
                continue
            text = loading_label(series, place, self.row, is_short=layout.kind == "scheme")
            route = layout.routes[place]
            x, y = along(route, 0.5)
            if layout.kind == "map" and self.picture.graph.edges[place].kind is not EdgeKind.LINE:
                y += 17  # below the symbol
            elif layout.kind == "scheme" and len(route) == 2:  # noqa: PLR2004 - a tree's edge
                x = max(route[0][0], route[1][0]) - 22
                y += 9
            yield [Label(text, x, y + 3, _VALUE_SIZE, "halo quiet", "middle")]

    def _level_labels(self) -> Iterator[str]:
        """Name only the buses that sources hold, on a picture too dense for more."""
        layout = self.picture.layout
        zoom = max(1.0, layout.size[0] / _WIDE)
        size = f"{number(11 * zoom)}px"
        for root in self.picture.graph.roots:
            bus = self.picture.network.buses[root]
            text = f"{bus.name or bus.id}, {level(bus.nominal_kv)}"
            x, y = layout.x[root] + 7 * zoom, layout.top[root] - 8 - 5 * zoom
            is_right = x > layout.size[0] * 0.85  # else it would leave the picture
            anchor = "end" if is_right else None
            yield words(text, x, y, class_="halo", font_size=size, text_anchor=anchor)


def voltage_label(series: StateSeries, bus: int, row: int, *, is_short: bool) -> str:
    """Return a bus's voltage as it is written beside it: with its deviation, or its worst phase."""
    pu = float(series.voltage_pu[row, bus])
    if math.isnan(pu):
        return "?"
    if series.certainty is not None:
        std = float(series.certainty.std_pu[row, bus])
        return f"{_written(pu, std, 4, is_short=is_short)} pu"
    phase = ""
    if series.phases is not None:
        phase = f" {PHASES[series.phases.worst_voltage[row, bus]]}"
    return f"{pu:.3f} pu{phase}"


def loading_label(series: StateSeries, branch: int, row: int, *, is_short: bool) -> str:
    """Return a branch's loading as it is written beside it."""
    percent = float(series.loading_percent[row, branch])
    if series.certainty is not None:
        std = 100 * float(series.certainty.std_a[row, branch]) / float(series.limit_a[branch])
        is_small = std < 0.5  # noqa: PLR2004 - it would read 0
        return f"{_written(percent, std, 0, is_short=is_short or is_small)} %"
    phase = ""
    if series.phases is not None:
        phase = f" {PHASES[series.phases.worst_current[row, branch]]}"
    return f"{percent:.0f} %{phase}"


def _written(value: float, std: float, most: int, *, is_short: bool) -> str:
    """Return a value without its standard deviation, for which a scheme has no room."""
    told = with_std(value, std, most)
    return told.split(" ")[0] if is_short else told
