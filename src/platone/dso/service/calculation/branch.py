"""The branches of a network by name, for whoever is to choose some of them."""

from collections.abc import Iterable, Iterator

from platone.dso.domain.network_key import NetworkKey
from platone.grid.network.model import Network
from platone.infra.listing import Part, part_of
from platone.messages.stored_network import BranchKind, NetworkBranch, NetworkBranches


def branches_of(network: Network) -> tuple[NetworkBranch, ...]:
    """Return the lines, transformers and windings of a network, by identifier."""
    return tuple(sorted(_branches(network), key=lambda each: each.id))


def branches_told(
    key: NetworkKey, branches: Iterable[NetworkBranch], part: Part
) -> NetworkBranches:
    """Return a part of the branches of a network as a message.

    Raises:
        PlaceUnknown: The list has no such place.
    """
    found = part_of(branches, lambda each: (each.id,), part, (str,))
    return NetworkBranches(
        network_id=key.id, version=key.version, branches=found.items, next=found.next
    )


def _branches(network: Network) -> Iterator[NetworkBranch]:
    for line in network.lines:
        yield NetworkBranch(id=line.id, name=line.name, kind=BranchKind.LINE)
    for unit in network.transformers:
        yield NetworkBranch(id=unit.id, name=unit.name, kind=BranchKind.TRANSFORMER)
    for whole in network.three_winding_transformers:
        yield NetworkBranch(id=whole.id, name=whole.name, kind=BranchKind.TRANSFORMER)
    for winding in network.windings:
        yield NetworkBranch(id=winding.id, name=winding.name, kind=BranchKind.WINDING)
