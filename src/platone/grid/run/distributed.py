"""Long calculations in parts, wherever their workers are: days and feeders side by side.

A run is cut into days and into feeders that only sources join; each part is calculated as if it
were alone, so the result is that of one process.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from platone.grid.flexibility.offer import single_members
from platone.grid.flexibility.request import FlexibilityNeed, PodFlexibility, size_request
from platone.grid.flexibility.validation import Trade, Validation, Verdict, validate
from platone.grid.flow.alarm import Violation
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.limit import Limits
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.feeder import independent_parts
from platone.grid.network.model import Network
from platone.grid.problem.calculation import PowerFlowDiverged
from platone.grid.run.span import Progress, counted, moved, spans
from platone.grid.run.workers import Workers

_engine = GridModelPowerFlow()


@dataclass(frozen=True, eq=False)
class _Part:
    """Some days of one feeder."""

    network: Network
    first: int
    power: ConsumerPower


def _parts(network: Network, power: ConsumerPower, count: int) -> list[_Part]:
    """The parts, all feeders of the first days first; at least one a worker if there are enough."""
    feeders = independent_parts(network)
    position = network.consumer_position
    found = []
    for rows in spans(len(power.p_kw), -(-count // len(feeders))):
        p_kw, q_kvar = power.p_kw[rows], power.q_kvar[rows]
        for feeder in feeders:
            columns = [position[each.id] for each in feeder.consumers]
            own = ConsumerPower(p_kw[:, columns], q_kvar[:, columns])
            found.append(_Part(feeder, rows.start, own))
    return found


def spread_request(
    where: Workers,
    network: Network,
    power: ConsumerPower,
    flexible: Sequence[PodFlexibility],
    progress: Progress | None = None,
    *,
    in_groups: bool = True,
) -> FlexibilityNeed:
    """The request of :func:`platone.grid.flexibility.request.size_request`, in parts.

    Raises:
        ClusterMissing: The workers were lost.
        PowerFlowDiverged: A quarter-hour has no solution.
        OptimisationFailed: The optimiser found no end.
        PriceMissing: Some PoDs have a price, some have none.
    """
    single_members(network, flexible)  # also where each feeder by itself is all priced or not
    parts = _parts(network, power, where.count)
    do = partial(_size, flexible=tuple(flexible), in_groups=in_groups)
    found = list(counted(where.map(do, parts), len(parts), len(power.p_kw), progress))
    needs = [need for each in found for need in each.needs]
    left = [each for need in found for each in need.incurable]
    return FlexibilityNeed(
        violations=_ordered(each.violations for each in found),
        needs=tuple(sorted(needs, key=lambda need: (need.scenario, need.pods))),
        incurable=tuple(sorted(left, key=lambda each: each.violation.scenario)),
        gap=max((each.gap for each in found), default=0.0),
    )


def spread_validation(
    where: Workers,
    network: Network,
    baseline: ConsumerPower,
    trades: Sequence[Trade],
    progress: Progress | None = None,
) -> Validation:
    """The validation of :func:`platone.grid.flexibility.validation.validate`, in parts.

    Raises:
        ClusterMissing: The workers were lost.
        PowerFlowDiverged: A quarter-hour has no solution.
        OptimisationFailed: The optimiser found no end.
    """
    parts = _parts(network, baseline, where.count)
    scenario = np.array([trade.scenario for trade in trades], np.int64)
    works, places = [], []
    for part in parts:
        here = (scenario >= part.first) & (scenario < part.first + len(part.power.p_kw))
        pods = part.network.consumer_position
        own = [i for i in np.flatnonzero(here).tolist() if trades[i].pod_id in pods]
        places.append(own)
        works.append((part, tuple(trades[i] for i in own)))
    verdicts = [Verdict(trade.change_kw) for trade in trades]  # of what nothing feeds
    results = counted(where.map(_judge, works), len(works), len(baseline.p_kw), progress)
    found = list(results)
    for own, each in zip(places, found, strict=True):
        for place, verdict in zip(own, each.verdicts, strict=True):
            verdicts[place] = verdict
    return Validation(
        tuple(verdicts),
        _ordered(each.violations for each in found),
        _ordered(each.left for each in found),
    )


def _size(part: _Part, flexible: tuple[PodFlexibility, ...], *, in_groups: bool) -> FlexibilityNeed:
    pods = part.network.consumer_position
    own = [each for each in flexible if each.pod_id in pods]
    limits = Limits(part.network)
    try:
        found = size_request(limits, _engine, part.power, own, in_groups=in_groups)
    except PowerFlowDiverged as error:
        raise moved(error, part.first) from error
    return replace(
        found,
        violations=_later(found.violations, part.first),
        needs=tuple(replace(each, scenario=each.scenario + part.first) for each in found.needs),
        incurable=tuple(
            replace(each, violation=_later((each.violation,), part.first)[0])
            for each in found.incurable
        ),
    )


def _judge(work: tuple[_Part, tuple[Trade, ...]]) -> Validation:
    part, trades = work
    own = [replace(trade, scenario=trade.scenario - part.first) for trade in trades]
    try:
        found = validate(Limits(part.network), _engine, part.power, own)
    except PowerFlowDiverged as error:
        raise moved(error, part.first) from error
    return Validation(
        found.verdicts, _later(found.violations, part.first), _later(found.left, part.first)
    )


def _later(violations: Sequence[Violation], first: int) -> tuple[Violation, ...]:
    return tuple(replace(each, scenario=each.scenario + first) for each in violations)


def _ordered(parts: Iterator[tuple[Violation, ...]]) -> tuple[Violation, ...]:
    every = [violation for part in parts for violation in part]
    return tuple(sorted(every, key=lambda each: (-each.excess, each.scenario)))
