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
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from platone.infra.http.partner_problem import PartnerRefused, PartnerUnavailable
from platone.kernel.session_window import real_time_window
from platone.market.domain.delivery import LineState, Metered, meter, quantify_all
from platone.market.domain.rules import MarketRules
from platone.market.domain.validation import Spot
from platone.market.records.settlement import StoredLine, StoredPayment
from platone.market.records.unit import MarketRecords
from platone.market.service.patience import Patience
from platone.market.service.ports import Partners
from platone.market.service.publish_settlement import PublishSettlement
from platone.messages.ledger import (
    PaidLine,
    SettlementLine,
    SettlementOrder,
    SettlementReceipt,
)
from platone.messages.recording import OtherTrade

_log = logging.getLogger(__name__)

TRIES_FOR_ALL_READINGS = 4
"""So often a window is looked at before it is first settled without the readings that lack."""
_MOST_LINES = 10_000
"""Lines in one order to the ledger, as many as it takes."""

Due = tuple[str, datetime]
"""An outcome and the start of one of its windows."""


@dataclass(frozen=True, slots=True)
class SettleDelivery:
    """Settles what is due.

    Args:
        records: The market's records.
        partners: Where readings come from, and who pays.
        publish: What is told of it.
        rules: The market's zone.
        patience: When to try again.
    """

    records: MarketRecords
    partners: Partners
    publish: PublishSettlement
    rules: MarketRules
    patience: Patience

    async def next_look(self, now: datetime) -> datetime | None:
        """Return when there may be something to settle: None for at once, else a window's end."""
        async with self.records.reading() as unit:
            if await unit.settlements.unanswered() or await unit.settlements.due(now):
                return None
        return real_time_window(now, self.rules.zone).end

    async def __call__(self, now: datetime) -> None:
        """Settle all windows that have ended by now and can be settled."""
        await self._pay_decided(now)
        for due in await self._ripe(now):
            if await self._try(due):
                await self._pay_decided(now)

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

    async def _try(self, due: Due) -> bool:
        """Decide a payment if there is one; return whether there was."""
        try:
            decided = await self._decide(due)
        except (PartnerUnavailable, PartnerRefused) as error:
            _log.warning("Readings for settlement of %s: %s", due[0], error.detail)
            decided = False
        if decided:
            self.patience.forget(due)
        else:
            self.patience.wait(due)
        return decided

    async def _decide(self, due: Due) -> bool:
        outcome_id, window_start = due
        async with self.records.reading() as unit:
            records = await unit.settlements.lines_in(window_start)
            is_first = window_start not in await unit.settlements.attempted_windows(outcome_id)
            number = await unit.settlements.count_payments(outcome_id) + 1
        mine = [
            each
            for each in records
            if each.state is LineState.OPEN and each.line.outcome_id == outcome_id
        ]
        metered = await self._meter(mine, window_start)
        quantities = quantify_all([each.line for each in records], metered)
        ready = [each for each in mine if each.line.line_id in quantities]
        if len(ready) < len(mine):
            wait = self.patience.tries(due) < TRIES_FOR_ALL_READINGS if is_first else not ready
            if wait:
                return False
        payment = _payment(f"{outcome_id}.{number}", outcome_id, ready[:_MOST_LINES], quantities)
        others = _other_trades(records, outcome_id)
        rests_on = {
            each.line.line_id: replace(
                metered[each.line.spot], others=tuple(others.get(each.line.spot, ()))
            )
            for each in ready
        }
        async with self.records.writing() as unit:
            await unit.settlements.add_payment(payment, window_start, rests_on)
        return True

    async def _meter(
        self, lines: Sequence[StoredLine], window_start: datetime
    ) -> dict[Spot, Metered]:
        window = real_time_window(window_start, self.rules.zone)
        pods = sorted({each.line.pod for each in lines})
        readings = await self.partners.measurements(pods, window.start, window.end)
        return meter(readings, [each.line for each in lines])

    async def _pay_decided(self, now: datetime) -> None:
        async with self.records.reading() as unit:
            payments = await unit.settlements.unanswered()
        for payment in payments:
            if self.patience.is_ripe(payment.settlement_id):
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
            await unit.settlements.answer(payment, receipt)
            await self.publish(unit, payment, receipt, now)
        self.patience.forget(payment.settlement_id)


def _other_trades(lines: Sequence[StoredLine], outcome_id: str) -> dict[Spot, list[OtherTrade]]:
    """Return the trades of other sessions by PoD and quarter-hour, in the order they were made."""
    found: dict[Spot, list[OtherTrade]] = {}
    for each in lines:
        if each.line.outcome_id != outcome_id:
            trade = OtherTrade(
                market_outcome=each.line.outcome_id,
                traded_at=each.traded_at,
                rank=each.line.rank,
                pod=each.line.pod,
                index=each.line.index,
                p_change=each.line.change_kw,
            )
            found.setdefault(each.line.spot, []).append(trade)
    return found


def _payment(
    settlement_id: str,
    outcome_id: str,
    lines: Sequence[StoredLine],
    quantities: dict[str, SettlementLine],
) -> StoredPayment:
    due = [quantities[each.line.line_id] for each in lines]
    order = SettlementOrder(settlement_id=settlement_id, lines=due) if due else None
    return StoredPayment(settlement_id, outcome_id, order)


def _refused(order: SettlementOrder, problem: str) -> SettlementReceipt:
    return SettlementReceipt(
        settlement_id=order.settlement_id,
        transaction_hashes=[],
        lines=[PaidLine(line_id=line.line_id, problem=problem) for line in order.lines],
    )
