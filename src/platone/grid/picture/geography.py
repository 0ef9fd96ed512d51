"""The map: buses at their geographical positions, if all of them have one."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from platone.grid.array import Floats
from platone.grid.picture.graph import Graph
from platone.grid.picture.layout import Layout, Point, Route

_EDGE = 70.0
"""Length of the median branch, px: names of its ends do not touch."""
_MARGIN = 60.0
"""Room around the network, px: a name on its border is whole."""
_LEAST_SIDE, _MOST_SIDE = 700.0, 40_000.0
"""Bounds of the longer side, px: a screen, and what browsers still draw."""
_SPREAD = 15.0
"""Distance of buses that share one place, px: their marks stand apart."""
_HANG = 13.0
"""Place of a bus's loads beside it, px."""
_FEED = 22.0
"""Place of a source beside its bus, px."""
_BOW = 0.12
"""Height of parallel branches' bows, by their length."""
_MOST_LONGITUDE, _MOST_LATITUDE = 180.0, 90.0
"""Greatest angles on the globe, degrees: coordinates beyond them are lengths."""


def map_of(graph: Graph) -> Layout | None:
    """Lay out a network by its buses' positions; none where a bus has none, or all stand together.

    Longitudes and latitudes are projected so that distances are right around their middle.
    Buses in one place, as in a substation, are spread around it.
    """
    found = [bus.position for bus in graph.network.buses]
    if not found or any(position is None for position in found):
        return None
    place = _projected(np.array(found, np.float64))
    extent = np.ptp(place, axis=0)
    if not np.isfinite(extent).all() or extent.max() <= 0:
        return None
    place = _with_stars(graph, place)
    place = (place - place.min(axis=0)) * _scale(graph, place, float(extent.max()))
    place = _spread(place)
    place += _MARGIN - place.min(axis=0)
    width, height = (place.max(axis=0) + _MARGIN).tolist()
    x, y = place[:, 0], place[:, 1]
    spots = {each.bus: (float(x[each.bus]), float(y[each.bus])) for each in graph.hangings}
    feed = {bus: (east - _FEED, south) for bus, (east, south) in spots.items()}
    hang = {bus: (east + _HANG, south + _HANG) for bus, (east, south) in spots.items()}
    routes = tuple(_routes(graph, list(map(tuple, place.tolist()))))
    return Layout(
        kind="map",
        x=x,
        top=y,
        bottom=y.copy(),
        feed=feed,
        hang=hang,
        routes=routes,
        size=(width, height),
    )


def _projected(position: Floats) -> Floats:
    """Return distances east and south; degrees of longitude shrink towards the poles."""
    east, north = position[:, 0].copy(), position[:, 1]
    if np.abs(east).max() <= _MOST_LONGITUDE and np.abs(north).max() <= _MOST_LATITUDE:
        east *= math.cos(math.radians(float(north.min() + north.max()) / 2))
    return np.stack([east, -north], axis=1)


def _with_stars(graph: Graph, place: Floats) -> Floats:
    """Add the star points of transformers with three windings, amid their windings' buses."""
    stars = [
        place[[graph.network.bus_position[each.bus] for each in unit.windings]].mean(axis=0)
        for unit in graph.network.three_winding_transformers
    ]
    return np.vstack([place, *stars])


def _scale(graph: Graph, place: Floats, extent: float) -> float:
    """Return the scale at which a typical edge has a readable length, within bounds."""
    ends = np.array([edge.ends for edge in graph.edges], np.int64).reshape(-1, 2)
    length = np.hypot(*(place[ends[:, 0]] - place[ends[:, 1]]).T)
    length = length[length > extent * 1e-6]
    wanted = _EDGE / float(np.median(length)) if len(length) else _LEAST_SIDE / extent
    return min(max(wanted, _LEAST_SIDE / extent), _MOST_SIDE / extent)


def _spread(place: Floats) -> Floats:
    """Move nodes that share one position onto a small circle around it."""
    together: dict[tuple[float, float], list[int]] = {}
    for node, (x, y) in enumerate(np.round(place, 1).tolist()):
        together.setdefault((x, y), []).append(node)
    spread = place.copy()
    for nodes in together.values():
        radius = _SPREAD * max(1.0, len(nodes) / math.tau)
        for number, node in enumerate(nodes if len(nodes) > 1 else ()):
            angle = math.tau * number / len(nodes)
            spread[node] += radius * np.array([-math.cos(angle), -math.sin(angle)])
    return spread


def _routes(graph: Graph, place: Sequence[Point]) -> Iterator[Route]:
    """Route edges straight; of several between the same two nodes all but the first are bowed."""
    seen: dict[tuple[int, int], int] = {}
    for edge in graph.edges:
        low, high = sorted(edge.ends)
        number = seen[low, high] = seen.get((low, high), -1) + 1
        start, end = place[edge.ends[0]], place[edge.ends[1]]
        if number == 0:
            yield start, end
            continue
        side = (number + 1) // 2 * _BOW * (1 if number % 2 else -1)
        side *= 1 if edge.ends[0] == low else -1
        across = (start[1] - end[1]) * side, (end[0] - start[0]) * side
        yield (
            start,
            (start[0] + across[0], start[1] + across[1]),
            (end[0] + across[0], end[1] + across[1]),
            end,
        )
