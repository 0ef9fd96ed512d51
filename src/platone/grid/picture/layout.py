"""The layout of a picture, in units that are pixels at its natural size; y grows down."""

from dataclasses import dataclass
from typing import Literal

from platone.grid.array import Floats

Point = tuple[float, float]
Route = tuple[Point, Point] | tuple[Point, Point, Point, Point]
"""An edge's way: a straight line, or a cubic Bézier curve of its ends and two control points."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Layout:
    """The positions of nodes and the routes of edges; the upper left corner is (0, 0).

    Attributes:
        kind: A scheme as engineers draw it, or a map by the buses' positions.
        x: Of each node.
        top: Upper end of each node's bar.
        bottom: Lower end of it; on a map the same, for nodes are points there.
        feed: Where the sources of a node are drawn, by node, if not with what else hangs there.
        hang: Where things hang on a node, by node.
        routes: Of each edge.
        size: Width and height.
    """

    kind: Literal["scheme", "map"]
    x: Floats
    top: Floats
    bottom: Floats
    feed: dict[int, Point]
    hang: dict[int, Point]
    routes: tuple[Route, ...]
    size: Point


def along(route: Route, share: float) -> Point:
    """Return the point of a route at a share of its curve parameter, 0 to 1."""
    if len(route) == 2:  # noqa: PLR2004 - a straight line has two points
        (x1, y1), (x2, y2) = route
        return x1 + share * (x2 - x1), y1 + share * (y2 - y1)
    rest = 1.0 - share
    weights = rest**3, 3 * rest * rest * share, 3 * rest * share * share, share**3
    return (
        sum(weight * point[0] for weight, point in zip(weights, route, strict=True)),
        sum(weight * point[1] for weight, point in zip(weights, route, strict=True)),
    )
