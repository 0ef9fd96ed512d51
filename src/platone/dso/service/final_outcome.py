"""Final outcomes of the market (flow 5), also where it decided in place of the DSO."""

import asyncio
from dataclasses import dataclass

from platone.dso.domain.problem import OutcomeNotFinal
from platone.dso.records.final_outcome import FinalOutcomeRecords
from platone.kernel.canonical import long_hash
from platone.kernel.clock import Clock
from platone.kernel.errors import DuplicateIdentifier
from platone.kernel.market_time import MarketDay
from platone.kernel.record_time import check_recordable
from platone.messages.base import Submission, SubmissionStatus
from platone.messages.outcome import ValidatedOutcome


@dataclass(frozen=True, slots=True)
class KeepFinalOutcomes:
    """Takes final outcomes from the market, and shows them.

    Args:
        finals: Where they are kept.
        clock: The market's clock.
        zone: IANA name of the market's zone.
    """

    finals: FinalOutcomeRecords
    clock: Clock
    zone: str

    async def take(self, final: ValidatedOutcome) -> Submission:
        """Store a final outcome: setpoints and forecasts follow it from now on.

        Raises:
            InstantOutOfRange: It delivers outside the years that are recorded.
            DuplicateIdentifier: Another one came under this identifier.
        """
        check_recordable(final.start_time)
        name = final.market_outcome
        digest = await asyncio.to_thread(long_hash, final, "flexibility")
        day = MarketDay.holding(final.start_time, self.zone)
        known = await self.finals.add(final, digest, day, self.clock.now())
        if known not in {None, digest}:
            raise DuplicateIdentifier(
                f"{name} became final before with other content.", marketOutcome=name
            )
        return Submission(id=name, status=SubmissionStatus.of_taken(is_new=known is None))

    async def show(self, market_outcome: str) -> ValidatedOutcome:
        """Return the final form of a market outcome.

        Raises:
            OutcomeNotFinal: The market has told none.
        """
        found = await self.finals.find(market_outcome)
        if found is None:
            raise OutcomeNotFinal(
                f"The market has told no final form of {market_outcome}.",
                marketOutcome=market_outcome,
            )
        return found
