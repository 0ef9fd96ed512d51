"""Disputes about settlement lines: who may open, answer and close one, and until when.

A dispute decides no amount: an upheld one waits for corrected readings, or for amends by contract
(decision 0105).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from platone.kernel.canonical import content_hash
from platone.kernel.line_version import version_of
from platone.market.domain.delivery import LONGEST_WAIT_FOR_READINGS, DeliveryLine
from platone.market.domain.problem.dispute import (
    DisputeClosed,
    DisputeNotYours,
    DisputeTooLate,
    LineInDispute,
    UnknownDispute,
)
from platone.messages.dispute import (
    Awaited,
    Dispute,
    DisputeAnswer,
    DisputeClosing,
    DisputeFollowUp,
    DisputeOpening,
    DisputeOutcome,
    DisputeReason,
    DisputeStatus,
    DisputeStep,
)

TIME_TO_OPEN = LONGEST_WAIT_FOR_READINGS
"""Time after delivery in which a line can be disputed: until its meter data are final."""
TIME_TO_ANSWER = timedelta(days=14)
"""Time in which the market operator answers: two weeks, in which meter data can be asked for."""
TIME_TO_CORRECT = timedelta(days=30)
"""Time in which what an upheld dispute waits for is due: a month, in which a meter is tested."""
_READ = frozenset({DisputeReason.MEASUREMENT, DisputeReason.BASELINE})
"""Parts of a line that are made of readings."""


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
    opening: DisputeOpening,
    line: DeliveryLine,
    concerned: Concerned,
    party: str,
    now: datetime,
    before: Sequence[Dispute] = (),
) -> Dispute:
    """Return a new dispute.

    Args:
        opening: The dispute, as it is opened.
        line: The trade.
        concerned: Whom it concerns.
        party: Who opens it.
        now: When.
        before: The disputes that there were about the line, in any of its versions.

    Raises:
        UnknownDispute: The line does not concern the party.
        LineInDispute: Another one about it runs.
        DisputeTooLate: It was delivered too long ago.
    """
    if party not in concerned.parties:
        raise UnknownDispute(f"You have no settlement line {opening.line_id}.")
    for each in before:
        if is_running(each, now):
            raise LineInDispute(
                f"{opening.line_id} is disputed already, by {each.opened_by}.", dispute=each.id
            )
    until = max([line.starts + TIME_TO_OPEN, *(_again_until(each) for each in before)])
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
        start_time=line.starts,
        opened_by=party,
        reason=opening.reason,
        status=DisputeStatus.OPEN,
        answer_due=now + TIME_TO_ANSWER,
        steps=(DisputeStep(at=now, party=party, status=DisputeStatus.OPEN, text=opening.text),),
    )


def is_about(dispute: Dispute, line_id: str) -> bool:
    """Return whether a dispute is about a line, in any of its versions."""
    return version_of(dispute.line_id)[0] == version_of(line_id)[0]


def is_running(dispute: Dispute, now: datetime) -> bool:
    """Return whether a dispute is not decided, or what it waits for is still to come in time."""
    if dispute.status is not DisputeStatus.CLOSED:
        return True
    return is_awaiting(dispute) and now <= _until(dispute)


def awaits_readings(dispute: Dispute) -> bool:
    """Return whether corrected readings are asked of the metered-data administrator, or were."""
    return dispute.follow_up is not None and dispute.follow_up.awaits is Awaited.READINGS


def _again_until(dispute: Dispute) -> datetime:
    """Return until when a closed dispute lets its line be disputed anew, however old it is.

    While it ran nobody could: after one that was withdrawn, or that waits in vain, there is as
    much time as an answer takes. After another decision there is none of its own.
    """
    ended = dispute.steps[-1].at
    if dispute.outcome is DisputeOutcome.WITHDRAWN:
        return ended + TIME_TO_ANSWER
    return _until(dispute) + TIME_TO_ANSWER if is_awaiting(dispute) else ended


def is_awaiting(dispute: Dispute) -> bool:
    """Return whether a dispute was upheld, and what it waits for has not come yet."""
    return dispute.follow_up is not None and dispute.follow_up.corrected_by is None


def _until(dispute: Dispute) -> datetime:
    """Return until when what an upheld dispute waits for is due; else when it ended."""
    return dispute.follow_up.until if dispute.follow_up is not None else dispute.steps[-1].at


def answer_dispute(dispute: Dispute, answer: DisputeAnswer, party: str, now: datetime) -> Dispute:
    """Return a dispute with an answer; whoever it concerns may answer.

    What its opener adds does not answer it. One that was upheld is added to while it waits.

    Raises:
        DisputeClosed: It is decided.
    """
    if not is_awaiting(dispute):
        _check_undecided(dispute)
    is_answer = party != dispute.opened_by and dispute.status is DisputeStatus.OPEN
    status = DisputeStatus.ANSWERED if is_answer else dispute.status
    return _step(dispute, status, answer.text, party, now)


def close_dispute(
    dispute: Dispute,
    closing: DisputeClosing,
    party: str,
    now: datetime,
    *,
    operates: bool,
    newest: str | None = None,
) -> Dispute:
    """Return a dispute that is ended.

    Args:
        dispute: The dispute.
        closing: How it ends.
        party: Who ends it.
        now: When.
        operates: Whether that is the market operator.
        newest: The newest version of the line that was paid; none where nothing was.

    Raises:
        DisputeClosed: It is decided.
        DisputeNotYours: Only the market operator decides, and only who opened it withdraws.
    """
    _check_undecided(dispute)
    withdraws = closing.outcome is DisputeOutcome.WITHDRAWN
    if withdraws and party != dispute.opened_by:
        raise DisputeNotYours(f"Only {dispute.opened_by} can withdraw this dispute.")
    if not withdraws and not operates:
        raise DisputeNotYours("Only the market operator decides a dispute.")
    closed = _step(dispute, DisputeStatus.CLOSED, closing.text, party, now)
    closed = replace(closed, outcome=closing.outcome)
    if closing.outcome is not DisputeOutcome.UPHELD:
        return closed
    by_reason = Awaited.READINGS if dispute.reason in _READ else Awaited.AMENDS
    follow_up = DisputeFollowUp(awaits=closing.awaits or by_reason, until=now + TIME_TO_CORRECT)
    closed = replace(closed, follow_up=follow_up)
    is_corrected = newest is not None and _version(newest) > _version(dispute.line_id)
    return follow_payment(closed, newest) if newest and is_corrected else closed


def follow_payment(dispute: Dispute, line_id: str) -> Dispute:
    """Return a dispute as it is after a line was paid that had not been.

    What it waits for has come by a later version of its line, which corrected readings made, or by
    its own version, where the ledger had refused that.
    """
    follow_up = dispute.follow_up
    if follow_up is None or follow_up.corrected_by or not is_about(dispute, line_id):
        return dispute
    later = _version(line_id) - _version(dispute.line_id)
    if later < 0 or (later > 0 and follow_up.awaits is not Awaited.READINGS):
        return dispute
    return replace(dispute, follow_up=replace(follow_up, corrected_by=line_id))


def _version(line_id: str) -> int:
    return version_of(line_id)[1]


def _check_undecided(dispute: Dispute) -> None:
    if dispute.status is DisputeStatus.CLOSED:
        raise DisputeClosed(f"Dispute {dispute.id} is closed.", dispute=dispute.id)


def _step(dispute: Dispute, status: DisputeStatus, text: str, party: str, now: datetime) -> Dispute:
    step = DisputeStep(at=now, party=party, status=status, text=text)
    return replace(dispute, status=status, steps=(*dispute.steps, step))
