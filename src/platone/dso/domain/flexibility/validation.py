"""Technical validation: what of a market outcome the grid can take.

The accepted trades are cut so that no limit is broken that the trades would break, in the order

1. a limit that holds at the baselines holds; one that is broken there gets no worse;
2. of what is broken at the baselines, as much as possible is cured: a trade that makes it worse
   is cut for it, one that helps or does not touch it is not;
3. the value that is cut (price x volume) is the least;
4. among equals the least sum of cut squared over volume: equal trades are cut pro rata to their
   volumes. This makes the answer unique, so that no rule by name or order is ever needed.

A trade is cut for a limit only if its effect on it is material, at least 5 % of the strongest
effect of any consumer: otherwise a cheap trade far away would be cut whole to save a little of a
dear one. Only where all material cuts are not enough for rule 1 do the others count.
"Broken" and "holds" are by the AC power flow; the trades move at constant power factor. Each cut
names the limits for which it is made: those that bind in the end and that the trade makes worse.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from platone.dso.domain.array import Floats
from platone.dso.domain.flexibility.cure import Cure, Curer, Task
from platone.dso.domain.flexibility.group import Group
from platone.dso.domain.flow.alarm import Violation, violations
from platone.dso.domain.flow.limit import TOLERANCE, Limits, LimitState
from platone.dso.domain.flow.state import ConsumerPower, PowerFlow

_BINDING = 1e-4
_NOTHING_KW = 1e-6


@dataclass(frozen=True, slots=True)
class Trade:
    """An accepted change of one point of delivery in one quarter-hour.

    Attributes:
        pod_id: The PoD.
        scenario: The quarter-hour's place in the run.
        change_kw: Change from the baseline; negative: withdraw less.
        price_eur_per_kwh: What it is paid; below 0 it counts as 0.
        kvar_per_kw: Reactive power that follows the PoD's active power (tan phi).
    """

    pod_id: str
    scenario: int
    change_kw: float
    price_eur_per_kwh: float
    kvar_per_kw: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What of a trade the grid can take.

    Attributes:
        accepted_kw: The accepted change, of the trade's sign.
        causes: For a cut, each limit that stands against it, with the value that the whole
            market outcome would bring; the worst first.
    """

    accepted_kw: float
    causes: tuple[LimitState, ...] = ()


@dataclass(frozen=True, slots=True)
class Validation:
    """The grid's answer to a market outcome.

    Attributes:
        verdicts: One for each trade, in their order.
        violations: The limits that the whole outcome would break, the worst first.
        left: Those that the accepted trades leave broken, because the baselines break them.
    """

    verdicts: tuple[Verdict, ...]
    violations: tuple[Violation, ...]
    left: tuple[Violation, ...]


def validate(
    limits: Limits,
    engine: PowerFlow,
    baseline: ConsumerPower,
    trades: Sequence[Trade],
    progress: Callable[[int], None] | None = None,
) -> Validation:
    """Validate the trades of a run of quarter-hours.

    Args:
        limits: The network's limits.
        engine: Solves the AC power flow.
        baseline: Baselines and other load, one scenario a quarter-hour.
        trades: The accepted trades; all their PoDs must be on the network.
        progress: Called with the number of quarter-hours left.

    Raises:
        PowerFlowDiverged: A quarter-hour has no solution.
        OptimisationFailed: The optimiser found no end.
    """
    outcome = _applied(limits, baseline, trades, [trade.change_kw for trade in trades])
    flow = engine.solve(limits.network, outcome)
    broken = violations(limits, flow)
    traded = {trade.scenario for trade in trades if abs(trade.change_kw) > _NOTHING_KW}
    slots = sorted({violation.scenario for violation in broken} & traded)
    verdicts = [Verdict(float(trade.change_kw)) for trade in trades]
    if slots:
        part = ConsumerPower(baseline.p_kw[slots], baseline.q_kvar[slots])
        before = limits.of_elements(limits.excess(engine.solve(limits.network, part)))
        after = limits.excess(flow)
        of_slot = [_moving(trades, slot) for slot in slots]
        tasks = [
            _task(limits, outcome, slot, [trades[i] for i in own], before[place])
            for place, (slot, own) in enumerate(zip(slots, of_slot, strict=True))
        ]
        cures = Curer(limits, engine, progress).cure(tasks)
        for slot, own, cure in zip(slots, of_slot, cures, strict=True):
            for column, i in enumerate(own):
                verdicts[i] = _verdict(limits, trades[i], cure, column, after[slot])
    accepted = _applied(limits, baseline, trades, [each.accepted_kw for each in verdicts])
    left = violations(limits, engine.solve(limits.network, accepted)) if slots else broken
    return Validation(tuple(verdicts), tuple(broken), tuple(left))


def _applied(
    limits: Limits, baseline: ConsumerPower, trades: Sequence[Trade], changes_kw: Sequence[float]
) -> ConsumerPower:
    p_kw, q_kvar = baseline.p_kw.copy(), baseline.q_kvar.copy()
    for trade, kw in zip(trades, changes_kw, strict=True):
        at = trade.scenario, limits.network.pod_position[trade.pod_id]
        p_kw[at] += kw
        q_kvar[at] += kw * trade.kvar_per_kw
    return ConsumerPower(p_kw, q_kvar)


def _moving(trades: Sequence[Trade], slot: int) -> list[int]:
    return [
        place
        for place, trade in enumerate(trades)
        if trade.scenario == slot and abs(trade.change_kw) > _NOTHING_KW
    ]


def _task(
    limits: Limits, outcome: ConsumerPower, slot: int, trades: Sequence[Trade], before: Floats
) -> Task:
    """Cuts are moves back from the outcome, each at most the whole trade."""
    return Task(
        p_kw=outcome.p_kw[slot],
        q_kvar=outcome.q_kvar[slot],
        groups=tuple(
            Group(
                -float(np.sign(trade.change_kw)),
                np.array([limits.network.pod_position[trade.pod_id]]),
                np.array([abs(trade.change_kw)]),
                np.array([trade.kvar_per_kw]),
            )
            for trade in trades
        ),
        cost=np.array([max(trade.price_eur_per_kwh, 0.0) for trade in trades]),
        tolerated=np.where(before > TOLERANCE, before, 0.0),
    )


def _verdict(limits: Limits, trade: Trade, cure: Cure, column: int, after: Floats) -> Verdict:
    cut_kw = float(cure.totals_kw[column])
    volume_kw = abs(trade.change_kw)
    if cut_kw <= max(_NOTHING_KW, 1e-7 * volume_kw):
        return Verdict(trade.change_kw)
    rows = np.flatnonzero((cure.excess > -_BINDING) & cure.material[:, column])
    against = [cure.watched[row] for row in rows if cure.slopes[row, column] < 0]
    causes = sorted(against, key=lambda limit: (-float(after[limit]), limit))
    kept_kw = (1.0 if trade.change_kw > 0 else -1.0) * max(volume_kw - cut_kw, 0.0)
    return Verdict(kept_kw, tuple(limits.state(limit, float(after[limit])) for limit in causes))
