"""Outages that are looked at: one branch, or one transformer with all its windings, each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from platone.grid.network.circuit import circuit_of
from platone.grid.network.model import Network
from platone.grid.problem.calculation import UnknownBranch


@dataclass(frozen=True, slots=True)
class Outage:
    """A line or transformer that is out of service: switched off at all its ends.

    Attributes:
        element: Its identifier.
        name: What people call it.
        branches: Places in ``network.branches`` of what is switched off with it.
    """

    element: str
    name: str
    branches: tuple[int, ...]


def outages_of(network: Network, elements: Sequence[str] | None = None) -> list[Outage]:
    """Return the outages of some branches, or of every branch that is in service.

    Transformers with three windings are one outage, of all windings; single windings are looked at
    where they are named.

    Raises:
        UnknownBranch: One of the names is that of no branch.
    """
    if elements is None:
        return list(_in_service(network))
    three = {unit.id: unit for unit in network.three_winding_transformers}
    found: dict[str, Outage] = {}
    for element in elements:
        if element in three:
            rows = tuple(network.branch_position[each.id] for each in three[element].windings)
            found[element] = Outage(element, three[element].name or element, rows)
        elif element in network.branch_position:
            row = network.branch_position[element]
            found[element] = Outage(element, network.branches[row].name or element, (row,))
        else:
            raise UnknownBranch(f"The network has no branch {element!r}.", element=element)
    return list(found.values())


def _in_service(network: Network) -> Iterator[Outage]:
    """Outages of what is switched on, at one end at least, where there is voltage."""
    circuit = circuit_of(network)
    ports, fed = circuit.ports, circuit.fed
    live = (ports.closed[:, 0] & fed[ports.from_node]) | (ports.closed[:, 1] & fed[ports.to_node])
    two_ended = len(network.lines) + len(network.transformers)
    for row, branch in enumerate(network.branches[:two_ended]):
        if live[row]:
            yield Outage(branch.id, branch.name or branch.id, (row,))
    for place, unit in enumerate(network.three_winding_transformers):
        first = two_ended + 3 * place
        rows = (first, first + 1, first + 2)
        if live[list(rows)].any():
            yield Outage(unit.id, unit.name or unit.id, rows)
