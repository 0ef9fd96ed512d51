"""Layouts of whole networks: schemes of any topology, and maps."""

import itertools
import math
import random
from collections.abc import Callable, Sequence

import networkx as nx  # type: ignore[import-untyped]
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platone.grid.network.branch import Line, Switch
from platone.grid.network.check import check
from platone.grid.network.element import Bus, Load, Source
from platone.grid.network.model import Network
from platone.grid.picture.forest import forest_of
from platone.grid.picture.geography import map_of
from platone.grid.picture.graph import AttachmentKind, graph_of
from platone.grid.picture.layout import along
from platone.grid.picture.scheme import ROW, scheme_of


def network_of(
    ends: list[tuple[int, int, bool]],
    buses: int,
    sources: list[int],
    loads: list[int],
    *,
    ties: list[tuple[int, int, bool]] | None = None,
    positions: list[tuple[float, float]] | None = None,
) -> Network:
    found: Sequence[tuple[float, float] | None] = positions or [None] * buses
    return check(
        Network(
            id="n",
            version="1",
            buses=tuple(
                Bus(id=f"b{i}", nominal_kv=20.0, min_pu=0.9, max_pu=1.1, position=found[i])
                for i in range(buses)
            ),
            sources=tuple(Source(id=f"s{i}", bus=f"b{i}", voltage_pu=1.0) for i in sources),
            lines=tuple(
                Line(
                    id=f"l{i}",
                    from_bus=f"b{a}",
                    to_bus=f"b{b}",
                    resistance_ohm=0.1 + 0.01 * (i % 7),
                    reactance_ohm=0.1,
                    capacitance_nf=1.0,
                    limit_a=100.0,
                    to_closed=closed,
                )
                for i, (a, b, closed) in enumerate(ends)
            ),
            switches=tuple(
                Switch(id=f"w{i}", bus=f"b{a}", other=f"b{b}", closed=closed)
                for i, (a, b, closed) in enumerate(ties or [])
            ),
            loads=tuple(Load(id=f"d{i}", bus=f"b{i}", p_kw=10.0, q_kvar=0.0) for i in loads),
        )
    )


@st.composite
def networks(draw: st.DrawFn) -> Network:
    buses = draw(st.integers(1, 25))
    bus = st.integers(0, buses - 1)
    pairs = st.tuples(bus, bus, st.booleans()).filter(lambda each: each[0] != each[1])
    some = st.lists(pairs, max_size=35) if buses > 1 else st.just([])
    few = st.lists(pairs, max_size=3) if buses > 1 else st.just([])
    sources = draw(st.lists(bus, min_size=1, max_size=2, unique=True))
    loads = draw(st.lists(bus, max_size=buses, unique=True))
    ties = [each for each in draw(few) if not each[2]]
    return network_of(draw(some), buses, sources, loads, ties=ties)


@given(networks())
@settings(max_examples=150, deadline=None)
def test_buses_never_overlap_and_edges_end_at_their_buses(network: Network) -> None:
    graph = graph_of(network)
    layout = scheme_of(graph)
    bars = list(zip(layout.x, layout.top, layout.bottom, strict=True))
    assert np.isfinite(bars).all()
    for (x1, top1, bottom1), (x2, top2, bottom2) in itertools.combinations(bars, 2):
        apart = abs(x1 - x2) >= 70 or bottom1 + ROW <= top2 or bottom2 + ROW <= top1
        assert apart
    for edge, route in zip(graph.edges, layout.routes, strict=True):
        for node, (x, y) in zip(edge.ends, (route[0], route[-1]), strict=True):
            assert x == layout.x[node]
            assert layout.top[node] <= y <= layout.bottom[node] + 6
    width, height = layout.size
    assert all(0 < x < width and 0 < top <= bottom < height for x, top, bottom in bars)


@given(networks())
@settings(max_examples=100, deadline=None)
def test_trees_follow_the_shortest_electrical_ways(network: Network) -> None:
    graph = graph_of(network)
    forest = forest_of(graph)
    oracle: nx.Graph[int] = nx.Graph()
    oracle.add_nodes_from(range(graph.nodes))
    for edge in graph.edges:
        if edge.is_closed:
            known = oracle.get_edge_data(*edge.ends, {"length": math.inf})["length"]
            oracle.add_edge(*edge.ends, length=min(edge.length_pu, known))
    wanted = nx.multi_source_dijkstra_path_length(oracle, set(graph.roots), weight="length")
    for node in wanted:
        length, at = 0.0, node
        while forest.parent[at] >= 0:
            length += graph.edges[forest.edge[at]].length_pu
            at = forest.parent[at]
        assert at in graph.roots
        assert length == pytest.approx(wanted[node], abs=1e-9)


def test_every_kind_of_element_has_its_place(everything: Callable[..., Network]) -> None:
    network = everything()
    graph = graph_of(network)
    layout = scheme_of(graph)
    assert graph.nodes == len(network.buses) + 1
    assert [edge.element for edge in graph.edges][: len(network.branches)] == [
        branch.id for branch in network.branches
    ]
    assert {each.kind for each in graph.hangings} == set(AttachmentKind)
    assert {(each.element, each.closed) for each in graph.switches} == {
        ("s1", True),
        ("s2", True),
        ("l5", False),
    }
    assert all(each.bus in layout.hang or each.bus in layout.feed for each in graph.hangings)
    open_tie = next(edge for edge in graph.edges if edge.element == "s3")
    assert not open_tie.is_closed


@pytest.mark.parametrize("shape", ["feeders", "bush", "chain"])
def test_ten_thousand_buses_are_laid_out_in_any_shape(shape: str) -> None:
    draw, count = random.Random(7), 10_000  # noqa: S311 - a network, no secret
    reach = {"feeders": 8, "bush": count, "chain": 1}[shape]
    ends = [(draw.randrange(max(0, i - reach), i), i, True) for i in range(1, count)]
    network = network_of(ends, count, [0], list(range(0, count, 2)))
    layout = scheme_of(graph_of(network))
    assert len(layout.routes) == count - 1


def placed(positions: list[tuple[float, float]]) -> Network:
    ends = [(i, i + 1, True) for i in range(len(positions) - 1)]
    return network_of(ends, len(positions), [0], [0], positions=positions)


def test_a_map_keeps_distances() -> None:
    """Milan, Rome and Palermo: great-circle distances 477, 427 and 886 km."""
    towns = [(9.19, 45.4642), (12.4964, 41.9028), (13.3615, 38.1157)]
    layout = map_of(graph_of(placed(towns)))
    assert layout is not None
    spots = list(zip(layout.x, layout.top, strict=True))
    drawn = [math.dist(a, b) for a, b in itertools.combinations(spots, 2)]
    real = [477.0, 886.0, 427.0]
    assert np.array(drawn) / drawn[0] == pytest.approx(np.array(real) / real[0], rel=0.03)
    assert spots[0][0] < spots[2][0]  # Milan lies west
    assert spots[0][1] < spots[2][1]  # and north


def test_buses_in_one_place_are_spread() -> None:
    layout = map_of(graph_of(placed([(0.0, 0.0), (0.0, 0.0), (0.0, 0.0), (5.0, 1.0)])))
    assert layout is not None
    spots = list(zip(layout.x, layout.top, strict=True))
    assert min(math.dist(a, b) for a, b in itertools.combinations(spots, 2)) > 15


def test_there_is_no_map_without_all_positions() -> None:
    network = network_of([(0, 1, True)], 2, [0], [])
    assert map_of(graph_of(network)) is None
    assert map_of(graph_of(placed([(1.0, 2.0), (1.0, 2.0)]))) is None


def test_the_middle_of_a_curve_is_that_of_its_control_points() -> None:
    """De Casteljau's construction."""
    route = ((0.0, 0.0), (4.0, 0.0), (4.0, 8.0), (0.0, 8.0))
    assert along(route, 0.5) == pytest.approx((3.0, 4.0))
    assert along(route, 0.0) == route[0]
    assert along(((0.0, 0.0), (10.0, 20.0)), 0.25) == (2.5, 5.0)
