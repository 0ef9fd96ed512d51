"""Long runs in parts, so that a year needs no more memory than some days."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

import numpy as np

from platone.grid.array import Places
from platone.grid.flow.state import ConsumerPower, Flow, PowerFlow
from platone.grid.network.model import Network
from platone.grid.problem.calculation import PowerFlowDiverged

_VALUES = 2**21
_MOST = 2048
_DAY = 96


class Run(Protocol):
    """Solved states of a run."""

    @property
    def scenarios(self) -> int:
        """How many there are."""
        ...

    def at(self, scenarios: Places) -> Self:
        """The states of some scenarios."""
        ...


Solved = TypeVar("Solved", bound=Run)


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


def day_by_day(flow: Solved) -> Iterator[tuple[int, Solved]]:
    """The states in parts, so that what follows from them need not be kept of all.

    With each part comes the place of its first scenario.
    """
    count = flow.scenarios
    if count <= _DAY:
        yield 0, flow  # with all that is known of it
        return
    for first in range(0, count, _DAY):
        yield first, flow.at(np.arange(first, min(first + _DAY, count)))


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
