"""Disputes about settlement lines: opened, answered, closed, and shown to whom they concern."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from platone.infra.listing import Listed, Part
from platone.kernel.canonical import content_hash
from platone.kernel.clock import Clock
from platone.kernel.errors import DuplicateIdentifier
from platone.market.domain.dispute import (
    Concerned,
    answer_dispute,
    awaits_readings,
    close_dispute,
    dispute_id,
    follow_payment,
    is_about,
    open_dispute,
)
from platone.market.domain.problem.dispute import UnknownDispute
from platone.market.domain.topic import Topic
from platone.market.records.unit import MarketRecords, UnitOfWork
from platone.market.service.read_market import Viewer
from platone.messages.dispute import (
    Dispute,
    DisputeAnswer,
    DisputeClosing,
    DisputeOpening,
    DisputeOutcome,
)
from platone.messages.ledger import SettlementReceipt


@dataclass(frozen=True, slots=True)
class DisputeLines:
    """Takes disputes, and shows them.

    Args:
        records: The market's records.
        clock: The market's clock.
        look_again: Has settlements looked at, after a dispute was upheld.
    """

    records: MarketRecords
    clock: Clock
    look_again: Callable[[], None]

    async def open(self, opening: DisputeOpening, party: str) -> tuple[Dispute, bool]:
        """Open a dispute; return it, and whether it is new.

        Raises:
            UnknownDispute: There is no such line, or it does not concern the party.
            LineInDispute: Another dispute about it runs.
            DisputeTooLate: It was delivered too long ago.
            DuplicateIdentifier: The identifier was used with other content.
        """
        now, digest = self.clock.now(), content_hash(opening)
        name = dispute_id(party, opening.dispute_id)
        async with self.records.writing() as unit:
            known = await unit.disputes.opening_hash(name)
            if known is not None:
                if known != digest:
                    raise DuplicateIdentifier(
                        f"{party} opened {opening.dispute_id} with other content.",
                        disputeId=opening.dispute_id,
                    )
                dispute, _ = await _found(unit, name)
                return dispute, False
            about = await unit.disputes.line(opening.line_id)
            if about is None:
                raise UnknownDispute(f"You have no settlement line {opening.line_id}.")
            line, concerned = about
            known_of_pod = await unit.disputes.of_pods([line.pod])
            before = [each for each, _ in known_of_pod if is_about(each, opening.line_id)]
            dispute = open_dispute(opening, line, concerned, party, now, before)
            await unit.disputes.add(dispute, concerned, digest)
            await _tell(unit, dispute, concerned, party, now)
        return dispute, True

    async def answer(self, name: str, answer: DisputeAnswer, viewer: Viewer) -> Dispute:
        """Add an answer to a dispute.

        Raises:
            UnknownDispute: There is none that concerns the caller.
            DisputeClosed: It is decided.
        """
        now = self.clock.now()
        async with self.records.writing() as unit:
            dispute, concerned = await _concerning(unit, name, viewer)
            answered = answer_dispute(dispute, answer, viewer.party, now)
            await unit.disputes.save(answered)
            await _tell(unit, answered, concerned, viewer.party, now)
        return answered

    async def close(self, name: str, closing: DisputeClosing, viewer: Viewer) -> Dispute:
        """End a dispute; where it is upheld, the lines of its outcome are looked at again.

        What of them comes to other quantities by now is settled; the rest waits for its correction.

        Raises:
            UnknownDispute: There is none that concerns the caller.
            DisputeClosed: It is decided.
            DisputeNotYours: The caller may not end it so.
        """
        now = self.clock.now()
        async with self.records.writing() as unit:
            dispute, concerned = await _concerning(unit, name, viewer)
            newest = await unit.settlements.newest_paid(dispute.line_id)
            closed = close_dispute(
                dispute, closing, viewer.party, now, operates=viewer.oversees, newest=newest
            )
            await unit.disputes.save(closed)
            await _tell(unit, closed, concerned, viewer.party, now)
            if closing.outcome is DisputeOutcome.UPHELD:
                await unit.settlements.reopen([closed.market_outcome_id])
        self.look_again()
        return closed

    async def find(self, name: str, viewer: Viewer) -> Dispute:
        """Return a dispute; raises UnknownDispute where none concerns the caller."""
        async with self.records.reading() as unit:
            dispute, _ = await _concerning(unit, name, viewer)
        return dispute

    async def listed(self, viewer: Viewer, part: Part) -> Listed[Dispute]:
        """Return disputes that concern the caller, the newest first."""
        async with self.records.reading() as unit:
            if viewer.oversees:
                return await unit.disputes.all_of(part)
            return await unit.disputes.of_party(viewer.party, part, administers=viewer.administers)


async def follow_receipt(unit: UnitOfWork, receipt: SettlementReceipt, now: datetime) -> None:
    """Note which upheld disputes a payment carries out, and tell it to all that they concern."""
    paid = [each.line_id for each in receipt.lines if each.problem is None]
    if not paid:
        return
    for dispute, concerned in await unit.disputes.awaiting():
        for line_id in paid:
            followed = follow_payment(dispute, line_id)
            if followed is not dispute:
                await unit.disputes.save(followed)
                await unit.outgoing.certify(f"dispute-{dispute.id}-corrected", "dispute", followed)
                await _publish(unit, followed, concerned.parties, now)
                break


async def _found(unit: UnitOfWork, name: str) -> tuple[Dispute, Concerned]:
    found = await unit.disputes.find(name)
    if found is None:
        raise UnknownDispute(f"You have no dispute {name}.", dispute=name)
    return found


async def _concerning(unit: UnitOfWork, name: str, viewer: Viewer) -> tuple[Dispute, Concerned]:
    dispute, concerned = await _found(unit, name)
    is_told = viewer.oversees or viewer.party in concerned.parties
    if not is_told and not (viewer.administers and awaits_readings(dispute)):
        raise UnknownDispute(f"You have no dispute {name}.", dispute=name)
    return dispute, concerned


async def _tell(
    unit: UnitOfWork, dispute: Dispute, concerned: Concerned, by: str, now: datetime
) -> None:
    """Certify a step of a dispute, and tell it to the other parties that it concerns."""
    step = len(dispute.steps)
    await unit.outgoing.certify(f"dispute-{dispute.id}-{step}", "dispute", dispute)
    await _publish(unit, dispute, concerned.parties - {by}, now)


async def _publish(unit: UnitOfWork, dispute: Dispute, to: set[str], now: datetime) -> None:
    for party in sorted(to):
        await unit.outgoing.publish(Topic.DISPUTE.of(party), dispute, now)
