"""Validation of market outcomes (flow 3) and the technical outcomes in answer (flow 4)."""

import asyncio
from dataclasses import dataclass

import msgspec

from platone.dso.domain.made_run import MadeRun
from platone.dso.domain.outcome import AnsweredOutcome
from platone.dso.domain.problem import UnknownMarketOutcome
from platone.dso.records.outcome import OutcomeRecords
from platone.dso.service.calculation.flexibility import judge_outcome
from platone.dso.service.forecast import GatherDay
from platone.dso.service.network import FindNetwork
from platone.grid.run.grid_work import GridWork
from platone.infra.calculation.desk import CalculationDesk
from platone.infra.trace.step import Step, TracedSession, step
from platone.kernel.canonical import long_hash
from platone.kernel.clock import Clock
from platone.kernel.errors import DuplicateIdentifier
from platone.kernel.market_time import MarketDay
from platone.messages.base import Submission, SubmissionStatus
from platone.messages.outcome import MarketOutcome, TechnicalOutcome


@dataclass(frozen=True, slots=True)
class ValidateOutcome:
    """Validates market outcomes on the network in force.

    Args:
        find: Finds the network.
        gather: Gathers the inputs.
        desk: Has the trades judged.
        work: Judges them.
        outcomes: Where answers are kept, and sent from.
        clock: The market's clock.
        zone: IANA name of the market's zone.
    """

    find: FindNetwork
    gather: GatherDay
    desk: CalculationDesk
    work: GridWork
    outcomes: OutcomeRecords
    clock: Clock
    zone: str

    async def __call__(self, outcome: MarketOutcome) -> Submission:
        """Validate an outcome and send the technical outcome to the market.

        Trades of points of delivery that the network does not connect, or of which data are
        missing, are refused by name.

        Raises:
            DuplicateIdentifier: Another outcome came under this identifier.
            NetworkMissing, PodDataMissing, ClusterMissing: It cannot be judged now; the market
                sends it again.
            PowerFlowDiverged: A quarter-hour has no solution.
        """
        name = outcome.market_outcome
        digest = await asyncio.to_thread(long_hash, outcome, "flexibility")
        known = await self.outcomes.answered(name)
        if known is not None:
            if known.content_hash != digest:
                raise DuplicateIdentifier(
                    f"{name} was validated before with other content.", marketOutcome=name
                )
            return Submission(id=name, status=SubmissionStatus.ALREADY_SUBMITTED)
        with step(Step.TECHNICAL_OUTCOME, TracedSession(outcome.market_type, outcome.start_time)):
            await self._validate(outcome, digest)
        return Submission(id=name, status=SubmissionStatus.ACCEPTED)

    async def _validate(self, outcome: MarketOutcome, digest: str) -> None:
        """Judge an outcome's trades, and keep the answer, which then goes to the market."""
        name = outcome.market_outcome
        network = await self.find()
        outline = await self.find.outline(network, urgent=True)
        day = MarketDay.holding(outcome.start_time, self.zone)
        inputs = await self.gather(
            outline, day, without_outcome=name, as_of=outcome.baselines_as_of
        )
        text = msgspec.json.encode(outcome)  # copied much faster than a million values
        judged = await self.desk.run(judge_outcome, network, inputs, text, self.work, urgent=True)
        answered = AnsweredOutcome(digest, judged.technical)
        made = MadeRun(day, network.key, self.clock.now(), unbalanced=False)
        await self.outcomes.keep_outcome(answered, judged.alarms, made)

    async def technical(self, market_outcome: str) -> TechnicalOutcome:
        """Return the DSO's answer to a market outcome.

        Raises:
            UnknownMarketOutcome: There is none.
        """
        found = await self.outcomes.answered(market_outcome)
        if found is None:
            raise UnknownMarketOutcome(f"{market_outcome} has not been validated.")
        return found.technical
