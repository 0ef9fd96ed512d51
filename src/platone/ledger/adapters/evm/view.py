"""Reading the contracts: calls on the newest state, and events by what they are about."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode, encode
from eth_hash.auto import keccak

from platone.ledger.adapters.evm.executor import Execution, Frame
from platone.ledger.adapters.evm.revert import revert_reason
from platone.ledger.adapters.evm.state import NodeCache, StateNodes
from platone.ledger.adapters.evm.store import Block, BlockStore
from platone.ledger.domain.problem import ContractRefused
from platone.ledger.domain.receipt import Log, Receipt

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


@dataclass(frozen=True, slots=True)
class FoundLog:
    """An event, and its place in the chain."""

    block: Block
    position: int
    index: int
    log: Log

    @property
    def transaction(self) -> bytes:
        """The hash of the transaction that emitted it."""
        return keccak(self.block.transactions[self.position])


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

    def block_of(self, transaction: bytes) -> tuple[Block, int] | None:
        """Return the block that holds a transaction, and its position."""
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
    logs = Receipt.decode(block.receipts[position]).logs
    return [FoundLog(block, position, index, log) for index, log in enumerate(logs)]
