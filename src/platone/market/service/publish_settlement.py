"""Publication of settlements: told to the participants, certified, and noted with their session."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from platone.market.domain.participant_view import own_lines, settled_parties
from platone.market.domain.progress import status_of_payment
from platone.market.domain.recording import Curves
from platone.market.domain.rules import MarketRules
from platone.market.domain.session import Session
from platone.market.domain.statement import SETTLED, settlement_lines
from platone.market.domain.topic import Topic
from platone.market.records.stored_line import StoredLine, StoredPayment
from platone.market.records.unit import UnitOfWork
from platone.messages.base import Message
from platone.messages.ledger import PaidLine, SettlementReceipt
from platone.messages.recording import (
    DayBaseline,
    DecidedLine,
    LineTerms,
    MeteredDay,
    SettlementContext,
    SettlementInputs,
)
from platone.messages.settlement import FlexibilitySettlement, MeasuredPower, Settlement

TO_AGGREGATOR = "POST /api/aggregator/settlement"


class CertifiedLine(Message):
    """A line as it is certified.

    Attributes:
        settlement_id: The settlement that paid it.
        pod: The PoD.
        line: What was paid, and why.
    """

    settlement_id: str
    pod: str
    line: MeasuredPower


@dataclass(frozen=True, slots=True)
class PublishSettlement:
    """Tells a settlement within the transaction in which the ledger's answer is stored.

    Args:
        rules: Whose platforms are called.
    """

    rules: MarketRules

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
        told = _settlement(session, payment, receipt, due)
        await unit.settlements.publish(told)
        curves = await unit.baselines.counted(session.id, sorted({each.line.pod for each in due}))
        days = await unit.settlements.metered_days(payment.outcome_id)
        await unit.settlements.store_inputs(_inputs(session, told, attempted, due, curves, days))
        await unit.outgoing.certify(f"settlement-{told.settlement_id}", "settlement", told)
        await _certify_lines(unit, told, receipt)
        for party in settled_parties(told):
            part = own_lines(told, party)
            await unit.outgoing.publish(Topic.SETTLEMENT.of(party), part, now)
            if self.rules.calls_platform(party):
                await unit.outgoing.send(TO_AGGREGATOR, part)
        if len(due) == len(lines):
            await _move_on(unit, session, lines, now)


async def _move_on(
    unit: UnitOfWork, session: Session, lines: Sequence[StoredLine], now: datetime
) -> None:
    """Note how far the payment of a session has come, all of which was due."""
    status = status_of_payment(sum(each.is_done for each in lines), len(lines))
    if status is not session.status:
        await unit.sessions.set_status(session.id, session.status.follow(status), now)


def _settlement(
    session: Session,
    payment: StoredPayment,
    receipt: SettlementReceipt | None,
    due: list[StoredLine],
) -> Settlement:
    return Settlement(
        settlement_id=payment.settlement_id,
        market_outcome_id=payment.outcome_id,
        market_type=session.plan.market_type,
        flexibility=_settlement_lines(due),
        start_time=session.plan.window.start,
        sent=True,
        transaction_hash=next(iter(receipt.transaction_hashes), None) if receipt else None,
        certification_id=f"settlement-{payment.settlement_id}",
        run=run_of(payment.settlement_id),
    )


def run_of(settlement_id: str) -> int:
    """Return a settlement's number among those of its outcome, which its identifier ends with."""
    return int(settlement_id.rpartition(".")[2])


def _settlement_lines(due: list[StoredLine]) -> list[FlexibilitySettlement]:
    return settlement_lines(
        [each.line for each in due],
        {each.line.line_id: each.quantity for each in due if each.quantity is not None},
        {each.line.line_id: each.payment for each in due if each.payment is not None},
        {each.line.line_id: each.metered for each in due if each.metered is not None},
        {each.line.line_id: each.earlier for each in due},
    )


def _inputs(
    session: Session,
    told: Settlement,
    windows: Iterable[datetime],
    due: Sequence[StoredLine],
    curves: Curves,
    days: Sequence[MeteredDay],
) -> SettlementInputs:
    """Return all that a settlement used beside its session's recording and validated outcome."""
    metered = [each.metered for each in due if each.metered is not None]
    readings = {
        (each.pod_id, each.start_time, each.duration_minutes, each.version): each
        for basis in metered
        for each in basis.readings
    }
    decided = [version for each in due for version in _decided(each)]
    others = {
        (each.market_outcome, each.pod, each.index, each.rank, each.reactive): each
        for basis in metered
        for each in basis.others
    }
    return SettlementInputs(
        measurements=list(readings.values()),
        context=SettlementContext(
            settlement_id=told.settlement_id,
            transaction_hash=told.transaction_hash,
            traded_at=session.plan.gate_closes,
            windows=sorted(windows),
            day_baselines=[
                DayBaseline(pod_id=pod, power_baseline=curve)
                for pod, curve in sorted(curves.items())
            ],
            other_trades=list(others.values()),
            terms=[terms for each in due for paid in _payments(each) if (terms := _terms(paid))],
            run=told.run,
            decided=tuple(decided),
            metered_days=tuple(days),
        ),
    )


def _payments(stored: StoredLine) -> list[PaidLine | None]:
    return [*(each.payment for each in stored.earlier), stored.payment]


def _decided(stored: StoredLine) -> list[DecidedLine]:
    """Return the versions of a line as they were ordered, the first one first."""
    versions = [(each.settlement_id, each.quantity) for each in stored.earlier]
    if stored.quantity is not None and stored.settlement_id is not None:
        versions.append((stored.settlement_id, stored.quantity))
    return [DecidedLine(settlement_id=name, line=line) for name, line in versions]


def _terms(paid: PaidLine | None) -> LineTerms | None:
    if paid is None or paid.customer_share_ppm is None or paid.penalty_price is None:
        return None
    return LineTerms(
        line_id=paid.line_id,
        customer_share_ppm=paid.customer_share_ppm,
        penalty_price=paid.penalty_price,
        least_delivery_ppm=paid.least_delivery_ppm,
        full_delivery_ppm=paid.full_delivery_ppm,
        agreement_id=paid.agreement_id,
    )


async def _certify_lines(
    unit: UnitOfWork, told: Settlement, receipt: SettlementReceipt | None
) -> None:
    """Have each line certified once: when it is paid."""
    now_paid = {line.line_id for line in receipt.lines} if receipt else set()
    await unit.outgoing.certify_all(
        (
            f"settlementLine-{line.line_id}",
            "settlementLine",
            CertifiedLine(settlement_id=told.settlement_id, pod=pod.pod, line=line),
        )
        for pod in told.flexibility
        for line in pod.power
        if line.line_id in now_paid and line.status == SETTLED
    )
