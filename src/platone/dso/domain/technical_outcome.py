"""The answer to a market outcome: its trades as the grid's validation takes them, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from platone.dso.domain.forecast import Forecast, PodSlot
from platone.dso.domain.linked_trades import judge_together, links_of
from platone.grid.flexibility.validation import Trade, Validation, Verdict
from platone.grid.flow.limit import LimitState
from platone.grid.flow.state import ConsumerPower
from platone.grid.run.grid_work import GridWork
from platone.messages.outcome import (
    AcceptedPower,
    Cut,
    MarketOutcome,
    TechnicalOutcome,
    TechnicalPod,
    TechnicalPower,
)

_NOTHING_KW = 1e-6
"""Change below which a trade counts as cut to nothing, kW: rounding of the optimiser."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The DSO's answer to a market outcome, and the grid behind it.

    Attributes:
        technical: The answer.
        rows: The quarter-hours with trades.
        baseline: Power in them, traded PoDs at the market's baseline.
        found: The validation.
    """

    technical: TechnicalOutcome
    rows: Sequence[int]
    baseline: ConsumerPower
    found: Validation


def judge(forecast: Forecast, outcome: MarketOutcome, work: GridWork) -> Judgement:
    """Return the DSO's answer to a market outcome; equal inputs give equal results.

    Raises:
        PowerFlowDiverged: A quarter-hour has no solution.
        ClusterMissing: The workers are not there.
    """
    accepted = accepted_trades(outcome)
    rows = sorted({index for _, index in accepted})
    baseline = market_baseline(forecast, accepted, rows)
    trades = grid_trades(forecast, accepted, rows)
    found = judge_together(
        [each for _, each in trades],
        links_of(accepted),
        partial(work.validate, forecast.network, baseline),
    )
    technical = technical_outcome(outcome, accepted, [slot for slot, _ in trades], found)
    return Judgement(technical, rows, baseline, found)


def accepted_trades(outcome: MarketOutcome) -> dict[PodSlot, list[AcceptedPower]]:
    """Return the trades by PoD and quarter-hour; rejected offers are left out."""
    found: dict[PodSlot, list[AcceptedPower]] = {}
    for part in outcome.flexibility:
        for power in part.power:
            if power.accepted_p_value is not None:
                found.setdefault((part.pod, power.index), []).append(power)
    return found


def _base_kw(powers: Sequence[AcceptedPower]) -> float:
    """Return a PoD's baseline as the market took it: its total without the trades' changes."""
    total_kw = powers[0].accepted_p_value or 0.0
    return total_kw - sum(power.accepted_p_change or 0.0 for power in powers)


def market_baseline(
    forecast: Forecast, trades: Mapping[PodSlot, Sequence[AcceptedPower]], rows: Sequence[int]
) -> ConsumerPower:
    """Return the power of some quarter-hours, traded PoDs at the market's baseline."""
    p_kw, q_kvar = forecast.power.p_kw[rows], forecast.power.q_kvar[rows]
    row_of = {index: row for row, index in enumerate(rows)}
    for (pod_id, index), powers in trades.items():
        at = row_of[index], forecast.network.pod_position[pod_id]
        base_kw = _base_kw(powers)
        q_kvar[at] += (base_kw - p_kw[at]) * forecast.pods[pod_id].kvar_per_kw
        p_kw[at] = base_kw
    return ConsumerPower(np.asarray(p_kw), np.asarray(q_kvar))


def grid_trades(
    forecast: Forecast, trades: Mapping[PodSlot, Sequence[AcceptedPower]], rows: Sequence[int]
) -> list[tuple[PodSlot, Trade]]:
    """Return the trades as the validation takes them, each with its PoD and quarter-hour."""
    row_of = {index: row for row, index in enumerate(rows)}
    return [
        (
            slot,
            Trade(
                pod_id=slot[0],
                scenario=row_of[slot[1]],
                change_kw=power.accepted_p_change or 0.0,
                price_eur_per_kwh=power.accepted_p_price or 0.0,
                kvar_per_kw=forecast.pods[slot[0]].kvar_per_kw,
            ),
        )
        for slot, powers in sorted(trades.items())
        for power in powers
    ]


def technical_outcome(
    outcome: MarketOutcome,
    trades: Mapping[PodSlot, Sequence[AcceptedPower]],
    order: Sequence[PodSlot],
    found: Validation,
) -> TechnicalOutcome:
    """Return the DSO's answer to a market outcome.

    Args:
        outcome: The market outcome.
        trades: Its accepted trades by PoD and quarter-hour.
        order: PoD and quarter-hour of each verdict.
        found: The validation.
    """
    verdicts: dict[PodSlot, list[Verdict]] = {}
    for slot, verdict in zip(order, found.verdicts, strict=True):
        verdicts.setdefault(slot, []).append(verdict)
    pods: dict[str, list[TechnicalPower]] = {}
    for (pod_id, index), powers in trades.items():
        power = _technical_power(index, powers, verdicts[pod_id, index])
        pods.setdefault(pod_id, []).append(power)
    return TechnicalOutcome(
        market_type=outcome.market_type,
        duration=outcome.duration,
        interval=outcome.interval,
        start_time=outcome.start_time,
        market_outcome=outcome.market_outcome,
        flexibility=[TechnicalPod(pod=pod, power=power) for pod, power in pods.items()],
    )


def _technical_power(
    index: int, powers: Sequence[AcceptedPower], verdicts: Sequence[Verdict]
) -> TechnicalPower:
    total_kw = powers[0].accepted_p_value or 0.0
    causes: dict[LimitState, None] = {}
    for verdict in verdicts:
        causes.update(dict.fromkeys(verdict.causes))
    if not causes:
        return TechnicalPower(index=index, accepted_p_value=total_kw, accepted_p="OK")
    kept_kw = sum(verdict.accepted_kw for verdict in verdicts)
    return TechnicalPower(
        index=index,
        accepted_p_value=_base_kw(powers) + kept_kw,
        accepted_p="NOK" if abs(kept_kw) <= _NOTHING_KW else "OK",
        cuts=tuple(
            Cut(element=c.element, kind=c.kind, value=c.value, limit=c.limit, unit=c.unit)
            for c in causes
        ),
    )
