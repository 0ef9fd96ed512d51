"""Delivery of what is stored to the customer database and the ledger."""

from dataclasses import dataclass

from platone.access.records.message import MessageRecords
from platone.access.service.ports import Receivers
from platone.infra.outbox import Entry
from platone.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class Share:
    """Delivers entries of the outbox; what is refused of them becomes dead letters.

    Args:
        receivers: The other parties' systems.
        records: The stored messages.
        clock: The time of a refusal.
    """

    receivers: Receivers
    records: MessageRecords
    clock: Clock

    async def __call__(self, entry: Entry) -> None:
        """Deliver an entry; a refused record harms no other of the same entry.

        Raises:
            DeliveryRefused: The receiver will never take any of it: the entry is kept.
            PartnerUnavailable: It may take it later.
        """
        unshared = await self.receivers.deliver(entry)
        if unshared:
            async with self.records.transaction() as transaction:
                await transaction.store_unshared(unshared, self.clock.now())
