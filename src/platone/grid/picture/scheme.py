"""The scheme: trees from the sources to the right, buses as bars, other edges as curves."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from platone.grid.picture.forest import Forest, forest_of
from platone.grid.picture.graph import AttachmentKind, Graph
from platone.grid.picture.layout import Layout, Point, Route
from platone.grid.picture.tree_layout import TreeLayout, lay_out_tree

ROW = 38.0
"""Between two rows."""
_LEAST_COLUMN, _MOST_COLUMN = 76.0, 120.0
"""Bounds of a column's width, px: names may be short, drawings need not be wide."""
_HANG = 22.0
"""Place of a bus's loads right of it, px."""
_FEED = 30.0
"""Place of a source left of its bus, px."""
_BULGE = 46.0
"""Room to the right of buses for a branch around them, px."""
_BELOW = 6.0
"""Place below a bus at which its ring's branch leaves, px."""
_MARGIN = 60.0
"""Room around the scheme, px."""
_TOP = 40.0
"""Room above the first row, px."""
_GAP_ROWS = 2
"""Empty rows between two trees."""
_ASPECT = 1.6
"""Width by height that is aimed at: that of screens."""


def scheme_of(graph: Graph) -> Layout:
    """Lay out a network as a scheme; time and space grow linearly with its nodes."""
    forest = forest_of(graph)
    roots = set(forest.roots)
    hanging = frozenset(
        each.bus
        for each in graph.hangings
        if each.kind is not AttachmentKind.SOURCE or each.bus not in roots
    )
    trees = [lay_out_tree(root, forest.children, hanging) for root in forest.roots]
    column = _column_width(trees)
    x, top, bottom = np.zeros(graph.nodes), np.zeros(graph.nodes), np.zeros(graph.nodes)
    hang: dict[int, Point] = {}
    corners, size = _packed(
        [((tree.columns + 1) * column, (tree.rows + _GAP_ROWS) * ROW) for tree in trees]
    )
    for tree, (left, upper) in zip(trees, corners, strict=True):
        for node, number in tree.column.items():
            x[node] = left + number * column
            top[node] = upper + tree.row[node] * ROW
            bottom[node] = upper + tree.bottom[node] * ROW
        for node, row in tree.free.items():
            hang[node] = float(x[node]) + _HANG, upper + row * ROW
    routes = tuple(_routes(graph, forest, x.tolist(), top.tolist(), bottom.tolist()))
    feed = {root: (float(x[root]) - _FEED, float(top[root])) for root in forest.roots}
    return Layout(
        kind="scheme",
        x=x,
        top=top,
        bottom=bottom,
        feed=feed,
        hang=hang,
        routes=routes,
        size=size,
    )


def _column_width(trees: Sequence[TreeLayout]) -> float:
    """Return the width of a column: wide where there are many rows."""
    largest = max(trees, key=lambda tree: len(tree.column))
    wanted = _ASPECT * largest.rows * ROW / largest.columns
    return min(max(wanted, _LEAST_COLUMN), _MOST_COLUMN)


def _packed(sizes: Sequence[Point]) -> tuple[list[Point], Point]:
    """Pack boxes in columns; return their corners and the size of all with a margin."""
    area = sum(width * height for width, height in sizes)
    tall = max(math.sqrt(area / _ASPECT), *(height for _, height in sizes), 0.0)
    corners, left, upper, widest, lowest = [], _MARGIN, _TOP, 0.0, 0.0
    for width, height in sizes:
        if upper > _TOP and upper + height > _TOP + tall:
            left, upper, widest = left + widest, _TOP, 0.0
        corners.append((left, upper))
        upper += height
        widest, lowest = max(widest, width), max(lowest, upper)
    return corners, (left + widest + _MARGIN / 2, lowest - (_GAP_ROWS + 1) * ROW + _MARGIN)


def _routes(
    graph: Graph,
    forest: Forest,
    x: Sequence[float],
    y: Sequence[float],
    bottom: Sequence[float],
) -> Iterable[Route]:
    """Route the edges of trees straight along the row of their farther node, others as curves."""
    for number, edge in enumerate(graph.edges):
        first, second = edge.ends
        if forest.edge[second] == number:
            yield (x[first], y[second]), (x[second], y[second])
        elif forest.edge[first] == number:
            yield (x[first], y[first]), (x[second], y[first])
        else:
            # leaves both bars at their lower ends, to the right
            beyond = max(x[first], x[second]) + _BULGE
            start = x[first], bottom[first] + _BELOW
            end = x[second], bottom[second] + _BELOW
            yield start, (beyond, start[1]), (beyond, end[1]), end
