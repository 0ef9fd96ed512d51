"""The answer to a market outcome: its trades as the grid's validation takes them, and back."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from platone.dso.domain.forecast import Forecast, PodSlot
from platone.dso.domain.linked_trades import judge_together, links_of
from platone.dso.domain.reactive_trade import (
    NOTHING_KW,
    cut_of,
    reactive_changes,
    reactive_trades,
    with_reactive,
    with_reactive_baseline,
)
from platone.dso.domain.unplaced_trade import barred_orders, by_place
from platone.grid.flexibility.validation import Trade, Validation, Verdict
from platone.grid.flow.limit import LimitState
from platone.grid.flow.state import ConsumerPower
from platone.grid.run.grid_work import GridWork
from platone.messages.outcome import (
    AcceptedPower,
    MarketOutcome,
    TechnicalOutcome,
    TechnicalPod,
    TechnicalPower,
)


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
    accepted, reactive = accepted_trades(outcome), reactive_trades(outcome)
    connected, unknown = forecast.network.pod_position, forecast.unknown
    active = by_place(accepted, connected, unknown)
    of_reactive = by_place(reactive, connected, unknown)
    rows = sorted({index for _, index in accepted.keys() | reactive.keys()})
    baseline = with_reactive_baseline(
        forecast, of_reactive.placed, rows, market_baseline(forecast, active.placed, rows)
    )
    trades = grid_trades(forecast, active.placed, rows, frozenset(of_reactive.placed))
    changes = reactive_changes(of_reactive.placed, rows)
    found = judge_together(
        [each for _, each in (*trades, *changes)],
        [*links_of(active.placed), *links_of(of_reactive.placed)],
        partial(work.validate, forecast.network, baseline),
        barred_orders((accepted, reactive), connected, unknown),
    )
    verdicts = by_slot([slot for slot, _ in trades], found.verdicts[: len(trades)])
    technical = technical_outcome(outcome, accepted, {**verdicts, **active.refused})
    if reactive:
        its = by_slot([slot for slot, _ in changes], found.verdicts[len(trades) :])
        base_kw = _expected_kw(forecast, of_reactive.placed, rows, baseline)
        technical = with_reactive(technical, reactive, {**its, **of_reactive.refused}, base_kw)
    return Judgement(technical, rows, baseline, found)


def _expected_kw(
    forecast: Forecast, slots: Iterable[PodSlot], rows: Sequence[int], power: ConsumerPower
) -> dict[PodSlot, float]:
    """Return the active power of points of delivery in some quarter-hours, kW."""
    position = forecast.network.pod_position
    return {
        (pod_id, index): float(power.p_kw[rows.index(index), position[pod_id]])
        for pod_id, index in slots
    }


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
    forecast: Forecast,
    trades: Mapping[PodSlot, Sequence[AcceptedPower]],
    rows: Sequence[int],
    held: Container[PodSlot] = frozenset(),
) -> list[tuple[PodSlot, Trade]]:
    """Return the trades as the validation takes them, each with its PoD and quarter-hour.

    Args:
        forecast: The day.
        trades: The trades by PoD and quarter-hour.
        rows: The quarter-hours.
        held: Where reactive power is sold, too: it is held there, and follows no active power.
    """
    row_of = {index: row for row, index in enumerate(rows)}
    return [
        (
            slot,
            Trade(
                pod_id=slot[0],
                scenario=row_of[slot[1]],
                change_kw=power.accepted_p_change or 0.0,
                price_eur_per_kwh=power.accepted_p_price or 0.0,
                kvar_per_kw=0.0 if slot in held else forecast.pods[slot[0]].kvar_per_kw,
            ),
        )
        for slot, powers in sorted(trades.items())
        for power in powers
    ]


def by_slot(order: Sequence[PodSlot], verdicts: Sequence[Verdict]) -> dict[PodSlot, list[Verdict]]:
    """Return verdicts by the PoD and quarter-hour that each is about."""
    found: dict[PodSlot, list[Verdict]] = {}
    for slot, verdict in zip(order, verdicts, strict=True):
        found.setdefault(slot, []).append(verdict)
    return found


def technical_outcome(
    outcome: MarketOutcome,
    trades: Mapping[PodSlot, Sequence[AcceptedPower]],
    verdicts: Mapping[PodSlot, Sequence[Verdict]],
) -> TechnicalOutcome:
    """Return the DSO's answer to a market outcome.

    Args:
        outcome: The market outcome.
        trades: Its accepted trades by PoD and quarter-hour.
        verdicts: The verdicts about them.
    """
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
        accepted_p="NOK" if abs(kept_kw) <= NOTHING_KW else "OK",
        cuts=tuple(map(cut_of, causes)),
    )
