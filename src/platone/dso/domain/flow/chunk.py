"""Long runs in parts, so that a year needs no more memory than some days."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from platone.dso.domain.flow.state import ConsumerPower, Flow, PowerFlow, PowerFlowDiverged
from platone.dso.domain.network.model import Network

_VALUES = 2**21
_MOST = 2048


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a run.

    Attributes:
        first: Place of its first scenario in the run.
        power: What the consumers withdraw in it.
    """

    first: int
    power: ConsumerPower


def chunks(power: ConsumerPower) -> Iterator[Chunk]:
    """The parts of a run, in its order; the more consumers, the fewer scenarios in each."""
    scenarios, consumers = power.p_kw.shape
    size = max(min(_VALUES // max(consumers, 1), _MOST), 1)
    for first in range(0, scenarios, size):
        part = slice(first, first + size)
        yield Chunk(first, ConsumerPower(power.p_kw[part], power.q_kvar[part]))


def solve_chunk(engine: PowerFlow, network: Network, chunk: Chunk) -> Flow:
    """The states of a part.

    Raises:
        PowerFlowDiverged: It names the scenarios by their places in the run.
    """
    try:
        return engine.solve(network, chunk.power)
    except PowerFlowDiverged as error:
        places = np.array(error.fields["quarterHours"], np.int64)
        named = (chunk.first + places).tolist()
        raise PowerFlowDiverged(error.detail, quarterHours=named) from error
