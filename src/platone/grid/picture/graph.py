"""The network as a graph to draw: nodes, edges, and what hangs on the nodes.

Nodes are the buses, then the star points of transformers with three windings. Edges are the
branches in the network's order, then the switches between two buses.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from platone.grid.network.branch import Line, Switch, Transformer
from platone.grid.network.circuit import circuit_of, closed_ends
from platone.grid.network.element import Load
from platone.grid.network.model import Network

_TIE_PU = 1e-9
"""Length of a tie, per unit: far below that of lines, above the 0 that sparse matrices drop."""


class EdgeKind(Enum):
    """The kind of network element that an edge stands for."""

    LINE = "line"
    TRANSFORMER = "transformer"
    WINDING = "winding"
    TIE = "tie"
    """A switch between two buses."""


class AttachmentKind(Enum):
    """The kind of element attached to a bus, in the order in which they are drawn."""

    SOURCE = "source"
    GENERATOR = "generator"
    GENERATION = "generation"
    """A load that generates: its power is below 0."""
    LOAD = "load"
    POD = "pod"
    SHUNT = "shunt"


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge of the drawn graph: a line, transformer or switch between two nodes.

    Attributes:
        element: Identifier of the branch or switch.
        kind: What it is.
        ends: Its two nodes.
        closed: Whether it is switched on at each of them.
        length_pu: Magnitude of its series impedance on 1 MVA.
    """

    element: str
    kind: EdgeKind
    ends: tuple[int, int]
    closed: tuple[bool, bool]
    length_pu: float

    @property
    def is_closed(self) -> bool:
        """Return whether the edge is closed at both ends."""
        return self.closed[0] and self.closed[1]


@dataclass(frozen=True, slots=True)
class EndSwitch:
    """A switch at one end of an edge.

    Attributes:
        element: Its identifier; that of the branch where the network knows no switch of its own.
        edge: Place of the edge.
        end: 0 or 1.
        closed: Whether it is switched on.
    """

    element: str
    edge: int
    end: int
    closed: bool


@dataclass(frozen=True, slots=True)
class Attachment:
    """Elements of one kind at one bus.

    Attributes:
        bus: Place of the bus.
        kind: What they are.
        elements: Their identifiers.
        capacitive: Of shunts: whether they give reactive power.
    """

    bus: int
    kind: AttachmentKind
    elements: tuple[str, ...]
    capacitive: bool = False


@dataclass(frozen=True, eq=False)
class Graph:
    """A network as a graph to draw.

    Attributes:
        network: The network.
        nodes: How many nodes there are.
        edges: Its edges.
        switches: The switches at their ends.
        hangings: What hangs on the buses, by bus and kind.
        roots: The nodes of sources that are switched on, without repetition.
    """

    network: Network
    nodes: int
    edges: tuple[Edge, ...]
    switches: tuple[EndSwitch, ...]
    hangings: tuple[Attachment, ...]
    roots: tuple[int, ...]

    def node_kv(self, node: int) -> float:
        """Return the nominal voltage of a node in kV."""
        buses = self.network.buses
        if node < len(buses):
            return buses[node].nominal_kv
        unit = self.network.three_winding_transformers[node - len(buses)]
        return unit.windings[0].rated_kv


def graph_of(network: Network) -> Graph:
    """Return the graph of a checked network."""
    place = network.bus_position
    edges = (*_branches(network), *_ties(network))
    feeding = [place[source.bus] for source in network.sources if source.closed]
    return Graph(
        network,
        len(network.buses) + len(network.three_winding_transformers),
        edges,
        tuple(_switches(network, edges)),
        tuple(_hangings(network)),
        tuple(dict.fromkeys(feeding)),
    )


def _branches(network: Network) -> Iterator[Edge]:
    place, first_star = network.bus_position, len(network.buses)
    length = (1 / abs(circuit_of(network).ports.series)).tolist()
    for row, (branch, closed) in enumerate(
        zip(network.branches, closed_ends(network).tolist(), strict=True)
    ):
        if isinstance(branch, Line | Transformer):
            kind = EdgeKind.LINE if isinstance(branch, Line) else EdgeKind.TRANSFORMER
            second = place[branch.to_bus]
        else:
            kind = EdgeKind.WINDING
            second = first_star + (row - len(network.branches) + len(network.windings)) // 3
        ends = place[branch.from_bus], second
        yield Edge(branch.id, kind, ends, (closed[0], closed[1]), length[row])


def _ties(network: Network) -> Iterator[Edge]:
    place = network.bus_position
    for switch in network.switches:
        if switch.other in place:
            ends = place[switch.bus], place[switch.other]
            yield Edge(switch.id, EdgeKind.TIE, ends, (switch.closed, switch.closed), _TIE_PU)


def _switches(network: Network, edges: tuple[Edge, ...]) -> Iterator[EndSwitch]:
    known = set()
    for switch in network.switches:
        row = network.branch_position.get(switch.other)
        if row is not None:
            end = _end(network, switch, edges[row])
            known.add((row, end))
            yield EndSwitch(switch.id, row, end, switch.closed)
    for row, edge in enumerate(edges):
        for end, closed in enumerate(edge.closed):
            if not closed and edge.kind is not EdgeKind.TIE and (row, end) not in known:
                yield EndSwitch(edge.element, row, end, closed=False)


def _end(network: Network, switch: Switch, edge: Edge) -> int:
    return 0 if network.bus_position[switch.bus] == edge.ends[0] else 1


def _hangings(network: Network) -> Iterator[Attachment]:
    place = network.bus_position
    found: dict[tuple[int, AttachmentKind, bool], list[str]] = {}

    def hang(bus: str, kind: AttachmentKind, element: str, *, capacitive: bool = False) -> None:
        found.setdefault((place[bus], kind, capacitive), []).append(element)

    for source in network.sources:
        hang(source.bus, AttachmentKind.SOURCE, source.id)
    for machine in network.generators:
        hang(machine.bus, AttachmentKind.GENERATOR, machine.id)
    for load in network.loads:
        hang(load.bus, _kind_of(load), load.id)
    for point in network.connection_points:
        hang(point.bus, AttachmentKind.POD, point.pod_id)
    for shunt in network.shunts:
        hang(shunt.bus, AttachmentKind.SHUNT, shunt.id, capacitive=shunt.q_kvar < 0)
    order = list(AttachmentKind)
    for key in sorted(found, key=lambda each: (each[0], order.index(each[1]), each[2])):
        bus, kind, capacitive = key
        yield Attachment(bus, kind, tuple(found[key]), capacitive)


def _kind_of(load: Load) -> AttachmentKind:
    return AttachmentKind.GENERATION if load.p_kw < 0 else AttachmentKind.LOAD
