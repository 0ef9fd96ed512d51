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
_LONGEST_WAY = timedelta(hours=24)
"""Time after the last session in which it was offered for which an erasure waits for messages about
it: as long as a session waits for the DSO. What nobody has taken by then goes without it."""
_PLACE_PARTS = 4
"""Parts of a destination up to the name of what is called: ``POST /api/dso/marketOutcome``."""


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
        to = await self.records.leaving_to(pods)
        offered = None if to is None else await self.records.offered_until(pods)
        if offered is not None and offered + _LONGEST_WAY > now:
            reason = f"messages about it are on their way: {_place(to)}"
            return _waiting(reason, offered + _LONGEST_WAY, now)
        return None


def _place(destination: str | None) -> str:
    """Return where a message goes to, without names that its path may end with."""
    return "/".join((destination or "").split("/")[:_PLACE_PARTS])


def _waiting(reason: str, until: datetime, now: datetime) -> ErasurePart:
    return ErasurePart(
        context=_CONTEXT, state="waiting", reason=reason, until=until if until > now else None
    )
