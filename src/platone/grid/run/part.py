"""Parts of a run that are calculated side by side, wherever their workers are.

A run is cut into days and, where they allow it, into feeders that only sources join. Each part is
calculated as if it were alone, so the result is that of one process::

    run ──parts──► [part, part, …] ──spread over workers──► [result, result, …] ──joined──► result
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from platone.grid.flow.phase_state import PhasePower
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.feeder import independent_parts
from platone.grid.network.model import Network
from platone.grid.problem.calculation import PowerFlowDiverged
from platone.grid.run.span import Progress, counted, moved, spans
from platone.grid.run.workers import Workers

Power = TypeVar("Power", ConsumerPower, PhasePower)
Result = TypeVar("Result")


@dataclass(frozen=True, eq=False)
class Part(Generic[Power]):
    """Some days of a network, or of one of its feeders.

    Attributes:
        network: The network, or the feeder as a network of its own.
        first: Place of the part's first quarter-hour in the run.
        power: Power of the part's consumers in its quarter-hours.
    """

    network: Network
    first: int
    power: Power


def day_parts(network: Network, power: Power, count: int) -> list[Part[Power]]:
    """Cut a run into days of the whole network; at least one a worker if there are enough."""
    return [
        Part(network, rows.start, type(power)(power.p_kw[rows], power.q_kvar[rows]))
        for rows in spans(len(power.p_kw), count)
    ]


def feeder_parts(network: Network, power: ConsumerPower, count: int) -> list[Part[ConsumerPower]]:
    """Cut a run into days of each feeder, all feeders of the first days first.

    There is at least one part a worker if there are enough days.
    """
    feeders = independent_parts(network)
    position = network.consumer_position
    columns = [[position[each.id] for each in feeder.consumers] for feeder in feeders]
    return [
        Part(
            feeder,
            days.first,
            ConsumerPower(days.power.p_kw[:, own], days.power.q_kvar[:, own]),
        )
        for days in day_parts(network, power, -(-count // len(feeders)))
        for feeder, own in zip(feeders, columns, strict=True)
    ]


def spread(
    where: Workers,
    calculate: Callable[[Part[Power]], Result],
    parts: Sequence[Part[Power]],
    scenarios: int,
    progress: Progress | None,
) -> Iterator[Result]:
    """Yield the results of parts, in their order; the quarter-hours that are left are told.

    Args:
        where: The workers.
        calculate: Calculates one part; it is sent to the workers.
        parts: The parts.
        scenarios: How many quarter-hours the whole run has.
        progress: Called with the number of quarter-hours that are left.

    Raises:
        ClusterMissing: The workers were lost.
        PowerFlowDiverged: A quarter-hour has no solution; it is named by its place in the run.
    """
    results = where.map(partial(_calculate_part, calculate), parts)
    return counted(results, len(parts), scenarios, progress)


def _calculate_part(calculate: Callable[[Part[Power]], Result], part: Part[Power]) -> Result:
    try:
        return calculate(part)
    except PowerFlowDiverged as error:
        raise moved(error, part.first) from error
