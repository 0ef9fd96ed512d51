"""The power of sources and generators at their buses, which a state tells by node alone."""

from collections import defaultdict

import numpy as np

from platone.grid.array import Complexes
from platone.grid.network.circuit import circuit_of
from platone.grid.network.model import Network


def add_machine_power(network: Network, bus_kva: Complexes, node_kva: Complexes) -> None:
    """Add what sources and generators withdraw to the power of their buses.

    Each generator withdraws its own active power at its bus. What a node withdraws beyond the
    elements at its buses, its sources share equally or, where it has none, its generators.

    Args:
        network: A checked network.
        bus_kva: Power that the other elements of each bus withdraw, kW + j kvar, complex, shape
            (buses, scenarios); it is changed.
        node_kva: Power that each node withdraws in all, shape (nodes, scenarios).
    """
    circuit, place = circuit_of(network), network.bus_position
    machines: dict[int, list[int]] = defaultdict(list)
    for source in network.sources:
        row = place[source.bus]
        if source.closed:
            machines[int(circuit.node_of_bus[row])].append(row)
    of_sources = set(machines)
    for generator in network.generators:
        row = place[generator.bus]
        node = int(circuit.node_of_bus[row])
        if generator.closed and circuit.fed[node]:
            bus_kva[row] += generator.p_kw
            if node not in of_sources:
                machines[node].append(row)
    told = np.zeros_like(node_kva)
    np.add.at(told, circuit.node_of_bus, bus_kva)
    for node, rows in machines.items():
        for row in rows:
            bus_kva[row] += (node_kva[node] - told[node]) / len(rows)
