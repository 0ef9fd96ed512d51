"""The one writer to a network: gives nonces, sends, and follows each until it is confirmed."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import groupby

from platone.infra.supervision import Supervisor
from platone.ledger.adapters.evm.chain import Intent, Outcome
from platone.ledger.adapters.evm.rpc_mapping import octets, quantity
from platone.ledger.adapters.key_folder import KeyFolder
from platone.ledger.adapters.network.outcome import outcome_of
from platone.ledger.adapters.network.reading import NodeReceipt, member, number, receipt
from platone.ledger.adapters.network.rpc import NodeRpc
from platone.ledger.adapters.network.sending import SendTransactions
from platone.ledger.adapters.network.signing import intent_hash, signed
from platone.ledger.adapters.network.terms import NetworkTerms
from platone.ledger.adapters.network.upgrade import UpgradeWatch
from platone.ledger.adapters.network.view import refusal
from platone.ledger.domain.problem import ChainUnavailable, ContractRefused, RpcError
from platone.ledger.records.transaction_queue import (
    QueuedTransaction,
    QueueState,
    TransactionQueue,
)

_log = logging.getLogger(__name__)

_BUSY_S = 0.25
"""Pause between looks at the network while something is on its way, s: blocks take seconds."""
_IDLE_S = 5.0
"""Pause while nothing is, s: a node that lost its newest blocks is found out within it."""
_PATIENCE_S = 20.0
"""How long a caller waits for a confirmation, s: shorter than its own patience with an answer."""
_SPARE_GAS = 5
"""One part in this many more gas than was estimated: the state may be another by then."""
_ABSENT_S = 60.0
"""How long a node may lack what its count of an account says is in a block, s: indices lag."""
_KEPT = 4096
"""Confirmed transactions that are kept of each account, to send again what a network forgot."""

Row = QueuedTransaction


class NetworkWriter:
    """Makes transactions on a network, each once.

    Args:
        node: The node.
        queue: Where they are kept before they are sent.
        keys: The accounts that sign.
        terms: On which the network is used.
        chain_id: The network's number.
        supervisor: Runs the following.
        upgrades: Looks whether this software knows what the contracts do.

    Attributes:
        is_open: Whether transactions are taken from everybody.
        height: The number of the newest block, as last seen.
        waiting: Transactions that are not confirmed yet, as last seen.
    """

    def __init__(
        self,
        node: NodeRpc,
        queue: TransactionQueue,
        keys: KeyFolder,
        terms: NetworkTerms,
        chain_id: int,
        supervisor: Supervisor,
        *,
        upgrades: UpgradeWatch,
    ) -> None:
        self._upgrades = upgrades
        self._node, self._queue, self._terms, self._chain_id = node, queue, terms, chain_id
        self._send = SendTransactions(node, queue, keys, terms)
        self._supervisor = supervisor
        self._placing = asyncio.Lock()
        self._awaited: dict[bytes, asyncio.Future[Outcome]] = {}
        self._absent_s: dict[bytes, float] = {}
        self._wake = asyncio.Event()
        self._is_started = False
        self.is_open = False
        self.height = self.waiting = 0

    def start(self) -> None:
        """Begin to follow what was sent, also by earlier runs."""
        if not self._is_started:
            self._supervisor.start("chainWriter", self._turn)
            self._is_started = True

    async def stop(self) -> None:
        """End; what is on its way is followed by the next run."""
        if self._is_started:
            await self._supervisor.finish("chainWriter", 0)
        for future in self._awaited.values():
            future.cancel()

    async def submit(self, intent: Intent) -> Outcome:
        """Have a transaction made, and return when it is confirmed.

        The same that is under way is not made again, also where an earlier run sent it.

        Raises:
            ContractRefused: It was not sent, since the contract would refuse it.
            ChainUnavailable: It is not confirmed yet, or not sent yet: to be asked for again.
        """
        if not self.is_open:
            raise ChainUnavailable("The network's contracts are not known to be there yet.")
        await self._upgrades.check()
        return await self.place(intent)

    async def place(self, intent: Intent) -> Outcome:
        """Have a transaction made as :meth:`submit`, also before the contracts are there."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                async with self._placing:
                    row = await self._reserved(intent)
                future = self._awaited.setdefault(
                    row.intent, asyncio.get_running_loop().create_future()
                )
                self._wake.set()
                return await asyncio.shield(future)
        except TimeoutError as error:
            why = self._send.refusals.get(intent.sender.address, "it is not confirmed yet")
            raise ChainUnavailable(
                f"The transaction of {intent.sender.address} waits: {why}."
            ) from error

    async def check_quiet(self, sender: str, contract: bytes) -> None:
        """Check that nothing of an account is on its way to a contract.

        Raises:
            ChainUnavailable: Something is.
        """
        target = octets(contract)
        if any((each.sender, each.target) == (sender, target) for each in await self._queue.open()):
            raise ChainUnavailable("An earlier transaction of this kind is not confirmed yet.")

    async def is_under_way(self, intent: Intent) -> bool:
        """Return whether the same was sent, and is not confirmed yet."""
        return await self._queue.is_under_way(intent.sender.address, intent_hash(intent))

    async def _reserved(self, intent: Intent) -> Row:
        """Return the transaction of an intent, kept with its nonce; a new one, or the known one."""
        sender, digest = intent.sender.address, intent_hash(intent)
        rows = [row for row in await self._queue.open() if row.sender == sender]
        known = next((row for row in rows if row.intent == digest), None)
        if known is not None:
            return known
        target = octets(intent.to) if intent.to else ""
        try:
            gas = await self._gas(intent, is_first=not rows)
            fee = await self._send.quote()
            least = number(await self._node.call("eth_getTransactionCount", sender, "latest"))
        except RpcError as error:
            raise ChainUnavailable(f"{self._node.place}: {error.message}.") from error
        return await self._queue.reserve(
            sender,
            digest,
            target,
            least,
            lambda nonce: signed(intent, self._chain_id, nonce, gas, fee),
        )

    async def _gas(self, intent: Intent, *, is_first: bool) -> int:
        asked = {"from": intent.sender.address, "data": octets(intent.data)}
        if intent.to:
            asked["to"] = octets(intent.to)
        try:
            gas = number(await self._node.call("eth_estimateGas", asked))
        except RpcError as error:
            reason = refusal(error)
            if reason is None:
                raise
            if not is_first:  # what is on its way may be what it waits for
                raise ChainUnavailable(f"It would be refused now: {reason}.") from error
            raise ContractRefused(reason) from error
        return gas + gas // _SPARE_GAS

    async def _turn(self) -> None:
        rows = await self._queue.open()
        self.waiting = len({(row.sender, row.nonce) for row in rows})
        with suppress(TimeoutError):
            async with asyncio.timeout(_BUSY_S if rows else _IDLE_S):
                await self._wake.wait()
        self._wake.clear()
        try:
            await self._follow()
        except RpcError as error:
            raise ChainUnavailable(f"{self._node.place}: {error.message}.") from error

    async def _follow(self) -> None:
        self.height = number(await self._node.call("eth_blockNumber"))
        counts: dict[str, int] = {}
        for sender, following in (await self._queue.senders()).items():
            count = number(await self._node.call("eth_getTransactionCount", sender, "latest"))
            counts[sender] = count
            if count < following and (lost := await self._queue.send_again(sender, count)):
                _log.warning("the network forgot %d transactions of %s: sent again", lost, sender)
        rows = await self._queue.open()
        for (sender, nonce), group in groupby(rows, lambda row: (row.sender, row.nonce)):
            versions = list(group)
            if nonce < counts.get(sender, 0):
                await self._look(versions)
            else:
                is_next = nonce == counts.get(sender, 0)
                await self._send(versions[0], self.height, is_next=is_next)
        self.waiting = len({(row.sender, row.nonce) for row in await self._queue.open()})
        self._tell_refusals(counts)
        await self._upgrades.check()  # which /health then tells

    async def _look(self, versions: Sequence[Row]) -> None:
        """Follow a transaction that the network has in a block."""
        for row in versions:
            told = await self._node.call("eth_getTransactionReceipt", octets(row.hash))
            if told is None:
                if row.state is QueueState.MINED:
                    await self._queue.note_unmined(row.hash)
                continue
            found = receipt(told)
            if not await self._is_canonical(found):
                continue
            self._absent_s.pop(row.intent, None)
            if (row.block, row.block_hash) != (found.block, found.block_hash):
                await self._queue.note_mined(row.hash, found.block, found.block_hash)
            if self.height - found.block + 1 >= self._terms.confirmations:
                await self._confirm(row, found)
            return
        await self._miss(versions[0])

    async def _miss(self, row: Row) -> None:
        """Give a transaction up whose nonce the network has used for another, and say so."""
        since_s = self._absent_s.setdefault(row.intent, time.monotonic())
        if time.monotonic() - since_s < _ABSENT_S:
            return
        _log.critical("another program sent transaction %d of %s", row.nonce, row.sender)
        await self._queue.drop(row.sender, row.nonce)
        self._absent_s.pop(row.intent, None)
        future = self._awaited.pop(row.intent, None)
        if future is not None and not future.done():
            future.set_exception(ChainUnavailable("Its place was taken: ask again."))

    async def _is_canonical(self, found: NodeReceipt) -> bool:
        block = await self._node.call("eth_getBlockByNumber", quantity(found.block), False)  # noqa: FBT003 - positional on the wire
        return block is not None and member(block, "hash") == octets(found.block_hash)

    async def _confirm(self, row: Row, found: NodeReceipt) -> None:
        outcome = await outcome_of(self._node, row, found)
        await self._queue.note_confirmed(row)
        if row.nonce % _KEPT == 0:
            await self._queue.forget(row.sender, row.nonce - _KEPT)
        self._send.forget(row.hash)
        future = self._awaited.pop(row.intent, None)
        if future is not None and not future.done():
            future.set_result(outcome)

    def _tell_refusals(self, counts: Mapping[str, int]) -> None:
        """Have the loop fail, which /health shows, where the node does not take a transaction."""
        for sender, reason in self._send.refusals.items():
            raise ChainUnavailable(
                f"Transaction {counts.get(sender, 0)} of {sender} is not taken: {reason}."
            )
