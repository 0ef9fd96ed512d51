"""The chain: takes intents in their order, makes sealed blocks of them, and keeps them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from platone.kernel.clock import Clock
from platone.kernel.signature import SigningKey
from platone.ledger.adapters.evm.checkpoint import CHECKPOINT_BLOCKS, Checkpoints
from platone.ledger.adapters.evm.draft import BlockDraft, first_block, genesis_mark
from platone.ledger.adapters.evm.executor import Applied
from platone.ledger.adapters.evm.sealer import Sealer
from platone.ledger.adapters.evm.state import NodeCache
from platone.ledger.adapters.evm.store import BlockStore
from platone.ledger.domain.header import Header
from platone.ledger.domain.receipt import Log
from platone.ledger.domain.transaction import SignedTransaction, Transaction

INTENT_GAS = 30_000_000
"""Gas that an intent may use at most."""


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
        checkpoint_blocks: Blocks between two of its checkpoints.
    """

    def __init__(
        self,
        store: BlockStore,
        sealer: Sealer,
        clock: Clock,
        chain_id: int,
        checkpoint_blocks: int = CHECKPOINT_BLOCKS,
    ) -> None:
        self._store = store
        self._sealer = sealer
        self._clock = clock
        self.chain_id = chain_id
        self._nodes = NodeCache(store.node)
        self._checkpoints = Checkpoints(store, sealer, checkpoint_blocks)

    def open(self) -> None:
        """Open the file: a new one gets its first block, an existing one is verified.

        Of a long one only what came after its checkpoint is, so that age costs nothing.

        Raises:
            BlockTampered: The file does not hold the chain that this sealer made.
        """
        if self._store.head() is None:
            self._append_genesis()
        self._checkpoints.verify(self._sealer, genesis_mark(self.chain_id))

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
        draft = BlockDraft(
            self._store,
            self._nodes,
            self.head,
            self.chain_id,
            account(self._sealer.address),
            int(self._clock.now().timestamp()),
        )
        made = [self._apply(draft, intent) for intent in intents]
        drafted = draft.finish()
        block = replace(drafted.block, seal=self._sealer.seal(drafted.block.hash))
        with self._store.whole():
            self._store.insert(block, drafted.nodes)
            self._checkpoints.advance(block.number)
        return [
            Outcome(
                transaction.hash,
                block.number,
                applied.receipt.succeeded,
                applied.output,
                applied.receipt.logs,
                applied.contract,
                applied.gas_used,
            )
            for transaction, applied in made
        ]

    def _apply(self, draft: BlockDraft, intent: Intent) -> tuple[SignedTransaction, Applied]:
        nonce = draft.nonce(account(intent.sender.address))
        body = Transaction(
            chain_id=self.chain_id, nonce=nonce, gas=intent.gas, to=intent.to, data=intent.data
        )
        transaction = body.sign(intent.sender)
        return transaction, draft.apply(transaction)

    def _append_genesis(self) -> None:
        founded_at = int(self._clock.now().timestamp())
        block = first_block(self.chain_id, account(self._sealer.address), founded_at)
        self._store.append(replace(block, seal=self._sealer.seal(block.hash)), {})
