"""Rows of a tree's nodes, so that nothing overlaps: a tidy tree in linear time.

After E. M. Reingold, J. S. Tilford, "Tidier drawings of trees", IEEE Trans. SE-7, 1981: subtrees
are put under each other as close as their contours allow. As in a single-line diagram a node is
not a point but a bar that spans its children's rows, so that every edge is one straight line; a
node's bar begins in the row of its deepest child, so that a feeder runs straight. Nodes are two
columns apart; only leaves beside others stand one column from their parents, so that the house
connections of a long street need no more rows than one house.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TreeLayout:
    """The positions of a tree's nodes, in columns and rows from 0.

    Attributes:
        column: Of each node.
        row: The row of the edge from its parent; its bar begins there.
        bottom: Lowest row of its bar.
        free: For each node on which something hangs, a row of its bar that is no child's.
        rows: How many rows there are.
        columns: How many columns.
    """

    column: dict[int, int]
    row: dict[int, int]
    bottom: dict[int, int]
    free: dict[int, int]
    rows: int
    columns: int


class _Contour:
    """The outermost rows of a subtree by column, its first one last; all shifted by ``shift``."""

    __slots__ = ("rows", "shift")

    def __init__(self, row: int) -> None:
        self.rows = [row]
        self.shift = 0

    def push(self, row: int) -> None:
        self.rows.append(row - self.shift)

    def over(self, other: "_Contour") -> "_Contour":
        """Return this contour, continued by the other where that is deeper."""
        count = len(self.rows)
        if count >= len(other.rows):
            return self
        by = self.shift - other.shift
        other.rows[-count:] = [row + by for row in self.rows]
        return other


class _Subtree:
    __slots__ = ("lower", "upper")

    def __init__(self, bottom: int) -> None:
        self.upper = _Contour(0)
        self.lower = _Contour(bottom)

    def push(self, first: int, last: int) -> None:
        """Add a column before the first, with the rows that it takes there."""
        self.upper.push(first)
        self.lower.push(last)


def lay_out_tree(
    root: int, children: Sequence[Sequence[int]], hanging: frozenset[int]
) -> TreeLayout:
    """Lay out one tree in linear time, so that nothing overlaps.

    Args:
        root: Its root.
        children: The children of each node.
        hanging: Nodes that need a free row for what hangs on them.
    """
    order = _from_root(root, children)
    height = _heights(order, children)
    subtree: dict[int, _Subtree] = {}
    shift, step = {root: 0}, {root: 0}
    bottom: dict[int, int] = {}
    free: dict[int, int] = {}
    for node in reversed(order):
        # the deepest first; the others by depth too, so that short ones nest under long ones
        ordered = sorted(children[node], key=lambda each: (-height[each], each))
        for child in ordered:
            is_beside = not children[child] and len(ordered) > 1
            step[child] = 1 if is_beside else 2
        merged = _stack(ordered, subtree, shift, step)
        if node in hanging:
            free[node] = _free_row(
                (shift[child], shift[child] + (bottom[child] if step[child] == 1 else 0))
                for child in ordered
            )
        bottom[node] = max(*(shift[child] for child in ordered), free.get(node, 0), 0)
        if merged is None:
            merged = _Subtree(bottom[node])
        else:
            merged.push(0, bottom[node])
        subtree[node] = merged
    return _absolute(order, children, (shift, step), bottom, free)


def _stack(
    ordered: Iterable[int],
    subtree: dict[int, _Subtree],
    shift: dict[int, int],
    step: dict[int, int],
) -> _Subtree | None:
    """Put subtrees under each other; note by how much each is moved down."""
    merged: _Subtree | None = None
    for child in ordered:
        fresh = subtree.pop(child)
        if step[child] > 1:
            fresh.push(0, 0)  # the edge passes a column
        if merged is None:
            shift[child], merged = 0, fresh
            continue
        lower, upper = merged.lower, fresh.upper
        shared = min(len(lower.rows), len(upper.rows))
        gaps = zip(lower.rows[-shared:], upper.rows[-shared:], strict=True)
        by = max(above - below for above, below in gaps) + lower.shift - upper.shift + 1
        shift[child] = by
        fresh.upper.shift += by
        fresh.lower.shift += by
        merged.upper = merged.upper.over(fresh.upper)
        merged.lower = fresh.lower.over(merged.lower)
    return merged


def _free_row(beside: Iterable[tuple[int, int]]) -> int:
    """Return the first row without an edge to a child or a child in the next column.

    Args:
        beside: First and last rows that the children take in the next column, downwards.
    """
    row = 0
    for first, last in beside:
        if row < first:
            break
        row = last + 1
    return row


def _from_root(root: int, children: Sequence[Sequence[int]]) -> list[int]:
    order = [root]
    for node in order:
        order.extend(children[node])
    return order


def _heights(order: Sequence[int], children: Sequence[Sequence[int]]) -> dict[int, int]:
    height: dict[int, int] = {}
    for node in reversed(order):
        height[node] = 1 + max((height[child] for child in children[node]), default=0)
    return height


def _absolute(
    order: Sequence[int],
    children: Sequence[Sequence[int]],
    moved: tuple[dict[int, int], dict[int, int]],
    bottom: dict[int, int],
    free: dict[int, int],
) -> TreeLayout:
    """Turn rows relative to each node's parent into rows of the whole tree."""
    shift, step = moved
    row, column = {order[0]: 0}, {order[0]: 0}
    for node in order:
        for child in children[node]:
            row[child] = row[node] + shift[child]
            column[child] = column[node] + step[child]
    return TreeLayout(
        column,
        row,
        {node: row[node] + bottom[node] for node in order},
        {node: row[node] + by for node, by in free.items()},
        1 + max(row[node] + bottom[node] for node in order),
        1 + max(column.values()),
    )
