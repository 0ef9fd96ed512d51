"""Publication of outcomes, which the grid's answer makes final (flows 4 and 5)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from platone.infra.collector import let_go
from platone.infra.trace.step import Step, TracedSession, step
from platone.kernel.clock import Clock
from platone.kernel.errors import DuplicateIdentifier
from platone.market.domain.calendar import Status
from platone.market.domain.delivery import lines_of
from platone.market.domain.outcome_part import (
    final_parts,
    join_answers,
    outcome_text,
    plain_text,
    split_name,
)
from platone.market.domain.participant_view import offering_parties, own_trades
from platone.market.domain.problem.order import ServiceNotAllowed
from platone.market.domain.problem.session import AnswerTooLate
from platone.market.domain.rules import MarketRules
from platone.market.domain.session import Session
from platone.market.domain.topic import Topic
from platone.market.domain.validation import validate
from platone.market.records.outcome import StoredOutcome
from platone.market.records.unit import MarketRecords, UnitOfWork
from platone.messages.base import Submission, SubmissionStatus
from platone.messages.outcome import TechnicalOutcome, ValidatedOutcome

TO_AGGREGATOR = "POST /api/aggregator/validatedOutcome"
TO_CUSTOMERS = "POST /api/scd/outcomes"
TO_DSO = "POST /api/dso/validatedOutcome"


@dataclass(frozen=True, slots=True)
class _Telling:
    """The texts by which participants are told a final outcome, or a part of it.

    Attributes:
        whole: All of it.
        own: What single parties are told.
        offering: The parties that offered.
    """

    whole: bytes
    own: dict[str, bytes]
    offering: list[str]


@dataclass(frozen=True, slots=True)
class PublishOutcome:
    """Makes an outcome final within a transaction.

    Args:
        rules: Who sees all of it.
    """

    rules: MarketRules

    async def __call__(
        self,
        unit: UnitOfWork,
        record: StoredOutcome,
        technical: TechnicalOutcome | None,
        final: ValidatedOutcome,
        now: datetime,
        *,
        ends: Status | None = None,
    ) -> None:
        """Store and certify an outcome, tell each participant its part, and note what to settle.

        Args:
            unit: The transaction.
            record: The outcome.
            technical: The DSO's answer, where it gave one.
            final: The final trades.
            now: When they became final.
            ends: The session's state where it ends with that; none for the usual course.
        """
        session = await unit.sessions.get(record.session_id)
        status = session.status.follow(ends or Status.VALIDATED)
        traded = [pod.pod for pod in final.flexibility]
        baselines = await unit.baselines.counted(session.id, traded)
        name, in_thread = final.market_outcome, asyncio.to_thread  # a long one takes seconds
        text = await in_thread(outcome_text, final)
        answer = None if technical is None else await in_thread(outcome_text, technical)
        await unit.outcomes.set_validated(name, answer, text)
        if answer is not None:
            await unit.outgoing.certify_text(f"technicalOutcome-{name}", "technicalOutcome", answer)
        parts = await in_thread(final_parts, final, await unit.outcomes.parts(name))
        await unit.outgoing.certify_text(f"validatedOutcome-{name}", "validatedOutcome", text)
        is_traded = False
        for part in parts:
            lines = await in_thread(lines_of, part, baselines, self.rules.zone)
            await unit.settlements.add_lines(session, lines)
            await self._publish(unit, await in_thread(self._telling, part), now)
            is_traded |= bool(lines)
            await in_thread(let_go, lines)
            if part is not final:
                await in_thread(let_go, part.flexibility)
        if ends is None and not is_traded:
            status = status.follow(Status.NOT_TRADED)
        await unit.sessions.set_status(session.id, status, now)

    def _telling(self, final: ValidatedOutcome) -> _Telling:
        """Write what each participant is told of a final outcome, or of a part of it."""
        whole, offering = plain_text(final), offering_parties(final)
        own = {
            party: plain_text(own_trades(final, party))
            for party in {*self.rules.tso_parties, *offering}
        }
        return _Telling(whole, own, offering)

    async def _publish(self, unit: UnitOfWork, telling: _Telling, now: datetime) -> None:
        """Tell each participant its own of a final outcome, or of a part of it."""
        outgoing = unit.outgoing
        for party in sorted(self.rules.dso_parties):
            await outgoing.publish_text(Topic.VALIDATED_OUTCOME.of(party), telling.whole, now)
        for party in sorted(self.rules.tso_parties):
            await outgoing.publish_text(Topic.VALIDATED_OUTCOME.of(party), telling.own[party], now)
        for party in telling.offering:
            own = telling.own[party]
            await outgoing.publish_text(Topic.VALIDATED_OUTCOME.of(party), own, now)
            if self.rules.calls_platform(party):
                await outgoing.send_text(TO_AGGREGATOR, own)
        await outgoing.send_text(TO_CUSTOMERS, telling.whole)
        await outgoing.send_text(TO_DSO, telling.whole)


@dataclass(frozen=True, slots=True)
class AcceptTechnicalOutcome:
    """Takes the DSO's technical outcome.

    Args:
        records: The market's records.
        publish: What follows.
        clock: The market's clock.
        rules: Who is a DSO.
    """

    records: MarketRecords
    publish: PublishOutcome
    clock: Clock
    rules: MarketRules

    async def __call__(self, technical: TechnicalOutcome, party: str) -> Submission:
        """Form the validated outcome.

        Raises:
            ServiceNotAllowed: The caller is not the DSO.
            UnknownOutcome: There is no such market outcome.
            OutcomeMismatch, OutcomeBeyondAccepted: It does not fit the market outcome.
            AnswerTooLate: The trades had to be final before, or were decided otherwise.
            DuplicateIdentifier: The outcome was answered before, and differently.
        """
        if party not in self.rules.dso_parties:
            raise ServiceNotAllowed(f"{party} does not validate outcomes.")
        outcome_id, number = split_name(technical.market_outcome)
        if number is None:
            return await self._take(technical)
        async with self.records.writing() as unit:
            before = await unit.outcomes.answer_part(outcome_id, number, technical)
            if before is not None and before != technical:
                raise _answered_before(technical)
            if before is None:
                session = await unit.sessions.of_outcome(outcome_id)
                _check_in_time(session, technical.market_outcome, self.clock.now())
            answers = await unit.outcomes.answers(outcome_id)
        if answers is not None:  # again, too: the market may have stopped before it was final
            whole = await asyncio.to_thread(_joined, outcome_id, answers)
            await self._take(whole)
            await asyncio.to_thread(let_go, whole.flexibility)
        status = SubmissionStatus.of_taken(is_new=before is None)
        return Submission(id=technical.market_outcome, status=status)

    async def _take(self, technical: TechnicalOutcome) -> Submission:
        """Form the validated outcome from the answer to the whole of the market's."""
        name = technical.market_outcome
        async with self.records.reading() as unit:
            record = await unit.outcomes.get(name)
        market = record.market
        with step(Step.VALIDATION, TracedSession(market.market_type, market.start_time)):
            return await self._validate(record, technical)

    async def _validate(self, record: StoredOutcome, technical: TechnicalOutcome) -> Submission:
        """Form the validated outcome, unless it was formed before."""
        name = technical.market_outcome
        if record.technical is None:
            final = await asyncio.to_thread(validate, record.market, technical)
            async with self.records.writing() as unit:
                is_new = not await unit.outcomes.is_answered(name)
                if is_new:
                    now = self.clock.now()
                    session = await unit.sessions.get(record.session_id)
                    _check_in_time(session, name, now)
                    await self.publish(unit, record, technical, final, now)
            await asyncio.to_thread(let_go, record.market.flexibility, final.flexibility)
            if is_new:
                return Submission(id=name, status=SubmissionStatus.ACCEPTED)
            async with self.records.reading() as unit:  # another answer came meanwhile
                record = await unit.outcomes.get(name)
        if record.technical != technical:
            raise _answered_before(technical)
        return Submission(id=name, status=SubmissionStatus.ALREADY_SUBMITTED)


def _joined(outcome_id: str, answers: Sequence[bytes]) -> TechnicalOutcome:
    decoded = [msgspec.json.decode(each, type=TechnicalOutcome) for each in answers]
    return join_answers(outcome_id, decoded)


def _answered_before(technical: TechnicalOutcome) -> DuplicateIdentifier:
    return DuplicateIdentifier(
        f"{technical.market_outcome} was answered before with other content.",
        marketOutcome=technical.market_outcome,
    )


def _check_in_time(session: Session, name: str, now: datetime) -> None:
    """Check that an outcome still waits for the DSO's answer.

    Raises:
        AnswerTooLate: Its trades had to be final before, or were decided without the DSO.
    """
    if session.status is Status.OUTCOME and now < session.decision_due:
        return
    raise AnswerTooLate(
        f"The trades of {name} had to be final by "
        f"{session.decision_due.isoformat()}; the session is {session.status.value}.",
        marketOutcome=name,
        decisionDue=session.decision_due.isoformat(),
        status=session.status.value,
    )
