"""Who may see a certified text, and have its proof."""

import msgspec

from platone.ledger.records.certified_record import CertifiedRecord
from platone.ledger.records.wallet import WalletRecords
from platone.messages.metering import ReadingBatch, SignedMessage

_READING = "reading"


class Readership:
    """Decides by what a record is about.

    A reading may be seen by the aggregator and the customer of the points of delivery that it
    measures, as their wallets name them. Everything else is its owner's: an outcome as a whole
    would show each participant the others' trades.

    Args:
        wallets: The points of delivery's wallets.
    """

    def __init__(self, wallets: WalletRecords) -> None:
        self._wallets = wallets

    async def includes(self, party: str, kept: CertifiedRecord) -> bool:
        """Whether a party may see a record."""
        if party == kept.owner:
            return True
        if kept.kind != _READING or kept.content is None:
            return False
        pods = _measured_pods(kept.content)
        wallets = [await self._wallets.wallet(pod) for pod in pods]
        return bool(pods) and all(
            wallet is not None and party in {wallet.aggregator_id, wallet.customer_id}
            for wallet in wallets
        )


def _measured_pods(content: str) -> set[str]:
    """The points of delivery in a signed message of readings; none where it is something else."""
    try:
        message = msgspec.json.decode(content, type=SignedMessage)
        batch = msgspec.json.decode(message.payload, type=ReadingBatch)
    except msgspec.DecodeError:
        return set()
    return {reading.pod_id for reading in batch.readings}
