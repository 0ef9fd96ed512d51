"""Split long runs into parts, so that a year needs no more memory than some days."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

import numpy as np

from platone.grid.array import Floats, Places
from platone.grid.flow.state import ConsumerPower, Flow, PowerFlow
from platone.grid.network.model import Network
from platone.grid.problem.calculation import PowerFlowDiverged

_VALUES = 2**21
"""Consumers times scenarios in a chunk, at most: 16 MiB for each array of 8-byte numbers."""
_MOST = 2048
"""Scenarios in a chunk, at most: bounds the memory that small networks' branches take."""
_DAY = 96
"""Quarter-hours in a day without change of clock: states of which all currents are kept at once."""


class ActivePower(Protocol):
    """The active power of consumers, in all phases together or by phase."""

    @property
    def p_kw(self) -> Floats:
        """Return the power in kW, shape (scenarios, consumers) or (scenarios, consumers, 3)."""
        ...


class Run(Protocol):
    """The solved states of a run, balanced or by phase."""

    @property
    def network(self) -> Network:
        """Return the network."""
        ...

    @property
    def power(self) -> ActivePower:
        """Return the power that the consumers withdraw."""
        ...

    @property
    def scenarios(self) -> int:
        """Return the number of scenarios."""
        ...

    def at(self, scenarios: Places) -> Self:
        """Return the states of some scenarios, by their places."""
        ...


Solved = TypeVar("Solved", bound=Run)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a run: consecutive scenarios that are calculated together.

    Attributes:
        first: Place of its first scenario in the run.
        power: Power that the consumers withdraw in it.
    """

    first: int
    power: ConsumerPower


def chunks(power: ConsumerPower) -> Iterator[Chunk]:
    """Yield the parts of a run in its order; the more consumers, the fewer scenarios in each."""
    scenarios, consumers = power.p_kw.shape
    size = max(min(_VALUES // max(consumers, 1), _MOST), 1)
    for first in range(0, scenarios, size):
        part = slice(first, first + size)
        yield Chunk(first, ConsumerPower(power.p_kw[part], power.q_kvar[part]))


def day_by_day(flow: Solved) -> Iterator[tuple[int, Solved]]:
    """Yield solved states day by day, so that derived arrays need not be kept of all of them.

    With each part comes the place of its first scenario.
    """
    count = flow.scenarios
    if count <= _DAY:
        yield 0, flow  # with all that is known of it
        return
    for first in range(0, count, _DAY):
        yield first, flow.at(np.arange(first, min(first + _DAY, count)))


def solve_chunk(engine: PowerFlow, network: Network, chunk: Chunk) -> Flow:
    """Return the solved states of a part of a run.

    Raises:
        PowerFlowDiverged: It names the scenarios by their places in the run.
    """
    places = chunk.first + np.arange(len(chunk.power.p_kw))
    return solve_places(engine, network, chunk.power, places)


def solve_places(engine: PowerFlow, network: Network, power: ConsumerPower, places: Places) -> Flow:
    """Return the solved states of some scenarios of a run.

    Args:
        engine: The engine.
        network: The network.
        power: Power that the consumers withdraw in these scenarios.
        places: The scenarios' places in the run, shape (scenarios,).

    Raises:
        PowerFlowDiverged: It names the scenarios by their places in the run.
    """
    try:
        return engine.solve(network, power)
    except PowerFlowDiverged as error:
        failed = np.array(error.fields["quarterHours"], np.int64)
        named = places[failed].tolist()
        raise PowerFlowDiverged(error.detail, quarterHours=named) from error
