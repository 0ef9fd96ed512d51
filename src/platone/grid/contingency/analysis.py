"""Contingency analysis: each outage over a run, what it breaks, and how to supply again.

outage ─► network without the branch ─► power flows of all quarter-hours ─► broken limits
   │                │
   │                └─► dark islands ─► each open connection from dark to fed: closed,
   │                                    calculated like an outage, the best one first
   └─ the circuit follows from that of the whole network: nothing is made anew
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from platone.grid.array import Flags, Places
from platone.grid.contingency.closing import closings_of
from platone.grid.contingency.consequence import (
    Consequence,
    Contingency,
    ContingencyAnalysis,
    Resupply,
    ranked,
)
from platone.grid.contingency.interruption import dark_islands, unsupplied_islands
from platone.grid.contingency.lasting import Excesses
from platone.grid.contingency.outage import Outage
from platone.grid.flow.chunk import chunks, solve_chunk
from platone.grid.flow.limit import Limits
from platone.grid.flow.state import ConsumerPower, Flow, PowerFlow
from platone.grid.network.circuit import circuit_of
from platone.grid.network.model import Network
from platone.grid.network.outage import without_branches
from platone.grid.problem.calculation import PowerFlowDiverged

_BATCH = 16
"""Outages that are looked at together: each is a network with a circuit of its own."""


def analyse_outages(
    network: Network,
    engine: PowerFlow,
    power: ConsumerPower,
    outages: Sequence[Outage],
    progress: Callable[[int], None] | None = None,
    *,
    resupply: bool = True,
) -> ContingencyAnalysis:
    """Return the consequences of each of some outages over a run, the worst first.

    Args:
        network: A checked network.
        engine: What solves power flows.
        power: What the consumers withdraw.
        outages: What is out of service, one after the other.
        progress: Called with the number of outages' quarter-hours that are left, all of them first.
        resupply: Whether to try what can be closed where something is dark.

    Raises:
        PowerFlowDiverged: A quarter-hour has no solution in the intact network.
    """
    study, scenarios = ContingencyStudy(network, engine, power), len(power.p_kw)
    found: list[Contingency] = []
    for first in range(0, len(outages), _BATCH):
        if progress is not None:
            progress((len(outages) - first) * scenarios)
        found += study.look(outages[first : first + _BATCH], resupply=resupply)
    if progress is not None:
        progress(0)
    dark = unsupplied_islands(network, power)
    mended = study.supply_again(len(dark)) if dark and resupply else ()
    return ContingencyAnalysis(study.intact, ranked(found), scenarios, dark, mended)


class ContingencyStudy:
    """A network and its run, in which outages are looked at, a batch at a time.

    Args:
        network: A checked network.
        engine: What solves power flows.
        power: What the consumers withdraw.

    Attributes:
        intact: The limits that are broken without any outage.

    Raises:
        PowerFlowDiverged: A quarter-hour has no solution in the intact network.
    """

    def __init__(self, network: Network, engine: PowerFlow, power: ConsumerPower) -> None:
        self._network, self._engine, self._power = network, engine, power
        self._closings = closings_of(network)
        self._intact = self._excesses()
        for each in chunks(power):
            flow = solve_chunk(engine, network, each)
            self._intact.add(Limits(network).excess(flow), each.first + np.arange(flow.scenarios))
        self.intact = self._intact.violations(Limits(network), self._excesses())

    def look(self, outages: Sequence[Outage], *, resupply: bool = True) -> list[Contingency]:
        """Return the consequences of each of some outages.

        Args:
            outages: What is out of service, one after the other.
            resupply: Whether to try what can be closed where something is dark.
        """
        variants = [without_branches(self._network, each.branches) for each in outages]
        found = self._consequences(self._network, variants)
        tried: list[list[Resupply]] = [[] for _ in outages]
        sides = [self._sides(variant) for variant in variants]
        for closing in self._closings if resupply else ():
            rows = [
                row
                for row, outage in enumerate(outages)
                if closing.branch not in outage.branches and closing.joins(*sides[row])
            ]
            if not rows or closing.network is None:
                continue
            mended = [without_branches(closing.network, outages[row].branches) for row in rows]
            for row, left in zip(rows, self._consequences(closing.network, mended), strict=True):
                tried[row].append(Resupply(closing.elements, left))
        return [
            Contingency(outage, what, tuple(sorted(each, key=lambda one: one.left.severity)))
            for outage, what, each in zip(outages, found, tried, strict=True)
        ]

    def supply_again(self, islands: int) -> tuple[Resupply, ...]:
        """Return the switchings that supply a part that is dark without any outage, the best first.

        Args:
            islands: How many parts with consumers are dark.
        """
        fed, tried = circuit_of(self._network).fed, []
        for closing in self._closings:
            if closing.network is None or not closing.joins(~fed, fed):
                continue
            still_dark = unsupplied_islands(closing.network, self._power)
            if len(still_dark) < islands:
                (left,) = self._consequences(closing.network, [closing.network])
                tried.append(Resupply(closing.elements, replace(left, islands=still_dark)))
        return tuple(sorted(tried, key=lambda one: one.left.severity))

    def _sides(self, variant: Network) -> tuple[Flags, Flags]:
        """Return the nodes that have lost their supply in a variant, and those that have it."""
        fed = circuit_of(variant).fed
        return circuit_of(self._network).fed & ~fed, fed

    def _consequences(self, base: Network, variants: Sequence[Network]) -> list[Consequence]:
        limits = [Limits(each) for each in variants]
        excesses = [self._excesses() for _ in variants]
        unsolved: list[list[int]] = [[] for _ in variants]
        for part in chunks(self._power):
            places = part.first + np.arange(len(part.power.p_kw))
            states = self._states(base, variants, part.power)
            for row, (flow, failed) in enumerate(states):
                unsolved[row] += places[failed].tolist()
                if flow is not None:
                    excesses[row].add(limits[row].excess(flow), np.delete(places, failed))
        return [
            Consequence(
                violations=excesses[row].violations(limits[row], self._intact),
                islands=dark_islands(self._network, variant, self._power),
                unsolved=tuple(unsolved[row]),
            )
            for row, variant in enumerate(variants)
        ]

    def _states(
        self, base: Network, variants: Sequence[Network], power: ConsumerPower
    ) -> Iterator[tuple[Flow | None, Places]]:
        """Yield the states of each variant, and the places of those without a solution."""
        found = self._engine.solve_variants(base, variants, power)
        for variant, flow in zip(variants, found, strict=True):
            if isinstance(flow, Flow):
                yield flow, np.empty(0, np.int64)
            else:
                yield _solvable(self._engine, variant, power)

    def _excesses(self) -> Excesses:
        return Excesses(len(self._network.branches), len(self._network.buses))


def _solvable(
    engine: PowerFlow, network: Network, power: ConsumerPower
) -> tuple[Flow | None, Places]:
    """Solve the scenarios that have a solution; also returns the places of the others."""
    solvable = np.ones(len(power.p_kw), np.bool_)
    while solvable.any():
        part = ConsumerPower(power.p_kw[solvable], power.q_kvar[solvable])
        try:
            return engine.solve(network, part), np.flatnonzero(~solvable)
        except PowerFlowDiverged as error:
            failed: Any = error.fields["quarterHours"]
            solvable[np.flatnonzero(solvable)[failed]] = False
    return None, np.flatnonzero(~solvable)
