"""Erasure of points of delivery at the DSO platform, after the last day of their trades."""

from dataclasses import dataclass

from platone.dso.records.erasure import ErasureRecords
from platone.kernel.clock import Clock
from platone.kernel.market_time import MarketDay
from platone.messages.erasure import ErasureOrder, ErasurePart

_CONTEXT = "dso"


@dataclass(frozen=True, slots=True)
class ErasePods:
    """Erases points of delivery, when no setpoint of theirs is to come any more.

    Args:
        records: What is kept of them.
        clock: The market's clock.
        zone: IANA name of the market's zone.
    """

    records: ErasureRecords
    clock: Clock
    zone: str

    async def __call__(self, order: ErasureOrder) -> ErasurePart:
        """Erase, or tell what is waited for."""
        last = await self.records.last_day(order.pod_ids)
        if last is not None and (ends := MarketDay(last, self.zone).end) > self.clock.now():
            reason = "a day is not over on which its flexibility is used"
            return ErasurePart(context=_CONTEXT, state="waiting", reason=reason, until=ends)
        await self.records.erase(order.pod_ids)
        return ErasurePart(context=_CONTEXT, state="done")
