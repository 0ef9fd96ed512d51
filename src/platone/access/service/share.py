"""Delivery of what is stored to the customer database and the ledger."""

from dataclasses import dataclass

from platone.access.records.message import MessageRecords
from platone.access.records.table import NODE_REVOCATION
from platone.access.service.ports import Receivers
from platone.infra.http.partner_problem import PartnerUnavailable
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
        if entry.destination.startswith(NODE_REVOCATION) and not await self._is_last(entry):
            return
        unshared = await self.receivers.deliver(entry)
        if unshared:
            async with self.records.transaction() as transaction:
                await transaction.store_unshared(unshared, self.clock.now())

    async def _is_last(self, revocation: Entry) -> bool:
        """Return whether all that a device sent while it stood is anchored on the chain.

        What is anchored after its revocation would not count. Where readings are not on their way
        yet, they go first, and the revocation is put into the outbox again behind them.

        Raises:
            PartnerUnavailable: Readings are on their way.
        """
        device = revocation.destination.rpartition("/")[2]
        async with self.records.transaction() as transaction:
            if await transaction.has_uncertified(device):
                await transaction.certify_all()
                await transaction.put_again(revocation)
                return False
            if await transaction.certifies_before(revocation):
                raise PartnerUnavailable(f"Readings of {device} are not anchored yet.")
        return True
