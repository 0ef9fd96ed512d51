"""Blocks and state in one SQLite file; a block is there with all its parts, or not at all."""

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_hash.auto import keccak

from platone.ledger.domain.header import Header
from platone.ledger.domain.receipt import Receipt

_LAST_NUMBER = 2**63 - 1
"""Greatest number of a block: what SQLite's integers hold."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS block (
    number INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, header BLOB NOT NULL, seal BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS entry (
    number INTEGER NOT NULL, position INTEGER NOT NULL, hash BLOB NOT NULL UNIQUE,
    content BLOB NOT NULL, receipt BLOB NOT NULL, PRIMARY KEY (number, position)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS node (
    hash BLOB PRIMARY KEY, content BLOB NOT NULL, number INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS event_place (
    topic BLOB NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (topic, number)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Block:
    """A block as it is stored: everything in its encoded form.

    Attributes:
        number: Its height; 0 is the first.
        hash: Its hash, 32 bytes.
        header: Its encoded header.
        seal: The signature of whoever ordered it, over its hash; kept beside the block.
        transactions: Its encoded transactions.
        receipts: Their encoded receipts.
    """

    number: int
    hash: bytes
    header: bytes
    seal: bytes
    transactions: tuple[bytes, ...] = ()
    receipts: tuple[bytes, ...] = ()

    @property
    def decoded_header(self) -> Header:
        """The header's fields."""
        return Header.decode(self.header)

    def event_topics(self) -> set[bytes]:
        """The first indexed field of each event of the block."""
        logs = (log for receipt in self.receipts for log in Receipt.decode(receipt).logs)
        return {log.topics[1] for log in logs if len(log.topics) > 1}


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a state trie or a contract's code, and the block that first wrote it."""

    hash: bytes
    content: bytes
    number: int


class BlockStore:
    """The chain's file. One instance writes; any number may read.

    Args:
        path: The SQLite file; created where it is missing, unless for reading only.
        read_only: Whether this instance only reads.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._path = path
        mode = "ro" if read_only else "rwc"
        self._connection = sqlite3.connect(
            f"file:{path}?mode={mode}",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=30,
        )
        self._lock = threading.Lock()
        if not read_only:
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.executescript(_SCHEMA)

    def reader(self) -> "BlockStore":
        """Return another instance on the same file, for reading."""
        return BlockStore(self._path, read_only=True)

    def close(self) -> None:
        """Close the file; a thread that still reads has its rows first, and then no more."""
        with self._lock:  # closed under a statement that runs, SQLite ends the process
            self._connection.close()

    def append(self, block: Block, nodes: Mapping[bytes, bytes]) -> None:
        """Keep a block with the state nodes that it made: durable when this returns."""
        run = self._connection.execute
        run("BEGIN IMMEDIATE")
        try:
            run(
                "INSERT INTO block VALUES (?, ?, ?, ?)",
                (block.number, block.hash, block.header, block.seal),
            )
            self._connection.executemany(
                "INSERT INTO entry VALUES (?, ?, ?, ?, ?)",
                [
                    (block.number, position, keccak(content), content, receipt)
                    for position, (content, receipt) in enumerate(
                        zip(block.transactions, block.receipts, strict=True)
                    )
                ],
            )
            self._connection.executemany(
                "INSERT OR IGNORE INTO node VALUES (?, ?, ?)",
                [(digest, content, block.number) for digest, content in nodes.items()],
            )
            self._connection.executemany(
                "INSERT OR IGNORE INTO event_place VALUES (?, ?)",
                [(topic, block.number) for topic in block.event_topics()],
            )
            run("COMMIT")
        except BaseException:
            run("ROLLBACK")
            raise

    def head(self) -> Block | None:
        """Return the newest block; none in an empty file."""
        return self._one("SELECT * FROM block ORDER BY number DESC LIMIT 1", ())

    def by_number(self, number: int) -> Block | None:
        """Return the block at a height."""
        return self._one("SELECT * FROM block WHERE number = ?", (number,))

    def by_hash(self, digest: bytes) -> Block | None:
        """Return the block with a hash."""
        return self._one("SELECT * FROM block WHERE hash = ?", (digest,))

    def place(self, transaction: bytes) -> tuple[int, int] | None:
        """Return block number and position of the transaction with a hash."""
        query = "SELECT number, position FROM entry WHERE hash = ?"
        found = self._rows(query, (transaction,))
        return (found[0][0], found[0][1]) if found else None

    def with_event(self, topic: bytes) -> list[Block]:
        """Return the blocks that hold an event with this first indexed field, oldest first."""
        query = "SELECT number FROM event_place WHERE topic = ? ORDER BY number"
        found = (self.by_number(number) for (number,) in self._rows(query, (topic,)))
        return [block for block in found if block is not None]

    def node(self, digest: bytes) -> bytes | None:
        """Return a state node or code by its hash."""
        found = self._rows("SELECT content FROM node WHERE hash = ?", (digest,))
        return found[0][0] if found else None

    def blocks(self, first: int = 0, last: int | None = None) -> Iterator[Block]:
        """Return blocks in the order of their numbers, both ends included."""
        query = "SELECT * FROM block WHERE number BETWEEN ? AND ? ORDER BY number LIMIT 200"
        end = _LAST_NUMBER if last is None else last
        while rows := self._rows(query, (first, end)):
            for row in rows:
                yield self._filled(*row)
            first = rows[-1][0] + 1

    def nodes(self) -> Iterator[Node]:
        """Return all state nodes."""
        with closing(self._connection.execute("SELECT hash, content, number FROM node")) as rows:
            for row in rows:
                yield Node(*row)

    def strays(self) -> list[int]:
        """Return numbers of blocks that transactions are stored for, but that are missing."""
        query = "SELECT DISTINCT number FROM entry WHERE number NOT IN (SELECT number FROM block)"
        return [number for (number,) in self._rows(query, ())]

    def entry_hashes(self, number: int) -> list[bytes]:
        """Return the transaction hashes by which a block's entries are found."""
        query = "SELECT hash FROM entry WHERE number = ? ORDER BY position"
        return [digest for (digest,) in self._rows(query, (number,))]

    def _rows(self, query: str, values: tuple[object, ...]) -> list[Any]:
        with self._lock:  # one connection, several reading threads
            return self._connection.execute(query, values).fetchall()

    def _one(self, query: str, values: tuple[object, ...]) -> Block | None:
        rows = self._rows(query, values)
        return self._filled(*rows[0]) if rows else None

    def _filled(self, number: int, digest: bytes, header: bytes, seal: bytes) -> Block:
        query = "SELECT content, receipt FROM entry WHERE number = ? ORDER BY position"
        entries = self._rows(query, (number,))
        transactions = tuple(content for content, _ in entries)
        receipts = tuple(receipt for _, receipt in entries)
        return Block(number, digest, header, seal, transactions, receipts)
