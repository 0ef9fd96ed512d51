"""Validate a market outcome technically: how much of each trade the grid can take.

The accepted trades are cut so that no limit is broken that the trades would break, in the order

1. a limit that holds at the baselines holds; one that is broken there gets no worse;
2. of what is broken at the baselines, as much as possible is cured: a trade that makes it worse
   is cut for it, one that helps or does not touch it is not;
3. the value that is cut (price x volume) is the least; a price of 0 counts as a thousandth of the
   highest one in the quarter-hour;
4. equal trades are cut pro rata to their volumes, by a millionth of half the highest price that
   counts for cut squared over volume. This makes the answer unique, so that no rule by name or
   order is ever needed; it costs at most that part of the value.

A trade is cut for a limit only if its effect on it is material, at least 5 % of the strongest
effect of any consumer: otherwise a cheap trade far away would be cut whole to save a little of a
dear one. The others count where all material cuts are not enough for the first rule: many small
effects are not small together. They are cut until it holds, but not to cure what is broken anyway.
"Broken" and "holds" are by the AC power flow; the trades move at constant power factor, those of
reactive power by themselves. Each cut
names the limits for which it is made: those that bind in the end and that the trade makes worse.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from platone.grid.flexibility.acceptance import Changes, accept
from platone.grid.flow.alarm import Violation
from platone.grid.flow.limit import Limits, LimitState
from platone.grid.flow.state import ConsumerPower, PowerFlow


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """An accepted change of one point of delivery in one quarter-hour.

    Attributes:
        pod_id: The PoD; or a load of the network, by its identifier.
        scenario: The quarter-hour's place in the run.
        change_kw: Change from the baseline; negative: withdraw less.
        price_eur_per_kwh: Price paid for it; below 0 it counts as 0.
        kvar_per_kw: Reactive power that follows the PoD's active power (tan phi).
        is_reactive: Whether it is a change of reactive power alone: then kvar stands for kW.
    """

    pod_id: str
    scenario: int
    change_kw: float
    price_eur_per_kwh: float
    kvar_per_kw: float
    is_reactive: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judgement of one trade: how much of it the grid can take, and why not more.

    Attributes:
        accepted_kw: The accepted change, of the trade's sign.
        causes: For a cut, each limit that stands against it, with the value that the whole
            market outcome would bring; the worst first.
    """

    accepted_kw: float
    causes: tuple[LimitState, ...] = ()


@dataclass(frozen=True, slots=True)
class Validation:
    """A judgement of a whole market outcome.

    Attributes:
        verdicts: One for each trade, in their order.
        violations: The limits that the whole outcome would break, the worst first.
        left: The limits that stay broken with the accepted trades, because the baselines break
            them.
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
    """Return how much of each trade the grid can take, for a run of quarter-hours.

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
    place = limits.network.consumer_position
    changes = Changes(
        np.array([trade.scenario for trade in trades], np.int64),
        np.array([place[trade.pod_id] for trade in trades], np.int64),
        np.array([trade.change_kw for trade in trades], np.float64),
        np.array([trade.price_eur_per_kwh for trade in trades], np.float64),
        np.array([trade.kvar_per_kw for trade in trades], np.float64),
        np.array([trade.is_reactive for trade in trades], np.bool_),
    )
    found = accept(limits, engine, baseline, changes, progress)
    verdicts = [Verdict(kw) for kw in found.accepted_kw.tolist()]
    for trade, against in found.against.items():
        causes = tuple(limits.state(limit, excess) for limit, excess in against)
        verdicts[trade] = Verdict(verdicts[trade].accepted_kw, causes)
    return Validation(tuple(verdicts), tuple(found.violations), tuple(found.left))
