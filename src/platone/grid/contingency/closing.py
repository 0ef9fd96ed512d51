"""Normally open switches and branches: what can be closed to supply a dark part again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from platone.grid.array import Flags
from platone.grid.network.branch import Line, Switch, Transformer
from platone.grid.network.circuit import circuit_of, closed_ends
from platone.grid.network.event import Switching, happened
from platone.grid.network.model import Branch, Network
from platone.grid.problem.network import NetworkInvalid


@dataclass(frozen=True, eq=False)
class Closing:
    """An open connection between two nodes, and the network with it closed.

    Attributes:
        whole: The network with it open.
        switchings: What closes it: a switch, or all that parts a branch from its two ends.
        branch: The branch's place in ``network.branches``; none where a switch joins two buses.
        ends: The nodes that it connects.
    """

    whole: Network
    switchings: tuple[Switching, ...]
    branch: int | None
    ends: tuple[int, int]

    @property
    def elements(self) -> tuple[str, ...]:
        """Return the elements that are closed, by identifiers, each once."""
        return tuple(dict.fromkeys(each.element for each in self.switchings))

    @cached_property
    def network(self) -> Network | None:
        """Return the network with it closed; None where it would join different voltages."""
        try:
            return happened(self.whole, self.switchings)
        except NetworkInvalid:
            return None

    def joins(self, dark: Flags, fed: Flags) -> bool:
        """Tell whether it leads from a dark node to one that has supply."""
        one, other = self.ends
        return bool((dark[one] and fed[other]) or (dark[other] and fed[one]))


def closings_of(network: Network) -> list[Closing]:
    """Return what is open in a network and can be closed: switches, then branches."""
    circuit, place = circuit_of(network), network.bus_position
    node, ports = circuit.node_of_bus, circuit.ports
    found = [
        Closing(
            network,
            (Switching(switch.id, closed=True),),
            None,
            (int(node[place[switch.bus]]), int(node[place[switch.other]])),
        )
        for switch in network.switches
        if not switch.closed and switch.other in place
    ]
    parting = _parting(network)
    for row in np.flatnonzero(~closed_ends(network).all(axis=1)).tolist():
        branch = network.branches[row]
        switchings = tuple(_closing_of(branch, parting))
        ends = int(ports.from_node[row]), int(ports.to_node[row])
        found.append(Closing(network, switchings, row, ends))
    return [each for each in found if each.ends[0] != each.ends[1]]


def _parting(network: Network) -> Mapping[str, list[Switch]]:
    """Return the open switches that part branches from buses, by branch."""
    found: dict[str, list[Switch]] = {}
    for switch in network.switches:
        if not switch.closed and switch.other in network.branch_position:
            found.setdefault(switch.other, []).append(switch)
    return found


def _closing_of(branch: Branch, parting: Mapping[str, list[Switch]]) -> Iterator[Switching]:
    if isinstance(branch, Line | Transformer):
        if not branch.from_closed:
            yield Switching(branch.id, closed=True, end="from")
        if not branch.to_closed:
            yield Switching(branch.id, closed=True, end="to")
    elif not branch.closed:
        yield Switching(branch.id, closed=True)
    for switch in parting.get(branch.id, ()):
        yield Switching(switch.id, closed=True)
