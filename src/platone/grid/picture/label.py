"""The texts on a picture: names, voltages, loadings."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from platone.grid.flow.phase_state import PHASES
from platone.grid.picture.graph import EdgeKind
from platone.grid.picture.label_text import level, shortened, with_std
from platone.grid.picture.layout import along
from platone.grid.picture.picture import Picture
from platone.grid.picture.state_series import StateSeries
from platone.kernel.markup import number, words

MOST_LABELLED = 320
"""Networks of more buses are drawn without their names: those would cover each other."""
_WIDE = 1500.0
_LETTER = 5.6
_MAP_ROOM, _LEAF_ROOM = 80.0, 70.0


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
        """Return the texts as SVG."""
        if len(self.picture.network.buses) <= MOST_LABELLED:
            yield from self._bus_labels()
            yield from self._edge_labels()
        else:
            yield from self._level_labels()

    def _bus_labels(self) -> Iterator[str]:
        layout, series = self.picture.layout, self.picture.series
        right = self._room()
        for place, bus in enumerate(self.picture.network.buses):
            x, y = layout.x[place] + 7, layout.top[place]
            # things that hang in the bus's own row stand between its name and its voltage
            away = 5.0 if layout.hang.get(place, (0.0, 0.0))[1] == y else 0.0
            most = max(int(right[place] / _LETTER), 4)
            name = shortened(bus.name or bus.id, most)
            value = ""
            if series is not None and self.row is not None and bool(series.fed[place]):
                value = voltage_label(series, place, self.row, is_short=layout.kind == "scheme")
            if layout.kind == "map":  # below a point there is what hangs on it
                name, value = f"{name} {value}", ""
            is_right = layout.kind == "map" and x + _LETTER * len(name) > layout.size[0]
            yield words(
                name,
                x - (14 if is_right else 0),
                y - 6 - away,
                class_="halo",
                font_size="9.5px",
                text_anchor="end" if is_right else None,  # else it would leave the picture
            )
            if value:
                yield words(value, x, y + 12 + away, class_="halo quiet", font_size="8.5px")

    def _room(self) -> list[float]:
        """Return the free distance to the right of each bus, up to the next one in its row."""
        layout = self.picture.layout
        if layout.kind == "map":
            return [_MAP_ROOM] * len(layout.x)
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

    def _edge_labels(self) -> Iterator[str]:
        series, layout = self.picture.series, self.picture.layout
        if series is None or self.row is None:
            return
        for place, percent in enumerate(series.loading_percent[self.row].tolist()):
            if math.isnan(percent) or percent < 0.5:  # noqa: PLR2004 - it would read 0
                continue
            text = loading_label(series, place, self.row, is_short=layout.kind == "scheme")
            route = layout.routes[place]
            x, y = along(route, 0.5)
            if layout.kind == "map" and self.picture.graph.edges[place].kind is not EdgeKind.LINE:
                y += 17  # below the symbol
            elif layout.kind == "scheme" and len(route) == 2:  # noqa: PLR2004 - a tree's edge
                x = max(route[0][0], route[1][0]) - 22
                y += 9
            yield words(
                text,
                x,
                y + 3,
                class_="halo quiet",
                font_size="8.5px",
                text_anchor="middle",
            )

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
