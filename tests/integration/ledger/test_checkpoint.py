"""Checkpoints: opening costs no more than the newest part, and what was altered is found anyway."""

import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from platone.kernel.clock import SimulatedClock
from platone.kernel.signature import SigningKey
from platone.ledger.adapters.evm.chain import Chain, Intent
from platone.ledger.adapters.evm.checkpoint import checkpoint_digest
from platone.ledger.adapters.evm.draft import genesis_mark
from platone.ledger.adapters.evm.sealer import LocalSealer
from platone.ledger.adapters.evm.store import BlockStore
from platone.ledger.adapters.evm.verification import verify_chain
from platone.ledger.domain.problem import BlockTampered

CHAIN_ID = 864300
SEALER = SigningKey(b"\x01" * 32)
SENDER = SigningKey(b"\x02" * 32)
NOW = datetime(2021, 6, 23, 10, 0, tzinfo=UTC)
EVERY = 5
"""Blocks between two checkpoints of these tests."""
CODE = bytes.fromhex("6000600053600160006000f0600160006000f300")
"""Creates a contract of one byte: new state in every block."""


class CountingSealer(LocalSealer):
    """A sealer that counts the seals it looks at."""

    asked = 0

    def accepts(self, block_hash: bytes, seal: bytes) -> bool:
        self.asked += 1
        return super().accepts(block_hash, seal)


@contextlib.contextmanager
def opened(file: Path) -> Iterator[tuple[Chain, CountingSealer, BlockStore]]:
    store, sealer = BlockStore(file), CountingSealer(SEALER)
    try:
        chain = Chain(store, sealer, SimulatedClock(NOW, 0), CHAIN_ID, EVERY)
        chain.open()
        yield chain, sealer, store
    finally:
        store.close()


def grow(file: Path, blocks: int) -> None:
    with opened(file) as (chain, _, _):
        for _ in range(blocks):
            chain.append([Intent(SENDER, b"", CODE, gas=200_000)])


def change(file: Path, statement: str, *values: object) -> None:
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        assert connection.execute(statement, values).rowcount > 0


def audit(file: Path) -> int:
    """Verify all of a file, as ``platone chain audit`` does."""
    with contextlib.closing(BlockStore(file, read_only=True)) as store:
        return verify_chain(store, LocalSealer(SEALER), genesis_mark(CHAIN_ID))


def checkpoint(file: Path) -> int | None:
    with contextlib.closing(BlockStore(file, read_only=True)) as store:
        kept = store.checkpoint()
    return None if kept is None else kept[0]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A chain of blocks 0 to 18, with a checkpoint at block 10."""
    grow(tmp_path / "chain.db", 18)
    assert checkpoint(tmp_path / "chain.db") == 10
    return tmp_path / "chain.db"


def test_opening_verifies_as_many_blocks_however_old_the_chain_is(file: Path) -> None:
    asked = []
    for blocks in (0, 10, 100):
        grow(file, blocks)
        with opened(file) as (_, sealer, _):
            asked.append(sealer.asked)
    # The checkpoint's seal, the first block, and blocks 10 to 18 of the last round.
    assert asked == [1 + 1 + 9] * 3
    assert audit(file) == 129


def test_a_short_chain_has_no_checkpoint(tmp_path: Path) -> None:
    grow(tmp_path / "chain.db", 9)
    assert checkpoint(tmp_path / "chain.db") is None


OLD = [
    "UPDATE block SET header = CAST(x'00' || header AS BLOB) WHERE number = 3",
    "UPDATE block SET seal = CAST(x'00' || seal AS BLOB) WHERE number = 9",
    "UPDATE entry SET receipt = CAST(x'00' || receipt AS BLOB) WHERE number = 9",
    "DELETE FROM block WHERE number = 4",
    "DELETE FROM entry WHERE number = 4",
    "UPDATE node SET content = CAST(x'00' || content AS BLOB) WHERE number = 5",
]


@pytest.mark.parametrize("statement", OLD)
def test_what_was_altered_before_the_checkpoint_is_found_by_the_audit(
    file: Path, statement: str
) -> None:
    change(file, statement)
    with opened(file):
        pass  # this is what opening does not see
    with pytest.raises(BlockTampered):
        audit(file)


@pytest.mark.parametrize(
    "statement",
    [
        *(each[: each.rindex("=")] + f"= {number}" for each in OLD for number in (11, 18)),
        *(each[: each.rindex("=")] + "= 10" for each in OLD if not each.startswith("UPDATE node")),
        "UPDATE block SET header = CAST(x'00' || header AS BLOB) WHERE number = 0",
        "UPDATE node SET number = 0, content = CAST(x'00' || content AS BLOB) WHERE number = 11",
        "DELETE FROM node WHERE number = 11",
    ],
)
def test_what_was_altered_after_the_checkpoint_is_found_at_opening(
    file: Path, statement: str
) -> None:
    change(file, statement)
    with pytest.raises(BlockTampered), opened(file):
        pass


def seal_of(key: SigningKey, digest: bytes) -> bytes:
    return LocalSealer(key).seal(digest)


def hash_at(file: Path, number: int) -> bytes:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        query = "SELECT hash FROM block WHERE number = ?"
        return bytes(connection.execute(query, (number,)).fetchone()[0])


@pytest.mark.parametrize("forgery", ["flipped", "stranger", "block's seal", "moved", "unknown"])
def test_a_checkpoint_that_does_not_hold_vouches_for_nothing(
    file: Path, forgery: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Who alters an old block and the checkpoint is found: all blocks are verified."""
    change(file, "UPDATE entry SET receipt = CAST(x'00' || receipt AS BLOB) WHERE number = 3")
    digest = checkpoint_digest(10, hash_at(file, 10))
    number, seal = {
        "flipped": (10, seal_of(SEALER, digest)[:-2] + b"\0\0"),
        "stranger": (10, seal_of(SENDER, digest)),
        "block's seal": (10, seal_of(SEALER, hash_at(file, 10))),
        "moved": (15, seal_of(SEALER, digest)),
        "unknown": (99, seal_of(SEALER, digest)),
    }[forgery]
    change(file, "UPDATE checkpoint SET number = ?, seal = ?", number, seal)
    with pytest.raises(BlockTampered, match="Block 3: its receipts"), opened(file):
        pass
    assert f"checkpoint at block {number} does not hold" in caplog.text


def test_a_sound_file_gets_a_lost_checkpoint_again(file: Path) -> None:
    change(file, "UPDATE checkpoint SET seal = x'00'")
    grow(file, 2)
    assert checkpoint(file) == 15
    with opened(file) as (_, sealer, _):
        assert sealer.asked == 1 + 1 + 6
    change(file, "DELETE FROM checkpoint")
    with opened(file) as (_, sealer, _):
        assert sealer.asked == 21
    assert checkpoint(file) == 15


def test_a_file_of_an_earlier_version_is_verified_whole_once(file: Path) -> None:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.executescript("DROP TABLE checkpoint; DROP TABLE fresh_node")
    with opened(file) as (_, sealer, _):
        assert sealer.asked == 19
    with opened(file) as (_, sealer, _):
        assert sealer.asked == 1 + 1 + 9


def test_an_altered_state_is_never_used(file: Path) -> None:
    """Opening does not see it where it is old; whoever reads it is refused."""
    with contextlib.closing(BlockStore(file, read_only=True)) as store:
        root = store.by_number(2).decoded_header.state_root  # type: ignore[union-attr]
    change(file, "UPDATE node SET content = CAST(x'00' || content AS BLOB) WHERE hash = ?", root)
    with opened(file) as (_, _, store), pytest.raises(BlockTampered, match="Block 2: a node"):
        store.node(root)


def test_only_nodes_after_the_checkpoint_are_listed_anew(file: Path) -> None:
    grow(file, 100)
    with contextlib.closing(sqlite3.connect(file)) as connection:
        query = "SELECT MIN(number), MAX(number) FROM fresh_node"
        assert connection.execute(query).fetchone() == (111, 118)
