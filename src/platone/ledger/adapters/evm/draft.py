"""The making of a block: transactions are applied one by one, then its header is drawn up.

Whoever orders blocks makes them so: the one sealer of the embedded chain, and every validator of a
consortium.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from platone.ledger.adapters.evm.executor import Applied, Execution, Frame
from platone.ledger.adapters.evm.state import Read, StateNodes
from platone.ledger.adapters.evm.store import Block, BlockStore
from platone.ledger.domain.header import BLOOM_BYTES, ZERO_HASH, Header
from platone.ledger.domain.receipt import Receipt
from platone.ledger.domain.transaction import SignedTransaction
from platone.ledger.domain.trie import EMPTY_ROOT, list_root

GAS_LIMIT = 1_000_000_000
"""Gas of a block. There is no fee: the bound only keeps a block's execution within some seconds."""


@dataclass(frozen=True, slots=True)
class Drafted:
    """A block that is made, but neither sealed nor kept.

    Attributes:
        block: The block, without a seal.
        nodes: The state nodes that it made, by hash.
    """

    block: Block
    nodes: Mapping[bytes, bytes]


class BlockDraft:
    """A block in the making, on its parent.

    Args:
        store: Where the blocks before it are.
        read: Reads a state node.
        parent: The block before.
        chain_id: The chain.
        coinbase: The address of whoever orders it, 20 bytes.
        now: Its time, seconds since 1970; it is later than its parent in any case.
        gas_limit: Its gas at most.
    """

    def __init__(  # noqa: PLR0917 - a block has so many origins
        self,
        store: BlockStore,
        read: Read,
        parent: Header,
        chain_id: int,
        coinbase: bytes,
        now: int,
        gas_limit: int = GAS_LIMIT,
    ) -> None:
        self._parent_hash = parent.hash
        time = max(parent.timestamp + 1, now)
        self._frame = Frame(parent.number + 1, time, coinbase, gas_limit)
        self._nodes = StateNodes(read)
        self._execution = Execution(
            self._nodes, self._frame, parent.state_root, chain_id, _ancestors(store, parent)
        )
        self._transactions: list[bytes] = []
        self._receipts: list[Receipt] = []

    @property
    def count(self) -> int:
        """How many transactions it has."""
        return len(self._transactions)

    def nonce(self, account: bytes) -> int:
        """Return how many transactions an account has sent, with those of this block."""
        return self._execution.nonce(account)

    @property
    def number(self) -> int:
        """The number of the block."""
        return self._frame.number

    def code(self, contract: bytes) -> bytes:
        """Return a contract's code, with what this block changed."""
        return self._execution.code(contract)

    def replace_code(self, contract: bytes, code: bytes) -> None:
        """Give a contract another code, before the block's first transaction."""
        self._execution.replace_code(contract, code)

    def apply(self, transaction: SignedTransaction) -> Applied:
        """Add a transaction.

        Raises:
            TransactionRefused: It cannot enter the block, which is as before.
        """
        applied = self._execution.apply(transaction)
        self._transactions.append(transaction.encode())
        self._receipts.append(applied.receipt)
        return applied

    def finish(self, extra_data: bytes = b"") -> Drafted:
        """End the block, and return it.

        Args:
            extra_data: What its header holds besides, at most 32 bytes.
        """
        header = _header_of(
            self._frame,
            self._parent_hash,
            self._execution.finish(),
            self._transactions,
            self._receipts,
            extra_data,
        )
        receipts = tuple(receipt.encode() for receipt in self._receipts)
        block = Block(
            header.number, header.hash, header.encode(), b"", tuple(self._transactions), receipts
        )
        return Drafted(block, self._nodes.fresh)


def genesis_mark(chain_id: int) -> bytes:
    """Return the mark in the first block's header, so that its hash names the chain."""
    return f"platone {chain_id}".encode()


def first_block(
    chain_id: int, coinbase: bytes, founded_at: int, gas_limit: int = GAS_LIMIT
) -> Block:
    """Return a chain's first block, without a seal.

    Args:
        chain_id: The chain.
        coinbase: The address of whoever orders its blocks, 20 bytes.
        founded_at: Its time, seconds since 1970.
        gas_limit: Gas of a block at most.
    """
    header = Header(
        parent_hash=ZERO_HASH,
        coinbase=coinbase,
        state_root=EMPTY_ROOT,
        transactions_root=EMPTY_ROOT,
        receipts_root=EMPTY_ROOT,
        bloom=bytes(BLOOM_BYTES),
        number=0,
        gas_limit=gas_limit,
        gas_used=0,
        timestamp=founded_at,
        extra_data=genesis_mark(chain_id),
    )
    return Block(0, header.hash, header.encode(), b"")


def _ancestors(store: BlockStore, parent: Header) -> Iterator[bytes]:
    """Yield hashes for the BLOCKHASH instruction, newest first; read only where asked for."""
    yield parent.hash
    for number in range(parent.number - 1, max(-1, parent.number - 256), -1):
        block = store.by_number(number)
        if block is not None:
            yield block.hash


def _header_of(
    frame: Frame,
    parent_hash: bytes,
    state_root: bytes,
    transactions: Sequence[bytes],
    receipts: Sequence[Receipt],
    extra_data: bytes,
) -> Header:
    """Return the header that an execution leads to; its hash is what gets sealed."""
    bloom = 0
    for receipt in receipts:
        bloom |= int.from_bytes(receipt.bloom)
    return Header(
        parent_hash=parent_hash,
        coinbase=frame.coinbase,
        state_root=state_root,
        transactions_root=list_root(transactions),
        receipts_root=list_root([receipt.encode() for receipt in receipts]),
        bloom=bloom.to_bytes(BLOOM_BYTES),
        number=frame.number,
        gas_limit=frame.gas_limit,
        gas_used=receipts[-1].cumulative_gas if receipts else 0,
        timestamp=frame.timestamp,
        extra_data=extra_data,
    )
