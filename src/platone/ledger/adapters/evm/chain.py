"""The chain: takes intents in their order, makes sealed blocks of them, and keeps them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from platone.kernel.clock import Clock
from platone.kernel.signature import SigningKey
from platone.ledger.adapters.evm.executor import Applied, Execution, Frame
from platone.ledger.adapters.evm.sealer import Sealer
from platone.ledger.adapters.evm.state import NodeCache, StateNodes
from platone.ledger.adapters.evm.store import Block, BlockStore
from platone.ledger.adapters.evm.verification import verify_chain
from platone.ledger.domain.header import BLOOM_BYTES, ZERO_HASH, Header
from platone.ledger.domain.receipt import Log, Receipt
from platone.ledger.domain.transaction import SignedTransaction, Transaction
from platone.ledger.domain.trie import EMPTY_ROOT, list_root

GAS_LIMIT = 1_000_000_000
"""Gas of a block. There is no fee: the bound only keeps a block's execution within some seconds."""
INTENT_GAS = 30_000_000
"""Gas that an intent may use at most."""


def genesis_mark(chain_id: int) -> bytes:
    """Return the mark in the first block's header, so that its hash names the chain."""
    return f"platone {chain_id}".encode()


def account(address: str) -> bytes:
    """Return an address as 20 bytes."""
    return bytes.fromhex(address.removeprefix("0x"))


@dataclass(frozen=True, slots=True)
class Intent:
    """A transaction that somebody wants.

    It gets its nonce and signature when its block is made, so that accounts never have gaps.

    Attributes:
        sender: The account's key.
        to: The contract; empty to create one.
        data: The call, or the creating code.
        gas: What it may use at most.
    """

    sender: SigningKey
    to: bytes
    data: bytes
    gas: int = INTENT_GAS


@dataclass(frozen=True, slots=True)
class Outcome:
    """The durable result of an intent.

    Attributes:
        transaction: The transaction's hash, 32 bytes.
        block: The number of its block.
        succeeded: Whether it did what it should; a reverted one changed nothing.
        output: What it returned, or the reason of its failure.
        logs: Its events.
        contract: The address of the contract it created, else empty.
        gas_used: Its gas.
    """

    transaction: bytes
    block: int
    succeeded: bool
    output: bytes
    logs: tuple[Log, ...]
    contract: bytes
    gas_used: int


class Chain:
    """The chain as its one writer has it: ``open`` it first. Not for two threads at once.

    Args:
        store: Its file.
        sealer: Who orders its blocks.
        clock: Where block times come from.
        chain_id: The number that keeps its transactions from counting elsewhere (EIP-155).
    """

    def __init__(self, store: BlockStore, sealer: Sealer, clock: Clock, chain_id: int) -> None:
        self._store = store
        self._sealer = sealer
        self._clock = clock
        self.chain_id = chain_id
        self._nodes = NodeCache(store.node)

    def open(self) -> None:
        """Open the file: a new one gets its first block, an existing one is verified.

        Raises:
            BlockTampered: The file does not hold the chain that this sealer made.
        """
        if self._store.head() is None:
            self._append_genesis()
        verify_chain(self._store, self._sealer, genesis_mark(self.chain_id))

    @property
    def head(self) -> Header:
        """The newest block's header."""
        head = self._store.head()
        if head is None:
            raise LookupError("The chain has no first block.")
        return head.decoded_header

    def append(self, intents: Sequence[Intent]) -> list[Outcome]:
        """Make one block of intents, in their order; durable when this returns.

        Raises:
            TransactionRefused: One of them cannot enter a block; none of them then did.
        """
        parent = self.head
        frame = Frame(
            number=parent.number + 1,
            timestamp=max(parent.timestamp + 1, int(self._clock.now().timestamp())),
            coinbase=account(self._sealer.address),
            gas_limit=GAS_LIMIT,
        )
        nodes = StateNodes(self._nodes)
        execution = Execution(
            nodes, frame, parent.state_root, self.chain_id, self._ancestors(parent)
        )
        made = [self._apply(execution, intent) for intent in intents]
        header = header_of(
            frame,
            parent.hash,
            execution.finish(),
            [transaction.encode() for transaction, _ in made],
            [applied.receipt for _, applied in made],
        )
        self._keep(header, made, nodes)
        return [
            Outcome(
                transaction.hash,
                header.number,
                applied.receipt.succeeded,
                applied.output,
                applied.receipt.logs,
                applied.contract,
                applied.gas_used,
            )
            for transaction, applied in made
        ]

    def _apply(self, execution: Execution, intent: Intent) -> tuple[SignedTransaction, Applied]:
        nonce = execution.nonce(account(intent.sender.address))
        body = Transaction(
            chain_id=self.chain_id, nonce=nonce, gas=intent.gas, to=intent.to, data=intent.data
        )
        transaction = body.sign(intent.sender)
        return transaction, execution.apply(transaction)

    def _keep(
        self,
        header: Header,
        made: Sequence[tuple[SignedTransaction, Applied]],
        nodes: StateNodes,
    ) -> None:
        block = Block(
            header.number,
            header.hash,
            header.encode(),
            self._sealer.seal(header.hash),
            tuple(transaction.encode() for transaction, _ in made),
            tuple(applied.receipt.encode() for _, applied in made),
        )
        self._store.append(block, nodes.fresh)

    def _ancestors(self, parent: Header) -> Iterator[bytes]:
        """Yield hashes for the BLOCKHASH instruction, newest first; read only where asked for."""
        yield parent.hash
        for number in range(parent.number - 1, max(-1, parent.number - 256), -1):
            block = self._store.by_number(number)
            if block is not None:
                yield block.hash

    def _append_genesis(self) -> None:
        header = Header(
            parent_hash=ZERO_HASH,
            coinbase=account(self._sealer.address),
            state_root=EMPTY_ROOT,
            transactions_root=EMPTY_ROOT,
            receipts_root=EMPTY_ROOT,
            bloom=bytes(BLOOM_BYTES),
            number=0,
            gas_limit=GAS_LIMIT,
            gas_used=0,
            timestamp=int(self._clock.now().timestamp()),
            extra_data=genesis_mark(self.chain_id),
        )
        seal = self._sealer.seal(header.hash)
        self._store.append(Block(0, header.hash, header.encode(), seal), {})


def header_of(
    frame: Frame,
    parent_hash: bytes,
    state_root: bytes,
    transactions: Sequence[bytes],
    receipts: Sequence[Receipt],
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
    )
