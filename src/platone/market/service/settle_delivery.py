"""Settlement of the deliveries in a real-time window, when it has ended.

It goes in three steps, each of which survives a crash before the next one:

1. decide: the measured lines and their exact quantities are stored under a new settlement
   identifier (outcome and version);
2. pay: that very order goes to the ledger, again and again until it answers; the ledger pays a
   settlement identifier, and each line, only once;
3. conclude: the answer is stored, certified, and told to the participants.

A line without a reading stays open and holds up no other; it is tried again and comes in a later
version. A settlement tells all lines of the outcome that have come due, so the newest version
replaces the earlier ones.
"""

import logging
from dataclasses import dataclass
from datetime import datetime

from platone.infra.aside import aside
from platone.infra.http.partner_problem import PartnerRefused, PartnerUnavailable
from platone.infra.trace.step import Step, step
from platone.kernel.session_window import real_time_window
from platone.market.domain.delivery import LineState, quantify_all
from platone.market.domain.rules import MarketRules
from platone.market.records.stored_line import StoredPayment
from platone.market.records.unit import MarketRecords
from platone.market.service.correct_delivery import CorrectDelivery
from platone.market.service.dispute_line import follow_receipt
from platone.market.service.patience import Patience
from platone.market.service.ports import Partners
from platone.market.service.publish_settlement import PublishSettlement
from platone.market.service.read_basis import ReadBasis
from platone.market.service.settlement_order import MOST_LINES, payment_of, resting_on
from platone.market.service.traced_session import traced
from platone.messages.ledger import PaidLine, SettlementOrder, SettlementReceipt

_log = logging.getLogger(__name__)

TRIES_FOR_ALL_READINGS = 4
"""So often a window is looked at before it is first settled without the readings that lack. A
restart counts anew: what lacks has some seconds more to come, and nothing else changes."""

Due = tuple[str, datetime]
"""An outcome and the start of one of its windows."""


@dataclass(frozen=True, slots=True)
class SettleDelivery:
    """Settles what is due.

    Args:
        records: The market's records.
        partners: Who pays.
        publish: What is told of it.
        rules: The market's zone.
        patience: When to try again.
        read: What deliveries are measured by.
        correct: Corrections of what was paid.
    """

    records: MarketRecords
    partners: Partners
    publish: PublishSettlement
    rules: MarketRules
    patience: Patience
    read: ReadBasis
    correct: CorrectDelivery

    async def next_look(self, now: datetime) -> datetime | None:
        """Return when there may be something to settle: None for at once, else a window's end."""
        async with self.records.reading() as unit:
            settlements = unit.settlements
            if await settlements.unanswered() or await settlements.due(now):
                return None
            if await settlements.corrections.rechecks():
                return None
        return real_time_window(now, self.rules.zone).end

    async def __call__(self, now: datetime) -> None:
        """Settle all windows that have ended by now and can be settled, and correct paid ones."""
        await self._pay_decided(now)
        for due in await self._ripe(now):
            if await self._try(due, now):
                await self._pay_decided(now)
        if await self.correct(now):
            await self._pay_decided(now)
        await self.read.at_hand.let_go()

    async def _ripe(self, now: datetime) -> list[Due]:
        """Return the deliveries that may be settled now: none being paid, no trade to come."""
        async with self.records.reading() as unit:
            settlements = unit.settlements
            due = [each for each in await settlements.due(now) if self.patience.is_ripe(each)]
            paying = {each.outcome_id for each in await settlements.unanswered()} if due else set()
            return [
                (outcome_id, window_start)
                for outcome_id, window_start in due
                if outcome_id not in paying and not await settlements.awaited(window_start, now)
            ]

    async def _try(self, due: Due, now: datetime) -> bool:
        """Decide a payment if there is one; return whether there was."""
        try:
            decided = await self._decide(due, now)
        except (PartnerUnavailable, PartnerRefused) as error:
            _log.warning("Readings for settlement of %s: %s", due[0], error.detail)
            decided = False
        if decided:
            self.patience.forget(due)
        else:
            self.patience.wait(due)
        return decided

    async def _decide(self, due: Due, now: datetime) -> bool:
        outcome_id, window_start = due
        async with self.records.reading() as unit:
            records = await unit.settlements.lines_beside(outcome_id, window_start)
            is_first = window_start not in await unit.settlements.attempted_windows(outcome_id)
            settlement_id = await unit.settlements.next_id(outcome_id)
            session = await unit.sessions.of_outcome(outcome_id)
        mine = [
            each
            for each in records
            if each.state is LineState.OPEN and each.line.outcome_id == outcome_id
        ]
        if not mine:  # another worker has paid them since this one looked
            return False
        with step(Step.METERING, traced(session)):
            basis = await self.read(settlement_id, [each.line for each in mine], now)
        traded = [each.line for each in records]
        quantities = await aside(len(traded), quantify_all, traded, basis.metered)
        ready = [each for each in mine if each.line.line_id in quantities]
        if len(ready) < len(mine):
            wait = self.patience.tries(due) < TRIES_FOR_ALL_READINGS if is_first else not ready
            if wait:
                return False
        due_now = [quantities[each.line.line_id] for each in ready[:MOST_LINES]]
        payment = payment_of(settlement_id, outcome_id, due_now, basis.days, mine[0].traded_at)
        rests_on = await aside(len(records), resting_on, ready, records, basis.metered)
        async with self.records.writing() as unit:
            return await unit.settlements.add_payment(payment, window_start, rests_on)

    async def _pay_decided(self, now: datetime) -> None:
        async with self.records.reading() as unit:
            payments = await unit.settlements.unanswered()
        for payment in payments:
            if self.patience.is_ripe(payment.settlement_id):
                async with self.records.reading() as unit:
                    session = await unit.sessions.of_outcome(payment.outcome_id)
                with step(Step.SETTLEMENT, traced(session)):
                    await self._pay(payment, now)

    async def _pay(self, payment: StoredPayment, now: datetime) -> None:
        receipt = None
        if payment.order is not None:
            try:
                receipt = await self.partners.pay(payment.order)
            except PartnerRefused as refusal:
                receipt = _refused(payment.order, refusal.detail)
            except PartnerUnavailable as error:
                _log.warning("Settlement %s waits: %s", payment.settlement_id, error.detail)
                self.patience.wait(payment.settlement_id)
                return
        async with self.records.writing() as unit:
            if await unit.settlements.answer(payment, receipt):
                await self.publish(unit, payment, receipt, now)
                if receipt is not None:
                    await follow_receipt(unit, receipt, now)
        self.patience.forget(payment.settlement_id)


def _refused(order: SettlementOrder, problem: str) -> SettlementReceipt:
    return SettlementReceipt(
        settlement_id=order.settlement_id,
        transaction_hashes=[],
        lines=[PaidLine(line_id=line.line_id, problem=problem) for line in order.lines],
    )
