"""The sending of signed transactions: the same bytes again and again, or a higher fee."""

import logging
import time

from platone.ledger.adapters.evm.rpc_mapping import octets
from platone.ledger.adapters.key_folder import KeyFolder
from platone.ledger.adapters.network.fee import Fee, network_fee
from platone.ledger.adapters.network.rpc import NodeRpc
from platone.ledger.adapters.network.signing import fee_of, resigned
from platone.ledger.adapters.network.terms import GWEI, NetworkTerms
from platone.ledger.domain.problem import RpcError
from platone.ledger.records.transaction_queue import (
    QueuedTransaction,
    QueueState,
    TransactionQueue,
)

_log = logging.getLogger(__name__)

_AGAIN_S = 10.0
"""After how long the same bytes are sent again, s: a node that was restarted has forgotten them."""
_KNOWN = ("already known", "known transaction", "already imported", "nonce too low", "already in")
"""Answers of nodes to a transaction that they have, or have had."""
_TOO_CHEAP = ("underpriced", "base fee", "fee too low", "gas price below")
"""Answers of nodes to one that offers too little: it is replaced like one that no block took."""


class SendTransactions:
    """Sends what the queue holds.

    Args:
        node: The node.
        queue: The signed transactions.
        keys: The accounts that sign.
        terms: On which the network is used.

    Attributes:
        refusals: What the node last said against an account's transactions, by account.
    """

    def __init__(
        self, node: NodeRpc, queue: TransactionQueue, keys: KeyFolder, terms: NetworkTerms
    ) -> None:
        self._node, self._queue, self._keys, self._terms = node, queue, keys, terms
        self._sent_s: dict[bytes, float] = {}
        self._seen_at: dict[bytes, int] = {}
        self.refusals: dict[str, str] = {}

    async def quote(self) -> Fee:
        """Return the fee of a new transaction, within what may be paid."""
        return self._bounded(await network_fee(self._node))

    async def __call__(self, row: QueuedTransaction, height: int, *, is_next: bool) -> None:
        """Send a transaction that is in no block, where it is time to.

        Args:
            row: The newest version of it.
            height: The number of the network's newest block.
            is_next: Whether it is the one that the network waits for.
        """
        now_s = int(time.time())
        is_stuck = row.state is QueueState.SENT and now_s - row.sent_s >= self._terms.replace_s
        passed_by = height > self._seen_at.setdefault(row.hash, height)
        if is_next and is_stuck and passed_by and row.fee:  # where no block is made, no fee helps
            row = await self._raised(row)
        last_s = self._sent_s.get(row.hash)
        if last_s is not None and time.monotonic() - last_s < _AGAIN_S:
            return
        self._sent_s[row.hash] = time.monotonic()
        if not await self._taken(row):
            return
        if row.state is QueueState.PENDING:
            await self._queue.note_sent(row.hash, now_s)

    def forget(self, digest: bytes) -> None:
        """Forget when a transaction was sent: it is in a block, or has to be sent at once."""
        self._sent_s.pop(digest, None)
        self._seen_at.pop(digest, None)

    async def _taken(self, row: QueuedTransaction) -> bool:
        """Send a transaction; return whether all there is to do is to wait for a block."""
        try:
            await self._node.call("eth_sendRawTransaction", octets(row.content))
        except RpcError as error:
            said = error.message.lower()
            if not any(word in said for word in _KNOWN):
                self.refusals[row.sender] = error.message
                return any(word in said for word in _TOO_CHEAP)
        self.refusals.pop(row.sender, None)
        return True

    async def _raised(self, row: QueuedTransaction) -> QueuedTransaction:
        """Return the next version of a transaction that no block took."""
        least, now = fee_of(row).raised(), await network_fee(self._node)
        fee = Fee(max(least.most, now.most), max(least.tip, now.tip))
        key = self._keys.account(row.sender)
        if key is None:
            self.refusals[row.sender] = "its key is not in the folder any more"
            return row
        if fee.most > self._terms.fee_limit_gwei * GWEI:
            self.refusals[row.sender] = (
                f"a fee of {fee.most / GWEI:.0f} gwei is above the limit of "
                f"{self._terms.fee_limit_gwei} gwei"
            )
            return row
        _log.warning(
            "transaction %d of %s is in no block after %d s: sent anew for %.3f gwei",
            row.nonce,
            row.sender,
            self._terms.replace_s,
            fee.most / GWEI,
        )
        return await self._queue.replace(row, resigned(row, key, fee))

    def _bounded(self, fee: Fee) -> Fee:
        most = min(fee.most, self._terms.fee_limit_gwei * GWEI)
        return Fee(most, min(fee.tip, most))
