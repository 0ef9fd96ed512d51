"""The tidy tree against what it promises, looked at one by one."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platone.grid.picture.tree_layout import TreeLayout, lay_out_tree


def children_of(parents: list[int]) -> list[list[int]]:
    children: list[list[int]] = [[] for _ in range(len(parents) + 1)]
    for node, parent in enumerate(parents, start=1):
        children[parent].append(node)
    return children


@st.composite
def trees(draw: st.DrawFn) -> tuple[list[list[int]], frozenset[int]]:
    count = draw(st.integers(0, 40))
    reach = draw(st.sampled_from([1, 3, 100]))  # chains, feeders, bushes
    parents = [draw(st.integers(max(0, node - reach), node)) for node in range(count)]
    hanging = draw(st.frozensets(st.integers(0, count)))
    return children_of(parents), hanging


def edges(children: list[list[int]]) -> list[tuple[int, int]]:
    return [(parent, child) for parent, each in enumerate(children) for child in each]


@given(trees())
@settings(max_examples=300, deadline=None)
def test_nothing_overlaps_and_no_edge_crosses_a_bar(
    tree: tuple[list[list[int]], frozenset[int]],
) -> None:
    children, hanging = tree
    tidy = lay_out_tree(0, children, hanging)
    taken = set()
    for node in range(len(children)):
        for row in range(tidy.row[node], tidy.bottom[node] + 1):
            assert (tidy.column[node], row) not in taken
            taken.add((tidy.column[node], row))
    for parent, child in edges(children):
        assert tidy.row[parent] <= tidy.row[child] <= tidy.bottom[parent]
        assert tidy.column[child] - tidy.column[parent] in {1, 2}
        for column in range(tidy.column[parent] + 1, tidy.column[child]):
            assert (column, tidy.row[child]) not in taken


@given(trees())
@settings(max_examples=200, deadline=None)
def test_what_hangs_on_a_bar_has_its_own_row_up_to_the_next_column(
    tree: tuple[list[list[int]], frozenset[int]],
) -> None:
    children, hanging = tree
    tidy = lay_out_tree(0, children, hanging)
    assert set(tidy.free) == set(hanging)
    for node, row in tidy.free.items():
        assert tidy.row[node] <= row <= tidy.bottom[node]
        assert all(tidy.row[child] != row for child in children[node])
        own = [child for child in children[node] if tidy.column[child] == tidy.column[node] + 1]
        assert all(not tidy.row[child] <= row <= tidy.bottom[child] for child in own)
    assert tidy.rows == 1 + max(tidy.bottom.values())
    assert min(tidy.row.values()) == tidy.row[0] == 0


def chain(length: int) -> list[list[int]]:
    return [[node + 1] for node in range(length - 1)] + [[]]


def test_a_feeder_runs_straight_and_its_loads_hang_in_one_row() -> None:
    tidy = lay_out_tree(0, chain(50), frozenset(range(50)))
    assert set(tidy.row.values()) == {0}
    assert tidy.rows == 2


def test_a_street_of_houses_needs_two_rows() -> None:
    """Cabinets in a chain with one house each: without nesting it would need fifty."""
    street = [[2 * i + 1, 2 * i + 2] for i in range(50) for _ in "ab"][::2]
    children: list[list[int]] = [[] for _ in range(101)]
    for i, pair in enumerate(street):
        children[2 * i] = pair
    tidy = lay_out_tree(0, children, frozenset())
    assert tidy.rows == 2


def test_a_long_chain_is_no_recursion() -> None:
    assert lay_out_tree(0, chain(20_000), frozenset()).columns == 39_999


@pytest.mark.parametrize("size", [10, 200])
def test_it_does_not_depend_on_chance(size: int) -> None:
    draw = random.Random(1)  # noqa: S311 - a tree, no secret
    children = children_of([draw.randrange(node) for node in range(1, size)])
    first, second = (lay_out_tree(0, children, frozenset({3})) for _ in range(2))
    assert isinstance(first, TreeLayout)
    assert first == second
