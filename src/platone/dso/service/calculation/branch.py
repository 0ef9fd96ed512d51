"""The branches of a network by name, for whoever is to choose some of them."""

from collections.abc import Iterator

import msgspec

from platone.dso.domain.network_input import NetworkInput
from platone.dso.service.calculation.network import network_of
from platone.grid.network.model import Network
from platone.infra.calculation.result import Written
from platone.infra.listing import Part, part_of
from platone.messages.stored_network import BranchKind, NetworkBranch, NetworkBranches


def branches_of(given: NetworkInput, part: Part) -> Written:
    """Return a part of the branches of a network, by identifier.

    Raises:
        PlaceUnknown: The list has no such place.
    """
    found = part_of(_branches(network_of(given)), lambda each: (each.id,), part, (str,))
    told = NetworkBranches(
        network_id=given.key.id,
        version=given.key.version,
        branches=found.items,
        next=found.next,
    )
    return Written(msgspec.json.encode(told))


def _branches(network: Network) -> Iterator[NetworkBranch]:
    for line in network.lines:
        yield NetworkBranch(id=line.id, name=line.name, kind=BranchKind.LINE)
    for unit in network.transformers:
        yield NetworkBranch(id=unit.id, name=unit.name, kind=BranchKind.TRANSFORMER)
    for whole in network.three_winding_transformers:
        yield NetworkBranch(id=whole.id, name=whole.name, kind=BranchKind.TRANSFORMER)
    for winding in network.windings:
        yield NetworkBranch(id=winding.id, name=winding.name, kind=BranchKind.WINDING)
