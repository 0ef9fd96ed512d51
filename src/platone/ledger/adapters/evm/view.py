"""Reading the contracts: calls on the newest state, and events by what they are about."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from eth_abi.abi import decode, encode
from eth_hash.auto import keccak

from platone.ledger.adapters.evm.executor import Execution, Frame
from platone.ledger.adapters.evm.port import Evidence, FoundLog, Place
from platone.ledger.adapters.evm.revert import revert_reason
from platone.ledger.adapters.evm.state import NodeCache, StateNodes
from platone.ledger.adapters.evm.store import Block, BlockStore
from platone.ledger.domain.problem import ContractRefused
from platone.ledger.domain.receipt import Receipt

_VIEW_GAS = 10_000_000
"""Gas of a read: many times what the contracts' views need."""
_NOBODY = bytes(20)
"""The sender of reads."""


def call_data(signature: str, values: Sequence[object]) -> bytes:
    """Return the data of a call, such as ``transfer(address,uint256)``."""
    kinds = signature[signature.index("(") + 1 : -1]
    return keccak(signature.encode())[:4] + encode(_split(kinds), values)


def _split(kinds: str) -> list[str]:
    """Return the parameter types; a comma inside a tuple does not part them."""
    parts, depth = [""], 0
    for letter in kinds:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [part for part in parts if part]


class ContractView:
    """A reader of the contracts' state and events, for use on any thread.

    Args:
        store: A reader of the chain's file.
        chain_id: The chain.
    """

    def __init__(self, store: BlockStore, chain_id: int) -> None:
        self._store = store
        self._chain_id = chain_id
        self._nodes = NodeCache(store.node)

    def call(
        self, contract: bytes, signature: str, values: Sequence[object], gives: Sequence[str]
    ) -> tuple[Any, ...]:
        """Return the present answer of a view function.

        Raises:
            ContractRefused: It reverted.
        """
        called = self._execution().call(_NOBODY, contract, call_data(signature, values), _VIEW_GAS)
        if not called.succeeded:
            raise ContractRefused(revert_reason(called.output) or called.error)
        found: tuple[Any, ...] = decode(gives, called.output)
        return found

    def code(self, contract: bytes) -> bytes:
        """Return a contract's code."""
        return self._execution().code(contract)

    def events(self, contract: bytes, topic: bytes, about: bytes) -> list[FoundLog]:
        """Return events of a contract by their name's topic and first indexed field, in order."""
        return [
            found
            for block in self._store.with_event(about)
            for position in range(len(block.receipts))
            for found in logs_at(block, position)
            if found.log.address == contract and found.log.topics[:2] == (topic, about)
        ]

    def block_of(self, transaction: bytes) -> Place | None:
        """Return the block that holds a transaction; none where the chain holds none."""
        found = self._found(transaction)
        return None if found is None else Place(found[0].number, _made_at(found[0]))

    def evidence(self, transaction: bytes) -> Evidence | None:
        """Return the block that holds a transaction, for a proof; none where there is none."""
        found = self._found(transaction)
        if found is None:
            return None
        block, position = found
        return Evidence(position, block.header, block.seal, block.transactions, block.receipts)

    def _found(self, transaction: bytes) -> tuple[Block, int] | None:
        place = self._store.place(transaction)
        block = None if place is None else self._store.by_number(place[0])
        return None if place is None or block is None else (block, place[1])

    def _execution(self) -> Execution:
        head = self._store.head()
        if head is None:
            raise LookupError("The chain has no first block.")
        header = head.decoded_header
        frame = Frame(header.number, header.timestamp, header.coinbase, header.gas_limit)
        return Execution(StateNodes(self._nodes), frame, header.state_root, self._chain_id)


def logs_at(block: Block, position: int) -> list[FoundLog]:
    """Return the events of one transaction of a block."""
    transaction = keccak(block.transactions[position])
    logs = Receipt.decode(block.receipts[position]).logs
    return [FoundLog(transaction, _made_at(block), log) for log in logs]


def _made_at(block: Block) -> datetime:
    return datetime.fromtimestamp(block.decoded_header.timestamp, UTC)


class ThreadedView:
    """The same reader for the event loop: each read is a call of a thread.

    Args:
        view: The reader.
    """

    def __init__(self, view: ContractView) -> None:
        self._view = view

    async def call(
        self, contract: bytes, signature: str, values: Sequence[object], gives: Sequence[str]
    ) -> tuple[Any, ...]:
        """Return the present answer of a view function.

        Raises:
            ContractRefused: It reverted.
        """
        return await asyncio.to_thread(self._view.call, contract, signature, values, gives)

    async def code(self, contract: bytes) -> bytes:
        """Return a contract's code; empty where there is none."""
        return await asyncio.to_thread(self._view.code, contract)

    async def events(self, contract: bytes, topic: bytes, about: bytes) -> list[FoundLog]:
        """Return events of a contract by their name's topic and first indexed field, in order."""
        return await asyncio.to_thread(self._view.events, contract, topic, about)

    async def block_of(self, transaction: bytes) -> Place | None:
        """Return the block that holds a transaction; none where the chain holds none."""
        return await asyncio.to_thread(self._view.block_of, transaction)

    async def evidence(self, transaction: bytes) -> Evidence | None:
        """Return the block that holds a transaction, for a proof; none where there is none."""
        return await asyncio.to_thread(self._view.evidence, transaction)
