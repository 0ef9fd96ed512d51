"""Reading the contracts on a network: calls, events page by page, blocks for proofs."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from platone.ledger.adapters.evm.port import Evidence, FoundLog, Place
from platone.ledger.adapters.evm.revert import revert_reason
from platone.ledger.adapters.evm.rpc_mapping import octets, quantity
from platone.ledger.adapters.evm.view import call_data
from platone.ledger.adapters.network.block import block_evidence
from platone.ledger.adapters.network.reading import data, log, member, number
from platone.ledger.adapters.network.rpc import NodeRpc
from platone.ledger.domain.problem import ChainUnavailable, ContractRefused, RpcError

_TIMES_KEPT = 4096
"""Blocks whose times are remembered: those of some days in which records were certified."""
_REVERTED = 3
"""The code by which nodes tell that a call reverted; others say so in words."""


class NetworkView:
    """A reader of contracts by a node's JSON-RPC.

    Args:
        node: The node.

    Attributes:
        first_block: The block before which there are no events of the contracts.
    """

    def __init__(self, node: NodeRpc) -> None:
        self._node = node
        self.first_block = 0
        self._times: OrderedDict[bytes, int] = OrderedDict()
        self._span: int | None = None

    async def call(
        self, contract: bytes, signature: str, values: Sequence[object], gives: Sequence[str]
    ) -> tuple[Any, ...]:
        """Return the present answer of a view function.

        Raises:
            ContractRefused: It reverted.
            ChainUnavailable: The node is away, or has no such contract yet.
        """
        asked = {"to": octets(contract), "data": octets(call_data(signature, values))}
        try:
            output = data(await self._node.call("eth_call", asked, "latest"))
            found: tuple[Any, ...] = decode(gives, output)
        except RpcError as error:
            if (reason := refusal(error)) is not None:
                raise ContractRefused(reason) from error
            raise ChainUnavailable(f"{self._node.place}: {error.message}.") from error
        except DecodingError as error:
            raise ChainUnavailable(f"{self._node.place} has no such contract yet.") from error
        return found

    async def code(self, contract: bytes) -> bytes:
        """Return a contract's code; empty where there is none."""
        return data(await self._asked("eth_getCode", octets(contract), "latest"))

    async def events(self, contract: bytes, topic: bytes, about: bytes) -> list[FoundLog]:
        """Return events of a contract by their name's topic and first indexed field, in order."""
        wanted = {"address": octets(contract), "topics": [octets(topic), octets(about)]}
        head = number(await self._asked("eth_blockNumber"))
        found: list[Any] = []
        first = self.first_block
        while first <= head:
            last = head if self._span is None else min(first + self._span - 1, head)
            page = {"fromBlock": quantity(first), "toBlock": quantity(last)}
            try:
                found += await self._node.call("eth_getLogs", wanted | page)
            except RpcError as error:  # too many blocks at once: nodes bound them differently
                if first == last:
                    raise ChainUnavailable(f"{self._node.place}: {error.message}.") from error
                self._span = (last - first + 1) // 2
                continue
            first = last + 1
        return [await self._found(each) for each in found if not each.get("removed")]

    async def block_of(self, transaction: bytes) -> Place | None:
        """Return the block that holds a transaction; none where the chain holds none."""
        found = await self._asked("eth_getTransactionReceipt", octets(transaction))
        if found is None:
            return None
        height = number(member(found, "blockNumber"))
        return Place(height, await self._time(data(member(found, "blockHash"))))

    async def evidence(self, transaction: bytes) -> Evidence | None:
        """Return the block that holds a transaction, for a proof; none where there is none.

        Raises:
            ProofImpossible: The network's blocks are of a form that proofs do not hold.
        """
        found = await self._asked("eth_getTransactionReceipt", octets(transaction))
        if found is None:
            return None
        position = number(member(found, "transactionIndex"))
        try:
            return await block_evidence(self._node, member(found, "blockHash"), position)
        except RpcError as error:
            raise ChainUnavailable(f"{self._node.place}: {error.message}.") from error

    async def _asked(self, method: str, *params: object) -> Any:
        try:
            return await self._node.call(method, *params)
        except RpcError as error:
            raise ChainUnavailable(f"{self._node.place}: {error.message}.") from error

    async def _found(self, told: Any) -> FoundLog:
        made_at = await self._time(data(member(told, "blockHash")))
        return FoundLog(data(member(told, "transactionHash")), made_at, log(told))

    async def _time(self, block_hash: bytes) -> datetime:
        known = self._times.get(block_hash)
        if known is None:
            block = await self._asked("eth_getBlockByHash", octets(block_hash), False)  # noqa: FBT003 - positional on the wire
            known = number(member(block, "timestamp"))
            self._times[block_hash] = known
            if len(self._times) > _TIMES_KEPT:
                self._times.popitem(last=False)
        return datetime.fromtimestamp(known, UTC)


def refusal(error: RpcError) -> str | None:
    """Return why a contract refused; none where the error is of another kind."""
    if isinstance(error.data, str) and error.data.startswith("0x"):
        reason = revert_reason(bytes.fromhex(error.data[2:]))
        if reason:
            return reason
    if error.code == _REVERTED or "revert" in error.message:
        return error.message
    return None
