"""The count of what no limit watches, as a message."""

import math

from platone.grid.network.circuit import circuit_of
from platone.grid.network.model import Network
from platone.messages.grid import Unwatched


def to_unwatched(network: Network) -> Unwatched:
    """Return how many buses and branches of a network no limit watches."""
    first, second = circuit_of(network).limits_a
    return Unwatched(
        buses=sum(bus.min_pu is None and bus.max_pu is None for bus in network.buses),
        branches=sum(math.isinf(min(pair)) for pair in zip(first, second, strict=True)),
    )
