"""The right to see a certified text, and to have its proof."""

import msgspec

from platone.ledger.records.certified_record import CertifiedRecord
from platone.ledger.records.wallet import WalletRecords
from platone.messages.ledger import SettlementLine
from platone.messages.metering import ReadingBatch, SignedMessage

_READING = "reading"


class Readership:
    """The readers of a record or a settled line, decided by what it is about.

    A reading may be seen by the aggregator and the customer of the points of delivery that it
    measures, as their wallets name them; a settled line by who asked for it and pays, by its
    aggregator, and by the customer of its point of delivery. Everything else is its owner's: an
    outcome as a whole would show each participant the others' trades.

    Args:
        wallets: The points of delivery's wallets.
    """

    def __init__(self, wallets: WalletRecords) -> None:
        self._wallets = wallets

    async def includes_line(self, party: str, line: SettlementLine) -> bool:
        """Return whether a party may see a settled line."""
        if party in {line.aggregator_id, line.requester_id}:
            return True
        wallet = await self._wallets.wallet(line.pod)
        return wallet is not None and party == wallet.customer_id

    async def includes(self, party: str, stored: CertifiedRecord) -> bool:
        """Return whether a party may see a record."""
        if party == stored.owner:
            return True
        if stored.kind != _READING or stored.content is None:
            return False
        pods = _measured_pods(stored.content)
        wallets = [await self._wallets.wallet(pod) for pod in pods]
        return bool(pods) and all(
            wallet is not None and party in {wallet.aggregator_id, wallet.customer_id}
            for wallet in wallets
        )


def _measured_pods(content: str) -> set[str]:
    """Return the points of delivery in a signed message of readings; none in other texts."""
    try:
        message = msgspec.json.decode(content, type=SignedMessage)
        batch = msgspec.json.decode(message.payload, type=ReadingBatch)
    except msgspec.DecodeError:
        return set()
    return {reading.pod_id for reading in batch.readings}
