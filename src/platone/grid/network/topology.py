"""The source that feeds each bus and PoD, as the network is switched."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra

from platone.grid.network.circuit import Circuit, circuit_of
from platone.grid.network.model import Network


def unfed_buses(network: Network) -> list[str]:
    """Return the buses to which no closed path leads from any source, in the network's order."""
    is_fed = circuit_of(network).bus_fed
    return [bus.id for bus, fed in zip(network.buses, is_fed, strict=True) if not fed]


def pod_pom(network: Network) -> dict[str, str]:
    """Return the point of measurement (a source's id) that feeds each point of delivery.

    Where several sources feed one meshed part, it is the electrically nearest: the least sum
    of the impedances' magnitudes (pu) along a path, ties going to the source listed first.
    A PoD that nothing feeds is left out.
    """
    feeding = feeding_sources(network)
    found = {}
    for point in network.connection_points:
        source = feeding[network.bus_position[point.bus]]
        if source >= 0:
            found[point.pod_id] = network.sources[source].id
    return found


def feeding_sources(network: Network) -> NDArray[np.int64]:
    """Return for each bus the place of the nearest source that feeds it; -1 where none does."""
    circuit = circuit_of(network)
    closed = [place for place, source in enumerate(network.sources) if source.closed]
    if not closed:
        return np.full(len(network.buses), -1)
    distance = dijkstra(_lengths(circuit), directed=False, indices=circuit.source_node)
    nearest = np.array(closed)[np.argmin(distance, axis=0)]
    feeding = np.where(np.isfinite(distance.min(axis=0)), nearest, -1)
    return np.asarray(feeding[circuit.node_of_bus])


def _lengths(circuit: Circuit) -> csr_array:
    """Return magnitudes of the impedances between nodes, pu; never 0, which means no edge."""
    ports = circuit.ports
    both = ports.closed.all(axis=1)
    length = np.maximum(1 / np.abs(ports.series[both]), 1e-12)
    pairs = np.stack([ports.from_node[both], ports.to_node[both]], axis=1)
    pairs.sort(axis=1)
    # of parallel branches the shortest counts: what comes first stays
    order = np.argsort(length, kind="stable")
    _, first = np.unique(pairs[order], axis=0, return_index=True)
    kept = order[first]
    ends = pairs[kept, 0], pairs[kept, 1]
    return coo_array((length[kept], ends), shape=(circuit.nodes, circuit.nodes)).tocsr()
