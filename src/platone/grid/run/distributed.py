"""Requests and validations in parts, days and feeders side by side, wherever their workers are."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from platone.grid.flexibility.offer import single_groups
from platone.grid.flexibility.request import (
    FlexibilityNeed,
    PodFlexibility,
    greatest_gap,
    size_request,
    summed_costs,
)
from platone.grid.flexibility.validation import Trade, Validation, Verdict, validate
from platone.grid.flow.alarm import Violation
from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.limit import Limits
from platone.grid.flow.state import ConsumerPower
from platone.grid.network.model import Network
from platone.grid.run.part import Part, feeder_parts, spread
from platone.grid.run.span import Progress
from platone.grid.run.workers import Workers

_engine = GridModelPowerFlow()


def spread_request(
    where: Workers,
    network: Network,
    power: ConsumerPower,
    flexible: Sequence[PodFlexibility],
    progress: Progress | None = None,
    *,
    in_groups: bool = True,
) -> FlexibilityNeed:
    """Return the request of :func:`~platone.grid.flexibility.request.size_request`, in parts.

    Raises:
        ClusterMissing: The workers were lost.
        PowerFlowDiverged: A quarter-hour has no solution.
        OptimisationFailed: The optimiser found no end.
        PriceMissing: Some PoDs have a price, some have none.
    """
    single_groups(network, flexible)  # also where each feeder by itself is all priced or not
    parts = feeder_parts(network, power, where.count)
    size = partial(_size, flexible=tuple(flexible), in_groups=in_groups)
    found = list(spread(where, size, parts, len(power.p_kw), progress))
    needs = [need for each in found for need in each.needs]
    left = [each for need in found for each in need.incurable]
    return FlexibilityNeed(
        violations=_ordered(each.violations for each in found),
        needs=tuple(sorted(needs, key=lambda need: (need.scenario, need.pods))),
        incurable=tuple(sorted(left, key=lambda each: each.violation.scenario)),
        gap=greatest_gap(each.gap for each in found),
        costs=summed_costs(cost for each in found for cost in each.costs),
    )


def spread_validation(
    where: Workers,
    network: Network,
    baseline: ConsumerPower,
    trades: Sequence[Trade],
    progress: Progress | None = None,
) -> Validation:
    """Return the validation of :func:`~platone.grid.flexibility.validation.validate`, in parts.

    Raises:
        ClusterMissing: The workers were lost.
        PowerFlowDiverged: A quarter-hour has no solution.
        OptimisationFailed: The optimiser found no end.
    """
    parts = feeder_parts(network, baseline, where.count)
    verdicts = [Verdict(trade.change_kw) for trade in trades]  # of what nothing feeds
    judge = partial(_judge, trades=tuple(trades))
    found = list(spread(where, judge, parts, len(baseline.p_kw), progress))
    for part, each in zip(parts, found, strict=True):
        for place, verdict in zip(_trades_in(part, trades), each.verdicts, strict=True):
            verdicts[place] = verdict
    return Validation(
        tuple(verdicts),
        _ordered(each.violations for each in found),
        _ordered(each.left for each in found),
    )


def _size(
    part: Part[ConsumerPower], flexible: tuple[PodFlexibility, ...], *, in_groups: bool
) -> FlexibilityNeed:
    own = [each for each in flexible if each.pod_id in part.network.consumer_position]
    found = size_request(Limits(part.network), _engine, part.power, own, in_groups=in_groups)
    return replace(
        found,
        violations=_later(found.violations, part.first),
        needs=tuple(replace(each, scenario=each.scenario + part.first) for each in found.needs),
        costs=tuple(replace(each, scenario=each.scenario + part.first) for each in found.costs),
        incurable=tuple(
            replace(each, violation=_later((each.violation,), part.first)[0])
            for each in found.incurable
        ),
    )


def _judge(part: Part[ConsumerPower], trades: tuple[Trade, ...]) -> Validation:
    own = [trades[place] for place in _trades_in(part, trades)]
    within = [replace(trade, scenario=trade.scenario - part.first) for trade in own]
    found = validate(Limits(part.network), _engine, part.power, within)
    return Validation(
        found.verdicts, _later(found.violations, part.first), _later(found.left, part.first)
    )


def _trades_in(part: Part[ConsumerPower], trades: Sequence[Trade]) -> list[int]:
    """Return the places of the trades of a part's consumers and quarter-hours."""
    quarter_hours = range(part.first, part.first + len(part.power.p_kw))
    consumers = part.network.consumer_position
    return [
        place
        for place, trade in enumerate(trades)
        if trade.scenario in quarter_hours and trade.pod_id in consumers
    ]


def _later(violations: Sequence[Violation], first: int) -> tuple[Violation, ...]:
    return tuple(replace(each, scenario=each.scenario + first) for each in violations)


def _ordered(parts: Iterator[tuple[Violation, ...]]) -> tuple[Violation, ...]:
    every = [violation for part in parts for violation in part]
    return tuple(sorted(every, key=lambda each: (-each.excess, each.scenario)))
