"""Figures of the chain for a monitoring system."""

from collections.abc import Sequence

from prometheus_client import Metric

from platone.infra.metric.figure import gauge
from platone.ledger.adapters.evm.chain import Chain
from platone.ledger.adapters.evm.writer import ChainWriter


class MeasureChain:
    """Tells the height of a chain, and what waits for its next block.

    Args:
        chain: The chain.
        writer: Makes its blocks.
    """

    def __init__(self, chain: Chain, writer: ChainWriter) -> None:
        self._chain, self._writer = chain, writer

    async def measure(self) -> Sequence[Metric]:
        """Return the figures as they are now."""
        head = self._chain.head
        newest = "Instant of the newest block by the market's clock, s since 1970."
        return [
            gauge("platone_chain_height_blocks", "Number of the newest block.", head.number),
            gauge("platone_chain_newest_block_timestamp_seconds", newest, head.timestamp),
            gauge(
                "platone_chain_waiting_transactions",
                "Transactions that wait for a block.",
                self._writer.waiting,
            ),
        ]
