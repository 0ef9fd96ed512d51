"""Disputes about settlement lines: who may open, answer and close one, and until when."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from platone.kernel.canonical import content_hash
from platone.market.domain.delivery import LONGEST_WAIT_FOR_READINGS, DeliveryLine
from platone.market.domain.problem.dispute import (
    DisputeClosed,
    DisputeNotYours,
    DisputeTooLate,
    UnknownDispute,
)
from platone.messages.dispute import (
    Dispute,
    DisputeAnswer,
    DisputeClosing,
    DisputeOpening,
    DisputeOutcome,
    DisputeStatus,
    DisputeStep,
)

TIME_TO_OPEN = LONGEST_WAIT_FOR_READINGS
"""Time after delivery in which a line can be disputed: until its meter data are final."""
TIME_TO_ANSWER = timedelta(days=14)
"""Time in which the market operator answers: two weeks, in which meter data can be asked for."""


@dataclass(frozen=True, slots=True)
class Concerned:
    """The parties that a settlement line concerns.

    Attributes:
        aggregator: Who offered.
        requester: Who asked.
        customer: Who is supplied there; none where it has no account.
    """

    aggregator: str
    requester: str
    customer: str | None

    @property
    def parties(self) -> set[str]:
        """All of them."""
        return {self.aggregator, self.requester} | ({self.customer} if self.customer else set())


def dispute_id(party: str, name: str) -> str:
    """Return a dispute's identifier, which follows from who opened it and how it named it."""
    return content_hash(["dispute", party, name])[:24]


def open_dispute(
    opening: DisputeOpening, line: DeliveryLine, concerned: Concerned, party: str, now: datetime
) -> Dispute:
    """Return a new dispute.

    Raises:
        UnknownDispute: The line does not concern the party.
        DisputeTooLate: It was delivered too long ago.
    """
    if party not in concerned.parties:
        raise UnknownDispute(f"You have no settlement line {opening.line_id}.")
    until = line.starts + TIME_TO_OPEN
    if now > until:
        raise DisputeTooLate(
            f"{opening.line_id} could be disputed until {until.isoformat()}.",
            until=until.isoformat(),
        )
    return Dispute(
        id=dispute_id(party, opening.dispute_id),
        dispute_id=opening.dispute_id,
        line_id=opening.line_id,
        market_outcome_id=line.outcome_id,
        pod=line.pod,
        opened_by=party,
        reason=opening.reason,
        status=DisputeStatus.OPEN,
        answer_due=now + TIME_TO_ANSWER,
        steps=(DisputeStep(at=now, party=party, status=DisputeStatus.OPEN, text=opening.text),),
    )


def answer_dispute(dispute: Dispute, answer: DisputeAnswer, party: str, now: datetime) -> Dispute:
    """Return a dispute with an answer; whoever it concerns may answer.

    What its opener adds does not answer it.

    Raises:
        DisputeClosed: It is decided.
    """
    _check_running(dispute)
    is_answer = party != dispute.opened_by
    return _step(
        dispute,
        DisputeStatus.ANSWERED if is_answer else dispute.status,
        answer.text,
        party,
        now,
    )


def close_dispute(
    dispute: Dispute, closing: DisputeClosing, party: str, now: datetime, *, operates: bool
) -> Dispute:
    """Return a dispute that is ended.

    Args:
        dispute: The dispute.
        closing: How it ends.
        party: Who ends it.
        now: When.
        operates: Whether that is the market operator.

    Raises:
        DisputeClosed: It is decided.
        DisputeNotYours: Only the market operator decides, and only who opened it withdraws.
    """
    _check_running(dispute)
    withdraws = closing.outcome is DisputeOutcome.WITHDRAWN
    if withdraws and party != dispute.opened_by:
        raise DisputeNotYours(f"Only {dispute.opened_by} can withdraw this dispute.")
    if not withdraws and not operates:
        raise DisputeNotYours("Only the market operator decides a dispute.")
    closed = _step(dispute, DisputeStatus.CLOSED, closing.text, party, now)
    return replace(closed, outcome=closing.outcome)


def _check_running(dispute: Dispute) -> None:
    if dispute.status is DisputeStatus.CLOSED:
        raise DisputeClosed(f"Dispute {dispute.id} is closed.", dispute=dispute.id)


def _step(dispute: Dispute, status: DisputeStatus, text: str, party: str, now: datetime) -> Dispute:
    step = DisputeStep(at=now, party=party, status=status, text=text)
    return replace(dispute, status=status, steps=(*dispute.steps, step))
