"""Validation of market outcomes (flow 3) and the technical outcomes in answer (flow 4)."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from platone.dso.domain.forecast import Forecast
from platone.dso.domain.outcome import AnsweredOutcome, Stage
from platone.dso.domain.problem import PodNotOnNetwork, UnknownMarketOutcome
from platone.dso.domain.technical_outcome import (
    accepted_trades,
    grid_trades,
    market_baseline,
    technical_outcome,
)
from platone.dso.records.outcome import OutcomeRecords
from platone.dso.service.forecast import MakeForecast
from platone.dso.service.network import FindNetwork
from platone.grid.flow.alarm import unsupplied
from platone.grid.result.state import to_alarms
from platone.grid.run.grid_work import GridWork
from platone.kernel.canonical import content_hash
from platone.kernel.clock import Clock
from platone.kernel.errors import DuplicateIdentifier
from platone.kernel.market_time import MarketDay
from platone.messages.base import Submission, SubmissionStatus
from platone.messages.grid import Alarm
from platone.messages.market import MarketOutcome, TechnicalOutcome


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
    work: GridWork
    outcomes: OutcomeRecords
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
            return Submission(id=name, status=SubmissionStatus.ALREADY_SUBMITTED)
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
        await self.outcomes.keep_outcome(AnsweredOutcome(digest, technical), alarms, day, now)
        return Submission(id=name, status=SubmissionStatus.ACCEPTED)

    async def technical(self, market_outcome: str) -> TechnicalOutcome:
        """Return the DSO's answer to a market outcome.

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
        """Return the answer and the alarms; equal inputs give equal results."""
        accepted = accepted_trades(outcome)
        rows = sorted({index for _, index in accepted})
        baseline = market_baseline(forecast, accepted, rows)
        trades = grid_trades(forecast, accepted, rows)
        found = self.work.validate(forecast.network, baseline, [each for _, each in trades])
        instants = [forecast.day.instant(index) for index in rows]
        dark = unsupplied(forecast.network, baseline)
        alarms = {
            Stage.AFTER_MARKET: to_alarms([*dark, *found.violations], instants),
            Stage.VALIDATED: to_alarms([*dark, *found.left], instants),
        }
        return technical_outcome(outcome, accepted, [slot for slot, _ in trades], found), alarms
