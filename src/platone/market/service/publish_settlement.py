"""Publication of settlements: told to the participants, certified, and noted with their session."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from platone.infra.aside import aside
from platone.infra.erased_sum import erased_part
from platone.market.domain.outcome_part import whole_name
from platone.market.domain.progress import status_of_payment
from platone.market.domain.rules import MarketRules
from platone.market.domain.session import Session
from platone.market.domain.topic import Topic
from platone.market.records.stored_line import StoredLine, StoredPayment
from platone.market.records.unit import UnitOfWork
from platone.market.service.counted_curves import CountedCurves
from platone.market.service.settlement_text import Settled, write_settlement
from platone.messages.ledger import SettlementReceipt
from platone.messages.settlement import FlexibilitySettlement

TO_AGGREGATOR = "POST /api/aggregator/settlement"


@dataclass(frozen=True, slots=True)
class PublishSettlement:
    """Tells a settlement within the transaction in which the ledger's answer is stored.

    Args:
        rules: Whose platforms are called.
        curves: The declared baselines.
    """

    rules: MarketRules
    curves: CountedCurves

    async def __call__(
        self,
        unit: UnitOfWork,
        payment: StoredPayment,
        receipt: SettlementReceipt | None,
        now: datetime,
    ) -> None:
        """Tell all lines that have come due, certify those that were paid now."""
        session = await unit.sessions.of_outcome(payment.outcome_id)
        attempted = await unit.settlements.attempted_windows(payment.outcome_id)
        lines = await unit.settlements.lines_of(payment.outcome_id)
        due = [each for each in lines if each.line.window_start in attempted]
        pods = await aside(len(due), _pods_of, due)
        settled = Settled(
            session=session,
            payment=payment,
            receipt=receipt,
            windows=attempted,
            due=due,
            curves=await self.curves.of(session.id, pods),
            erased=await _erased(unit, payment.outcome_id),
            days=await unit.settlements.metered_days(payment.outcome_id),
        )
        texts = await aside(len(due), write_settlement, settled)
        name, outgoing = payment.settlement_id, unit.outgoing
        await unit.settlements.publish(name, payment.outcome_id, texts.told)
        await unit.settlements.store_inputs(name, texts.inputs)
        await outgoing.certify_text(f"settlement-{name}", "settlement", texts.certified)
        await outgoing.certify_texts("settlementLine", texts.lines)
        for party, own in texts.own.items():
            await outgoing.publish_text(Topic.SETTLEMENT.of(party), own, now)
            if self.rules.calls_platform(party):
                await outgoing.send_text(TO_AGGREGATOR, own)
        if len(due) == len(lines):
            await _move_on(unit, session, payment.outcome_id, now)


async def _move_on(unit: UnitOfWork, session: Session, outcome_id: str, now: datetime) -> None:
    """Note how far the payment of a session has come, if all of it was due."""
    names = await unit.outcomes.settled_names([whole_name(outcome_id)])
    progress = await unit.settlements.progress(names)
    if progress is None:
        return
    status = status_of_payment(*progress)
    if status is not session.status:
        await unit.sessions.set_status(session.id, session.status.follow(status), now)


async def _erased(unit: UnitOfWork, outcome_id: str) -> list[FlexibilitySettlement]:
    """Return the sums of erased persons, whose lines are gone."""
    if not await unit.outcomes.is_erased(outcome_id):
        return []
    return erased_part(await unit.settlements.find(outcome_id))


def _pods_of(lines: Sequence[StoredLine]) -> list[str]:
    return sorted({each.line.pod for each in lines})
