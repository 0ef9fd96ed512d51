"""Trades of reactive power, as the grid's validation takes them, and the answer about them."""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from platone.dso.domain.forecast import Forecast, PodSlot
from platone.grid.flexibility.validation import Trade, Verdict
from platone.grid.flow.limit import LimitState
from platone.grid.flow.state import ConsumerPower
from platone.messages.outcome import (
    AcceptedPower,
    Cut,
    MarketOutcome,
    TechnicalOutcome,
    TechnicalPod,
    TechnicalPower,
)

NOTHING_KW = 1e-6
"""Change below which a trade counts as cut to nothing, kW or kvar: rounding of the optimiser."""


def reactive_trades(outcome: MarketOutcome) -> dict[PodSlot, list[AcceptedPower]]:
    """Return the trades of reactive power by PoD and quarter-hour."""
    found: dict[PodSlot, list[AcceptedPower]] = {}
    for part in outcome.flexibility:
        for power in part.power:
            if power.accepted_p_value is None and power.accepted_q_value is not None:
                found.setdefault((part.pod, power.index), []).append(power)
    return found


def _base_kvar(powers: Sequence[AcceptedPower]) -> float:
    """Return a PoD's reactive power as the market took it, without the trades' changes."""
    total_kvar = powers[0].accepted_q_value or 0.0
    return total_kvar - sum(power.accepted_q_change or 0.0 for power in powers)


def with_reactive_baseline(
    forecast: Forecast,
    trades: Mapping[PodSlot, Sequence[AcceptedPower]],
    rows: Sequence[int],
    baseline: ConsumerPower,
) -> ConsumerPower:
    """Return the power of some quarter-hours, PoDs that trade kvar at the market's baseline."""
    row_of = {index: row for row, index in enumerate(rows)}
    q_kvar = baseline.q_kvar.copy()
    for (pod_id, index), powers in trades.items():
        q_kvar[row_of[index], forecast.network.pod_position[pod_id]] = _base_kvar(powers)
    return ConsumerPower(baseline.p_kw, np.asarray(q_kvar))


def reactive_changes(
    trades: Mapping[PodSlot, Sequence[AcceptedPower]], rows: Sequence[int]
) -> list[tuple[PodSlot, Trade]]:
    """Return the trades as the validation takes them, each with its PoD and quarter-hour."""
    row_of = {index: row for row, index in enumerate(rows)}
    return [
        (
            slot,
            Trade(
                pod_id=slot[0],
                scenario=row_of[slot[1]],
                change_kw=power.accepted_q_change or 0.0,
                price_eur_per_kwh=power.accepted_q_price or 0.0,
                kvar_per_kw=0.0,
                is_reactive=True,
            ),
        )
        for slot, powers in sorted(trades.items())
        for power in powers
    ]


def with_reactive(
    technical: TechnicalOutcome,
    trades: Mapping[PodSlot, Sequence[AcceptedPower]],
    verdicts: Mapping[PodSlot, Sequence[Verdict]],
    base_kw: Mapping[PodSlot, float],
) -> TechnicalOutcome:
    """Return an answer that tells also what the grid takes of reactive power.

    Where only that is traded, `acceptedP` is absent, and the active power is what is expected.

    Args:
        technical: The answer about active power.
        trades: The trades of reactive power.
        verdicts: The verdicts about them.
        base_kw: Active power without trades, where reactive power is traded; of points of
            delivery that the network does not connect, nothing is known.
    """
    powers = {part.pod: {each.index: each for each in part.power} for part in technical.flexibility}
    for slot, accepted in sorted(trades.items()):
        pod_id, index = slot
        of_pod = powers.setdefault(pod_id, {})
        active = of_pod.get(index) or TechnicalPower(
            index=index, accepted_p_value=base_kw.get(slot, 0.0)
        )
        of_pod[index] = _with_answer(active, accepted, verdicts[slot])
    return msgspec.structs.replace(
        technical,
        flexibility=[
            TechnicalPod(pod=pod, power=[of_pod[index] for index in sorted(of_pod)])
            for pod, of_pod in powers.items()
        ],
    )


def _with_answer(
    active: TechnicalPower, accepted: Sequence[AcceptedPower], verdicts: Sequence[Verdict]
) -> TechnicalPower:
    causes: dict[LimitState, None] = {}
    for verdict in verdicts:
        causes.update(dict.fromkeys(verdict.causes))
    if not causes:
        total_kvar = accepted[0].accepted_q_value
        return msgspec.structs.replace(active, accepted_q_value=total_kvar, accepted_q="OK")
    kept_kvar = sum(verdict.accepted_kw for verdict in verdicts)
    cuts = dict.fromkeys((*active.cuts, *map(cut_of, causes)))
    return msgspec.structs.replace(
        active,
        accepted_q_value=_base_kvar(accepted) + kept_kvar,
        accepted_q="NOK" if abs(kept_kvar) <= NOTHING_KW else "OK",
        cuts=tuple(cuts),
    )


def cut_of(cause: LimitState) -> Cut:
    """Return a limit that stands against a trade in the form of the answer."""
    return Cut(
        element=cause.element,
        kind=cause.kind,
        value=cause.value,
        limit=cause.limit,
        unit=cause.unit,
    )
