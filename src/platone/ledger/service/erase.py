"""Erasure of points of delivery at the ledger: agreements end, texts and salts go, hashes stay."""

from dataclasses import dataclass
from datetime import timedelta

from platone.kernel.clock import Clock
from platone.ledger.domain.problem import RecordErased
from platone.ledger.domain.proof import tohex
from platone.ledger.records.erasure import ErasureRecords
from platone.ledger.service.agreement import Agree
from platone.messages.erasure import ErasureOrder, ErasurePart

_CONTEXT = "ledger"
_LONGEST_PAYMENT = timedelta(days=45)
"""Time after its order for which an erasure waits for a payment's result: as long as the market
waits for a settlement. A chain that has given none by then takes weeks to mend, or is gone."""


@dataclass(frozen=True, slots=True)
class ErasePods:
    """Erases points of delivery.

    Args:
        records: What is kept of them.
        agreements: Their agreements, which end.
        clock: The market's clock.
    """

    records: ErasureRecords
    agreements: Agree
    clock: Clock

    async def __call__(self, order: ErasureOrder) -> ErasurePart:
        """Erase, or tell that a payment is under way."""
        since = await self.records.paying_since(order.pod_ids)
        if since is not None and (until := since + _LONGEST_PAYMENT) > self.clock.now():
            reason = "a payment is under way"
            return ErasurePart(context=_CONTEXT, state="waiting", reason=reason, until=until)
        for agreement in await self.records.agreements_of(order.pod_ids):
            await self.agreements.end(tohex(agreement))
        await self.records.erase(order.pod_ids)
        return ErasurePart(context=_CONTEXT, state="done")

    async def check(self, identifier: str) -> None:
        """Check that a record or settlement line was not erased.

        Raises:
            RecordErased: It was.
        """
        if await self.records.was_erased(identifier):
            raise RecordErased(f"Record {identifier} was erased.", id=identifier)
