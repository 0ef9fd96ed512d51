"""Erasure of points of delivery at the market, once nothing of theirs is open."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from platone.kernel.clock import Clock
from platone.market.domain.delivery import LONGEST_WAIT_FOR_READINGS
from platone.market.domain.rules import MarketRules
from platone.market.records.erasure import ErasureRecords
from platone.market.service.metered_history import MeteredHistory
from platone.messages.erasure import ErasureOrder, ErasurePart

_CONTEXT = "market"


@dataclass(frozen=True, slots=True)
class ErasePods:
    """Erases points of delivery, when their trades are settled and their records may go.

    Args:
        records: What is kept of them.
        clock: The market's clock.
        rules: How long records of payments are kept.
        history: What of their past is at hand.
    """

    records: ErasureRecords
    clock: Clock
    rules: MarketRules
    history: MeteredHistory

    async def __call__(self, order: ErasureOrder) -> ErasurePart:
        """Erase, or tell what is waited for."""
        held_up = await self._held_up(order.pod_ids)
        if held_up is not None:
            return held_up
        news = await self.records.erase(order.pod_ids)
        self.history.forget(order.pod_ids)
        self.history.told(news)
        return ErasurePart(context=_CONTEXT, state="done")

    async def _held_up(self, pods: list[str]) -> ErasurePart | None:
        now = self.clock.now()
        undecided = await self.records.undecided_until(pods, now)
        if undecided is not None:
            return _waiting("a session may yet trade its offers", undecided, now)
        unsettled, settled = await self.records.settled_until(pods)
        if unsettled is not None and unsettled + LONGEST_WAIT_FOR_READINGS > now:
            return _waiting("a trade is not settled", unsettled, now)
        kept = self.rules.payment_records_kept
        if settled is not None and kept > timedelta(0) and settled + kept > now:
            return _waiting("the law has records of payments kept", settled + kept, now)
        if await self.records.is_leaving(pods):
            return _waiting("messages about it are on their way", now, now)
        return None


def _waiting(reason: str, until: datetime, now: datetime) -> ErasurePart:
    return ErasurePart(
        context=_CONTEXT, state="waiting", reason=reason, until=until if until > now else None
    )
