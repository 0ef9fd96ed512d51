"""Flows 3 and 4: the market's outcome comes, the grid's answer goes back."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from platone.dso.domain.problem import PodNotOnNetwork, UnknownMarketOutcome
from platone.dso.service.forecast import Forecast, MakeForecast, Spot
from platone.dso.service.grid_work_port import Judging
from platone.dso.service.network import FindNetwork
from platone.dso.service.ports import Answered, Outcomes, Stage
from platone.grid.flexibility.validation import Trade, Validation, Verdict
from platone.grid.flow.limit import LimitState
from platone.grid.flow.state import ConsumerPower
from platone.grid.result.state import to_alarms
from platone.kernel.canonical import content_hash
from platone.kernel.clock import Clock
from platone.kernel.errors import DuplicateIdentifier
from platone.kernel.market_time import MarketDay
from platone.messages.base import Submission
from platone.messages.grid import Alarm
from platone.messages.market import (
    AcceptedPower,
    Cut,
    MarketOutcome,
    TechnicalOutcome,
    TechnicalPod,
    TechnicalPower,
)

_NOTHING_KW = 1e-6


@dataclass(frozen=True, slots=True)
class ValidateOutcome:
    """Validates market outcomes on the network in force.

    Args:
        find: Finds the network.
        forecast: Gathers the inputs.
        work: Judges the trades.
        outcomes: Where answers are kept, and sent from.
        clock: The market's clock.
        zone: IANA name of the market's zone.
    """

    find: FindNetwork
    forecast: MakeForecast
    work: Judging
    outcomes: Outcomes
    clock: Clock
    zone: str

    async def __call__(self, outcome: MarketOutcome) -> Submission:
        """Validate an outcome and send the technical outcome to the market.

        Raises:
            DuplicateIdentifier: Another outcome came under this identifier.
            NetworkMissing, PodNotOnNetwork, PodDataMissing, ClusterMissing: It cannot be judged
                now; the market sends it again.
            PowerFlowDiverged: A quarter-hour has no solution.
        """
        name, digest = outcome.market_outcome, content_hash(outcome)
        known = await self.outcomes.answered(name)
        if known is not None:
            if known.content_hash != digest:
                raise DuplicateIdentifier(
                    f"{name} was validated before with other content.", marketOutcome=name
                )
            return Submission(id=name, status="alreadySubmitted")
        network = await self.find()
        strange = sorted({p.pod for p in outcome.flexibility} - network.pod_position.keys())
        if strange:
            raise PodNotOnNetwork(
                f"{', '.join(strange[:5])} of outcome {name} are not on the network {network.id}.",
                podIds=strange,
            )
        day = MarketDay.holding(outcome.start_time, self.zone)
        forecast = await self.forecast(network, day, without_outcome=name)
        technical, alarms = await asyncio.to_thread(self._judge, forecast, outcome)
        now = self.clock.now()
        await self.outcomes.keep_outcome(Answered(digest, technical), alarms, day, now)
        return Submission(id=name, status="accepted")

    async def technical(self, market_outcome: str) -> TechnicalOutcome:
        """The DSO's answer to a market outcome.

        Raises:
            UnknownMarketOutcome: There is none.
        """
        found = await self.outcomes.answered(market_outcome)
        if found is None:
            raise UnknownMarketOutcome(f"{market_outcome} has not been validated.")
        return found.technical

    def _judge(
        self, forecast: Forecast, outcome: MarketOutcome
    ) -> tuple[TechnicalOutcome, Mapping[Stage, list[Alarm]]]:
        """Pure: the same forecast and outcome give the same answer."""
        spots = _accepted(outcome)
        rows = sorted({index for _, index in spots})
        baseline = _market_baseline(forecast, spots, rows)
        trades = _trades(forecast, spots, rows)
        found = self.work.validate(forecast.network, baseline, [each for _, each in trades])
        instants = [forecast.day.instant(index) for index in rows]
        alarms = {
            Stage.AFTER_MARKET: to_alarms(found.violations, instants),
            Stage.VALIDATED: to_alarms(found.left, instants),
        }
        return _answer(outcome, spots, [spot for spot, _ in trades], found), alarms


def _accepted(outcome: MarketOutcome) -> dict[Spot, list[AcceptedPower]]:
    """The trades by PoD and quarter-hour; rejected offers are left out."""
    found: dict[Spot, list[AcceptedPower]] = {}
    for part in outcome.flexibility:
        for power in part.power:
            if power.accepted_p_value is not None:
                found.setdefault((part.pod, power.index), []).append(power)
    return found


def _base_kw(powers: Sequence[AcceptedPower]) -> float:
    """What the market took as a PoD's baseline: its total without the trades' changes."""
    total_kw = powers[0].accepted_p_value or 0.0
    return total_kw - sum(power.accepted_p_change or 0.0 for power in powers)


def _market_baseline(
    forecast: Forecast, spots: Mapping[Spot, Sequence[AcceptedPower]], rows: Sequence[int]
) -> ConsumerPower:
    """The day's power in some quarter-hours, traded PoDs at what the market took as baseline."""
    p_kw, q_kvar = forecast.power.p_kw[rows], forecast.power.q_kvar[rows]
    row_of = {index: row for row, index in enumerate(rows)}
    for (pod_id, index), powers in spots.items():
        at = row_of[index], forecast.network.pod_position[pod_id]
        base_kw = _base_kw(powers)
        q_kvar[at] += (base_kw - p_kw[at]) * forecast.pods[pod_id].kvar_per_kw
        p_kw[at] = base_kw
    return ConsumerPower(np.asarray(p_kw), np.asarray(q_kvar))


def _trades(
    forecast: Forecast, spots: Mapping[Spot, Sequence[AcceptedPower]], rows: Sequence[int]
) -> list[tuple[Spot, Trade]]:
    row_of = {index: row for row, index in enumerate(rows)}
    return [
        (
            spot,
            Trade(
                pod_id=spot[0],
                scenario=row_of[spot[1]],
                change_kw=power.accepted_p_change or 0.0,
                price_eur_per_kwh=power.accepted_p_price or 0.0,
                kvar_per_kw=forecast.pods[spot[0]].kvar_per_kw,
            ),
        )
        for spot, powers in sorted(spots.items())
        for power in powers
    ]


def _answer(
    outcome: MarketOutcome,
    spots: Mapping[Spot, Sequence[AcceptedPower]],
    order: Sequence[Spot],
    found: Validation,
) -> TechnicalOutcome:
    verdicts: dict[Spot, list[Verdict]] = {}
    for spot, verdict in zip(order, found.verdicts, strict=True):
        verdicts.setdefault(spot, []).append(verdict)
    pods: dict[str, list[TechnicalPower]] = {}
    for (pod_id, index), powers in spots.items():
        power = _technical(index, powers, verdicts[pod_id, index])
        pods.setdefault(pod_id, []).append(power)
    return TechnicalOutcome(
        market_type=outcome.market_type,
        duration=outcome.duration,
        interval=outcome.interval,
        start_time=outcome.start_time,
        market_outcome=outcome.market_outcome,
        flexibility=[TechnicalPod(pod=pod, power=power) for pod, power in pods.items()],
    )


def _technical(
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
