"""Which source feeds what, as the network is switched."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from platone.dso.domain.network.model import Branch, Line, Network


def unfed_buses(network: Network) -> list[str]:
    """The buses to which no closed path leads from any source, in the network's order."""
    feeding = feeding_sources(network)
    return [bus.id for bus, source in zip(network.buses, feeding, strict=True) if source < 0]


def pod_pom(network: Network) -> dict[str, str]:
    """The point of measurement (a source's id) that feeds each point of delivery.

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
    """For each bus the place of the source that feeds it, nearest first; -1 where none does."""
    count = len(network.buses)
    if not network.sources:
        return np.full(count, -1)
    closed = [branch for branch in network.branches if branch.from_closed and branch.to_closed]
    from_bus = [network.bus_position[branch.from_bus] for branch in closed]
    to_bus = [network.bus_position[branch.to_bus] for branch in closed]
    length = [_length_pu(branch, network) for branch in closed]
    # parallel branches: the shortest counts, so longer ones are left out before the sum of coo
    shortest: dict[tuple[int, int], float] = {}
    for i, j, pu in zip(from_bus, to_bus, length, strict=True):
        key = (min(i, j), max(i, j))
        shortest[key] = min(pu, shortest.get(key, np.inf))
    pairs = np.array(list(shortest), dtype=np.int64).reshape(-1, 2)
    graph = coo_array((list(shortest.values()), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    starts = [network.bus_position[source.bus] for source in network.sources]
    distance = dijkstra(graph.tocsr(), directed=False, indices=starts)
    nearest = np.argmin(distance, axis=0)
    return np.where(np.isfinite(distance.min(axis=0)), nearest, -1)


def _length_pu(branch: Branch, network: Network) -> float:
    """Magnitude of the series impedance on a base of 1 MVA; never 0, which means no edge."""
    if isinstance(branch, Line):
        kv = network.buses[network.bus_position[branch.from_bus]].nominal_kv
        pu = abs(complex(branch.resistance_ohm, branch.reactance_ohm)) / kv**2 if kv else 0.0
    else:
        pu = branch.short_circuit_percent / 100 * 1000 / branch.rated_kva if branch.rated_kva else 0
    return max(pu, 1e-12)
