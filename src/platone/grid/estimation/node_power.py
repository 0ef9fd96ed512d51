"""The power that each node withdraws, put together from measurements of its consumers and buses.

A node's power is known where it is of every consumer of every bus that closed switches join to it,
or of the buses as a whole. Where only one bus of a node has consumers, each way to know it counts
by itself, so that the test of bad data can play them off against each other. A node at which
nothing withdraws or feeds has a power of exactly nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from platone.grid.array import Flags
from platone.grid.estimation.measurement import Injection, Quantity, Reading
from platone.grid.network.circuit import circuit_of
from platone.grid.network.element import Generator, Load, Source
from platone.grid.network.model import Network


@dataclass(frozen=True, slots=True)
class KnownPower:
    """The active or reactive power of a node as a weighted sum of readings.

    Attributes:
        variance: Variance of the sum's error, kW² or kvar².
        readings: The readings that are summed.
        shares: The weight of each reading in the sum.
    """

    variance: float
    readings: tuple[Reading, ...]
    shares: tuple[float, ...]


class NodeConnections:
    """The buses of each node that withdraw or feed, and the consumers through which they do.

    Args:
        network: A checked network.

    Attributes:
        node_of_bus: The circuit's node of each bus.
        consumers: The connected consumers of each bus.
        feeding: Buses of connected sources and generators.
        buses: The buses of each node that withdraw or feed.
        alone: Buses and consumers whose power is all that their node withdraws.
    """

    def __init__(self, network: Network) -> None:
        circuit = circuit_of(network)
        position = network.bus_position
        self.node_of_bus = {
            bus.id: int(circuit.node_of_bus[position[bus.id]]) for bus in network.buses
        }
        self.consumers: dict[str, list[str]] = {}
        for each in network.consumers:
            if not isinstance(each, Load) or each.closed:
                self.consumers.setdefault(each.bus, []).append(each.id)
        feeders: tuple[Source | Generator, ...] = (*network.sources, *network.generators)
        self.feeding = {each.bus for each in feeders if each.closed}
        active = sorted(self.feeding.union(self.consumers), key=self.node_of_bus.__getitem__)
        self.buses = {
            node: list(group) for node, group in groupby(active, self.node_of_bus.__getitem__)
        }
        self.alone = set(self._alone())
        self._nodes = circuit.nodes
        self._consumers = network.consumer_position
        self._consumer_node: list[int] = circuit.consumer_node.tolist()

    def _alone(self) -> Iterator[str]:
        for buses in self.buses.values():
            if len(buses) == 1:
                yield buses[0]
                if buses[0] not in self.feeding and len(self.consumers[buses[0]]) == 1:
                    yield self.consumers[buses[0]][0]

    @property
    def connected_consumers(self) -> set[str]:
        """Return the identifiers of all consumers that are connected."""
        return {name for names in self.consumers.values() for name in names}

    @property
    def is_idle(self) -> Flags:
        """Return which of the circuit's nodes neither withdraw nor feed, shape (nodes,)."""
        found = np.ones(self._nodes, np.bool_)
        found[list(self.buses)] = False
        return found

    def node(self, element: str) -> int:
        """Return the circuit's node of a consumer or bus."""
        row = self._consumers.get(element)
        return self.node_of_bus[element] if row is None else self._consumer_node[row]

    def known_powers(
        self, node: int, quantity: Quantity, measured: Mapping[str, Sequence[Injection]]
    ) -> list[KnownPower]:
        """Return each way to know a node's power; none where a part of it was not measured.

        Args:
            node: The circuit's node.
            quantity: P or Q.
            measured: The measurements of each consumer and bus.
        """
        ways = [self._of_bus(bus, quantity, measured) for bus in self.buses.get(node, [])]
        if not ways or not all(ways):
            return []
        if len(ways) == 1:
            return ways[0]
        return [_sum(_weighted_mean(way) for way in ways)]

    def _of_bus(
        self, bus: str, quantity: Quantity, measured: Mapping[str, Sequence[Injection]]
    ) -> list[KnownPower]:
        whole = _readings(measured.get(bus, ()), quantity)
        consumers = self.consumers.get(bus, [])
        if bus in self.feeding or not consumers:
            return whole
        each = [_readings(measured.get(consumer, ()), quantity) for consumer in consumers]
        if not all(each):
            return whole
        if len(each) == 1:
            return whole + each[0]
        return [*whole, _sum(_weighted_mean(ways) for ways in each)]


def _readings(measured: Iterable[Injection], quantity: Quantity) -> list[KnownPower]:
    found = []
    for each in measured:
        value = each.p_kw if quantity is Quantity.P else each.q_kvar
        std = each.std_kw if quantity is Quantity.P else each.std_kvar
        if value is not None and std is not None:
            reading = Reading(measurement=each.id, quantity=quantity)
            found.append(KnownPower(std**2, (reading,), (1.0,)))
    return found


def _weighted_mean(ways: Sequence[KnownPower]) -> KnownPower:
    """Return the mean of several ways to know the same power, weighted by 1 / variance."""
    if len(ways) == 1:
        return ways[0]
    certainty = sum(1 / way.variance for way in ways)
    return KnownPower(
        1 / certainty,
        tuple(reading for way in ways for reading in way.readings),
        tuple(share / way.variance / certainty for way in ways for share in way.shares),
    )


def _sum(parts: Iterable[KnownPower]) -> KnownPower:
    parts = list(parts)
    return KnownPower(
        sum(part.variance for part in parts),
        tuple(reading for part in parts for reading in part.readings),
        tuple(share for part in parts for share in part.shares),
    )
