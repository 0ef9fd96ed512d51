"""The texts of a settlement: what is stored, certified and told of it.

A long one takes seconds to write: it is done beside the event loop, some lines in one call.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from platone.kernel.canonical import canonical_json
from platone.market.domain.outcome_part import outcome_text, plain_text
from platone.market.domain.participant_view import own_lines, settled_parties
from platone.market.domain.recording import Curves
from platone.market.domain.session import Session
from platone.market.domain.statement import SETTLED, settlement_lines
from platone.market.records.stored_line import StoredLine, StoredPayment
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """All that a settlement is told from.

    Attributes:
        session: The session.
        payment: The payment that the ledger has answered.
        receipt: Its answer; none where nothing was to be paid.
        windows: The windows that were settled by now.
        due: The lines that have come due.
        curves: The baselines that count for them.
        days: The metered days that baselines are made of.
        erased: What persons came to who were erased since.
    """

    session: Session
    payment: StoredPayment
    receipt: SettlementReceipt | None
    windows: Iterable[datetime]
    due: Sequence[StoredLine]
    curves: Curves
    days: Sequence[MeteredDay]
    erased: Sequence[FlexibilitySettlement] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementTexts:
    """The texts of a settlement.

    Attributes:
        told: As it is told to the market operator.
        certified: The same as canonical JSON.
        inputs: All that it used.
        lines: Each line that was paid now, as canonical JSON, by its record's identifier.
        own: What each aggregator in it is told, by party.
    """

    told: bytes
    certified: bytes
    inputs: bytes
    lines: dict[str, bytes]
    own: dict[str, bytes]


def write_settlement(settled: Settled) -> SettlementTexts:
    """Return the texts of a settlement."""
    told = _settlement(settled)
    inputs = _inputs(settled, told)
    return SettlementTexts(
        told=plain_text(told),
        certified=outcome_text(told),
        inputs=msgspec.json.encode(inputs),
        lines=_paid_lines(told, settled.receipt),
        own={party: plain_text(own_lines(told, party)) for party in settled_parties(told)},
    )


def _settlement(settled: Settled) -> Settlement:
    session, payment, receipt = settled.session, settled.payment, settled.receipt
    return Settlement(
        settlement_id=payment.settlement_id,
        market_outcome_id=payment.outcome_id,
        market_type=session.plan.market_type,
        flexibility=[*_settlement_lines(settled.due), *settled.erased],
        start_time=session.plan.window.start,
        sent=True,
        transaction_hash=next(iter(receipt.transaction_hashes), None) if receipt else None,
        certification_id=f"settlement-{payment.settlement_id}",
        run=run_of(payment.settlement_id),
    )


def run_of(settlement_id: str) -> int:
    """Return a settlement's number among those of its outcome, which its identifier ends with."""
    return int(settlement_id.rpartition(".")[2])


def _settlement_lines(due: Sequence[StoredLine]) -> list[FlexibilitySettlement]:
    return settlement_lines(
        [each.line for each in due],
        {each.line.line_id: each.quantity for each in due if each.quantity is not None},
        {each.line.line_id: each.payment for each in due if each.payment is not None},
        {each.line.line_id: each.metered for each in due if each.metered is not None},
        {each.line.line_id: each.earlier for each in due},
    )


def _inputs(settled: Settled, told: Settlement) -> SettlementInputs:
    """Return all that a settlement used beside its session's recording and validated outcome."""
    due, session = settled.due, settled.session
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
            windows=sorted(settled.windows),
            day_baselines=[
                DayBaseline(pod_id=pod, power_baseline=curve)
                for pod, curve in sorted(settled.curves.items())
            ],
            other_trades=list(others.values()),
            terms=[terms for each in due for paid in _payments(each) if (terms := _terms(paid))],
            run=told.run,
            decided=tuple(decided),
            metered_days=tuple(settled.days),
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


def _paid_lines(told: Settlement, receipt: SettlementReceipt | None) -> dict[str, bytes]:
    """Return each line that is certified now: once, when it is paid."""
    now_paid = {line.line_id for line in receipt.lines} if receipt else set()
    return {
        f"settlementLine-{line.line_id}": canonical_json(
            CertifiedLine(settlement_id=told.settlement_id, pod=pod.pod, line=line)
        )
        for pod in told.flexibility
        for line in pod.power
        if line.line_id in now_paid and line.status == SETTLED
    }
