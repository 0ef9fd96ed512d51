"""Checkpoints: sealed statements up to where a file was verified, so that opening stays quick.

A block's hash stands for all blocks before it, with their states, transactions and receipts. So a
checkpoint names one block by number and hash, and the chain's own key vouches for it. Opening then
begins there. What an altered file hides before it, ``platone chain audit`` finds.
"""

import logging
from typing import Protocol

from eth_hash.auto import keccak

from platone.ledger.adapters.evm.sealer import Sealer
from platone.ledger.adapters.evm.store import Block, BlockStore
from platone.ledger.adapters.evm.verification import verify_chain

CHECKPOINT_BLOCKS = 1_000
"""Blocks between checkpoints. A checkpoint stays as many behind the newest block, since what was
written last is what a failing disk loses: so opening verifies 1,000 to 2,000 blocks, in about
a second."""
_FORM = b"platone-checkpoint/1"
"""Names this statement, so that no seal of a block can be taken for one."""
_NUMBER_BYTES = 8
"""Bytes of a block's number in it: what SQLite's integers hold."""

_log = logging.getLogger(__name__)


class Voucher(Protocol):
    """A key that vouches for a checkpoint, and knows its own seals again."""

    def seal(self, digest: bytes, /) -> bytes:
        """Return its seal over 32 bytes."""
        ...

    def accepts(self, digest: bytes, seal: bytes, /) -> bool:
        """Return whether a seal over 32 bytes is its own."""
        ...


def checkpoint_digest(number: int, block_hash: bytes) -> bytes:
    """Return the 32 bytes that are sealed: that the chain holds up to this block."""
    return keccak(_FORM + number.to_bytes(_NUMBER_BYTES) + block_hash)


class Checkpoints:
    """The checkpoints of one chain's file, of which the newest is kept.

    Args:
        store: The chain's file.
        voucher: Seals them.
        blocks: Blocks between two of them, and at least between the newest one and the head.
    """

    def __init__(
        self, store: BlockStore, voucher: Voucher, blocks: int = CHECKPOINT_BLOCKS
    ) -> None:
        self._store = store
        self._voucher = voucher
        self._blocks = blocks

    def verify(self, sealer: Sealer, genesis_mark: bytes) -> None:
        """Verify the file, from the newest checkpoint where one holds, and seal what is due then.

        Args:
            sealer: Who made its blocks.
            genesis_mark: What its first block names the chain by.

        Raises:
            BlockTampered: Something is not as it was sealed.
        """
        head = verify_chain(self._store, sealer, genesis_mark, self.newest()) - 1
        self._store.index_events()
        with self._store.whole():
            self.advance(head)

    def newest(self) -> Block | None:
        """Return the block that the kept checkpoint vouches for; none where it does not hold."""
        kept = self._store.checkpoint()
        if kept is None:
            return None
        number, seal = kept
        block = self._store.by_number(number)
        if block is not None:
            digest = checkpoint_digest(number, block.hash)
            if self._voucher.accepts(digest, seal):
                return block
        _log.warning("checkpoint at block %d does not hold: all blocks are verified", number)
        return None

    def advance(self, head: int) -> None:
        """Seal the checkpoint that is due at a head, within ``whole``; most often none is.

        Every block up to the head was verified, or made here.
        """
        due = (head // self._blocks - 1) * self._blocks
        kept = self._store.checkpoint()
        if due <= (0 if kept is None else kept[0]):
            return
        block = self._store.by_number(due)
        if block is not None:
            seal = self._voucher.seal(checkpoint_digest(due, block.hash))
            self._store.keep_checkpoint(due, seal)
