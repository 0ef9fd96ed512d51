"""Validated outcomes: recorded for the market (flow 5), each reader sees its own part."""

import asyncio
from dataclasses import dataclass

from msgspec import structs

from platone.customers.domain.instant import QUARTER_HOUR_S, aligned_s
from platone.customers.domain.problem import AnswerTooLarge
from platone.customers.domain.scope import Selection
from platone.customers.records.outcome import OutcomeRecords
from platone.customers.service.registration import ReadPods
from platone.customers.service.result import accepted
from platone.kernel.canonical import long_hash
from platone.kernel.clock import Clock
from platone.kernel.errors import DuplicateIdentifier
from platone.messages.base import Submission
from platone.messages.outcome import ValidatedOutcome

MAX_OUTCOMES = 500
"""Most outcomes in one answer: ten weeks of seven sessions a day."""


@dataclass(frozen=True, slots=True)
class TakeOutcome:
    """Takes validated outcomes from the market."""

    outcomes: OutcomeRecords
    clock: Clock

    async def __call__(self, outcome: ValidatedOutcome) -> Submission:
        """Record a validated outcome.

        Raises:
            StartNotAligned: Its delivery does not start on a quarter-hour.
            DuplicateIdentifier: The outcome was recorded with other content.
        """
        start_s = aligned_s(outcome.start_time, QUARTER_HOUR_S)
        digest = await asyncio.to_thread(long_hash, outcome, "flexibility")
        stored = await self.outcomes.add(outcome, digest, start_s, self.clock.now())
        if stored not in {None, digest}:
            raise DuplicateIdentifier(
                f"{outcome.market_outcome} was recorded with other content.",
                marketOutcome=outcome.market_outcome,
            )
        return accepted(outcome.market_outcome, is_new=stored is None)


@dataclass(frozen=True, slots=True)
class ReadOutcomes:
    """Shows validated outcomes, with the points of delivery that the reader may see."""

    outcomes: OutcomeRecords
    pods: ReadPods

    async def __call__(self, wanted: Selection) -> list[ValidatedOutcome]:
        """Return outcomes whose delivery starts in the span, by start.

        Raises:
            AnswerTooLarge: There are too many.
        """
        await self.pods.check(wanted.pod_ids, wanted.scope)
        found = await self.outcomes.select(wanted, MAX_OUTCOMES + 1)
        if len(found) > MAX_OUTCOMES:
            raise AnswerTooLarge(f"More than {MAX_OUTCOMES} outcomes match.", limit=MAX_OUTCOMES)
        return [
            structs.replace(
                outcome, flexibility=[part for part in outcome.flexibility if part.pod in pods]
            )
            for outcome, pods in found
        ]
