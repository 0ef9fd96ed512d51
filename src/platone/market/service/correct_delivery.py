"""Correction of what was paid, when readings come late or anew.

A paid line never changes. Where its quantities are others now, a line of the next version is
ordered with the whole new quantities, and the ledger settles the difference.
"""

import logging
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from platone.infra.aside import aside
from platone.infra.http.partner_problem import PartnerRefused, PartnerUnavailable
from platone.kernel.line_version import correction_id
from platone.market.domain.delivery import LineState, quantify_all
from platone.market.records.correction import Recheck
from platone.market.records.news import READINGS
from platone.market.records.stored_line import StoredLine
from platone.market.records.unit import MarketRecords
from platone.market.service.metered_history import MeteredHistory
from platone.market.service.patience import Patience
from platone.market.service.read_basis import ReadBasis
from platone.market.service.settlement_order import MOST_LINES, payment_of, resting_on
from platone.messages.base import Submission, SubmissionStatus
from platone.messages.ledger import SettlementLine
from platone.messages.settlement import MeasurementCorrections

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NoteCorrections:
    """Notes which lines are to be held against the readings again.

    Args:
        records: The market's records.
        history: Past days that baselines are made of, which are to be read anew.
    """

    records: MarketRecords
    history: MeteredHistory

    async def __call__(self, told: MeasurementCorrections) -> list[Submission]:
        """Note all of them; a result is named ``podId/startTime``, and is new where it matters."""
        results = []
        for each in told.corrections:
            self.history.forget_day(each.pod_id, each.start_time)
        async with self.records.writing() as unit:
            for each in told.corrections:
                start = each.start_time
                end = start + timedelta(minutes=each.duration_minutes)
                count = await unit.settlements.corrections.recheck_spot(each.pod_id, start, end)
                name = f"{each.pod_id}/{start.isoformat()}"
                status = SubmissionStatus.of_taken(is_new=count > 0)
                results.append(Submission(id=name, status=status))
            news = await unit.news.tell(READINGS)
        self.history.told(news)
        return results


@dataclass(frozen=True, slots=True)
class CorrectDelivery:
    """Decides corrections of paid lines.

    Args:
        records: The market's records.
        read: What deliveries are measured by.
        patience: When to try again.
    """

    records: MarketRecords
    read: ReadBasis
    patience: Patience

    async def __call__(self, now: datetime) -> bool:
        """Look at what is due; return whether corrections were decided."""
        async with self.records.reading() as unit:
            due = await unit.settlements.corrections.rechecks()
            paying = {each.outcome_id for each in await unit.settlements.unanswered()}
        decided = False
        for each in due:
            key = _key(each)
            if each.outcome_id in paying or not self.patience.is_ripe(key):
                continue
            try:
                decided |= await self._decide(each, now)
            except (PartnerUnavailable, PartnerRefused) as error:
                _log.warning("Readings to correct %s: %s", each.outcome_id, error.detail)
                self.patience.wait(key)
                continue
            paying.add(each.outcome_id)
        return decided

    async def _decide(self, due: Recheck, now: datetime) -> bool:
        """Decide a window's corrections; it is looked at again while lines of it are open.

        For those may be about to be ordered, by another worker and by what it has read before.
        """
        async with self.records.reading() as unit:
            records = await unit.settlements.lines_beside(due.outcome_id, due.window_start)
            settlement_id = await unit.settlements.next_id(due.outcome_id)
        own = [each for each in records if each.line.outcome_id == due.outcome_id]
        mine = [each for each in own if each.state is LineState.PAID]
        basis = await self.read(settlement_id, [each.line for each in mine], now)
        traded = [each.line for each in records]
        quantities = await aside(len(traded), quantify_all, traded, basis.metered)
        changed = [each for each in mine if _differs(each, quantities.get(each.line.line_id))]
        order = [_corrected(each, quantities[each.line.line_id]) for each in changed[:MOST_LINES]]
        is_done = len(changed) <= MOST_LINES
        is_open = any(each.state is LineState.OPEN for each in own)
        async with self.records.writing() as unit:
            if order:
                rests_on = resting_on(changed, records, basis.metered)
                named = _by_order(order, changed)
                payment = payment_of(
                    settlement_id, due.outcome_id, order, basis.days, changed[0].traded_at
                )
                if not await unit.settlements.add_payment(
                    payment, due.window_start, {name: rests_on[of] for name, of in named.items()}
                ):
                    return False
            if is_done and not is_open:
                await unit.settlements.corrections.is_rechecked(due)
        if is_done and is_open:
            self.patience.wait(_key(due))
        else:
            self.patience.forget(_key(due))
        return bool(order)


def _key(due: Recheck) -> Hashable:
    return "recheck", due.outcome_id, due.window_start


def _differs(stored: StoredLine, now: SettlementLine | None) -> bool:
    """Return whether a paid line comes to other quantities now; not where it is no more measured.

    A measured quarter-hour is never replaced by one that is interpolated.
    """
    before = stored.quantity
    if now is None or before is None or stored.is_correcting:
        return False
    if now.interpolated and not before.interpolated:
        return False
    said = (before.measured, before.baseline, before.ordered, before.interpolated)
    return said != (now.measured, now.baseline, now.ordered, now.interpolated)


def _corrected(stored: StoredLine, now: SettlementLine) -> SettlementLine:
    version = len(stored.earlier) + 2
    before = None if stored.quantity is None else stored.quantity.line_id
    return msgspec.structs.replace(
        now, line_id=correction_id(stored.line.line_id, version), corrects=before
    )


def _by_order(order: Sequence[SettlementLine], of: Sequence[StoredLine]) -> dict[str, str]:
    """Return the trade of each correction, by the correction's identifier."""
    return {new.line_id: old.line.line_id for new, old in zip(order, of, strict=False)}
