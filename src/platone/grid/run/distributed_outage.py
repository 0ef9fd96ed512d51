"""Outages side by side, wherever their workers are."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from platone.grid.contingency.analysis import analyse_outages
from platone.grid.contingency.consequence import ContingencyAnalysis, ranked
from platone.grid.contingency.outage import Outage
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.model import Network
from platone.grid.run.span import Progress, counted
from platone.grid.run.workers import Workers

_PARTS_A_WORKER = 4
"""More parts than workers, so that none waits long for another, and there is progress to tell."""
_engine = GridModelPowerFlow()


@dataclass(frozen=True, eq=False)
class _Part:
    """Some outages of a network over a run."""

    network: Network
    power: ConsumerPower
    outages: tuple[Outage, ...]


def spread_outages(
    where: Workers,
    network: Network,
    power: ConsumerPower,
    outages: Sequence[Outage],
    progress: Progress | None = None,
    *,
    resupply: bool = True,
) -> ContingencyAnalysis:
    """Return the outcome of :func:`~platone.grid.contingency.analysis.analyse_outages`, in parts.

    Raises:
        ClusterMissing: The workers were lost.
        PowerFlowDiverged: A quarter-hour has no solution in the intact network.
    """
    count = max(min(len(outages), _PARTS_A_WORKER * where.count), 1)
    parts = [_Part(network, power, tuple(outages[first::count])) for first in range(count)]
    states = len(outages) * len(power.p_kw)
    results = where.map(partial(_analyse, resupply=resupply), parts)
    found = list(counted(results, count, states, progress))
    place = {outage: row for row, outage in enumerate(outages)}
    each = [contingency for part in found for contingency in part.contingencies]
    each.sort(key=lambda contingency: place[contingency.outage])
    first = found[0]
    return ContingencyAnalysis(
        first.intact, ranked(each), len(power.p_kw), first.unsupplied, first.resupplies
    )


def _analyse(part: _Part, *, resupply: bool) -> ContingencyAnalysis:
    return analyse_outages(part.network, _engine, part.power, part.outages, resupply=resupply)
