"""Blocks and state in one SQLite file; a block is there with all its parts, or not at all."""

import sqlite3
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from eth_hash.auto import keccak

from platone.ledger.adapters.evm.event_index import (
    EVENT_SCHEMA,
    TOPICS,
    blocks_query,
    event_key,
    event_keys,
    insert_events,
)
from platone.ledger.domain.header import Header
from platone.ledger.domain.problem import BlockTampered

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
CREATE TABLE IF NOT EXISTS fresh_node (
    number INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (number, hash)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS checkpoint (number INTEGER PRIMARY KEY, seal BLOB NOT NULL);
"""
"""``fresh_node`` names the nodes of blocks after the checkpoint, which opening verifies: an index
of all nodes by number would cost each of them some 40 bytes for good."""

_BLOCK = "SELECT number, CAST(hash AS BLOB), CAST(header AS BLOB), CAST(seal AS BLOB) FROM block"
"""As octets, since SQLite keeps values of any type: an altered one is found out, too."""


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


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a state trie or a contract's code, and the block that first wrote it."""

    hash: bytes
    content: bytes
    number: int

    def checked(self) -> Self:
        """Return the node, if its content has its hash.

        Raises:
            BlockTampered: It has not.
        """
        if keccak(self.content) != self.hash:
            raise BlockTampered(self.number, "a node of its state does not have its hash")
        return self


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
            self._connection.executescript(_SCHEMA + EVENT_SCHEMA)

    def reader(self) -> "BlockStore":
        """Return another instance on the same file, for reading."""
        return BlockStore(self._path, read_only=True)

    def close(self) -> None:
        """Close the file; a thread that still reads has its rows first, and then no more."""
        with self._lock:  # closed under a statement that runs, SQLite ends the process
            self._connection.close()

    def append(self, block: Block, nodes: Mapping[bytes, bytes]) -> None:
        """Keep a block with the state nodes that it made: durable when this returns."""
        with self.whole():
            self.insert(block, nodes)

    @contextmanager
    def whole(self) -> Iterator[sqlite3.Connection]:
        """Make what is written within durable at the end, or have none of it."""
        run = self._connection.execute
        run("BEGIN IMMEDIATE")
        try:
            yield self._connection
            run("COMMIT")
        except BaseException:
            run("ROLLBACK")
            raise

    def insert(self, block: Block, nodes: Mapping[bytes, bytes]) -> None:
        """Write a block with the state nodes that it made, within ``whole``."""
        self._connection.execute(
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
            "INSERT INTO fresh_node VALUES (?, ?)", [(block.number, digest) for digest in nodes]
        )
        insert_events(self._connection, block.number, block.receipts)

    def index_events(self) -> None:
        """Index the events of an earlier version's file, which listed their first topic only."""
        listed = "SELECT 1 FROM sqlite_master WHERE name = 'event_place'"
        if not self._rows(listed, ()):
            return
        with self.whole() as connection:
            for block in self.blocks():
                insert_events(connection, block.number, block.receipts)
            connection.execute("DROP TABLE event_place")

    def head(self) -> Block | None:
        """Return the newest block; none in an empty file."""
        return self._one(f"{_BLOCK} ORDER BY number DESC LIMIT 1", ())

    def by_number(self, number: int) -> Block | None:
        """Return the block at a height."""
        return self._one(f"{_BLOCK} WHERE number = ?", (number,))

    def by_hash(self, digest: bytes) -> Block | None:
        """Return the block with a hash."""
        return self._one(f"{_BLOCK} WHERE hash = ?", (digest,))

    def place(self, transaction: bytes) -> tuple[int, int] | None:
        """Return block number and position of the transaction with a hash."""
        query = "SELECT number, position FROM entry WHERE hash = ?"
        found = self._rows(query, (transaction,))
        return (found[0][0], found[0][1]) if found else None

    def with_event(self, topic: bytes) -> list[Block]:
        """Return the blocks that hold an event with this first indexed field, oldest first."""
        return list(self.with_keys([event_key(TOPICS + 1, topic)]))

    def with_keys(
        self, keys: Collection[int], first: int = 0, last: int = _LAST_NUMBER
    ) -> Iterator[Block]:
        """Return the blocks that hold an event with one of some keys, in order, by pages."""
        if not self._lists_events():
            every = self.blocks(first, last)
            yield from (each for each in every if event_keys(each.receipts).intersection(keys))
            return
        while numbers := self._rows(*blocks_query(keys, first, last)):
            for (number,) in numbers:
                block = self.by_number(number)
                if block is not None:
                    yield block
            first = numbers[-1][0] + 1

    def node(self, digest: bytes) -> bytes | None:
        """Return a state node or code by its hash.

        Raises:
            BlockTampered: What is stored does not have this hash: it is never used.
        """
        found = self._rows(
            "SELECT CAST(content AS BLOB), number FROM node WHERE hash = ?", (digest,)
        )
        if not found:
            return None
        content, number = found[0]
        return Node(digest, content, number).checked().content

    def checkpoint(self) -> tuple[int, bytes] | None:
        """Return number and seal of the checkpoint that is kept, if one is."""
        found = self._rows(
            "SELECT number, CAST(seal AS BLOB) FROM checkpoint ORDER BY number DESC LIMIT 1", ()
        )
        return (found[0][0], found[0][1]) if found else None

    def keep_checkpoint(self, number: int, seal: bytes) -> None:
        """Keep a checkpoint instead of the one before, within ``whole``."""
        self._connection.execute("DELETE FROM checkpoint")
        self._connection.execute("INSERT INTO checkpoint VALUES (?, ?)", (number, seal))
        self._connection.execute("DELETE FROM fresh_node WHERE number <= ?", (number,))

    def blocks(self, first: int = 0, last: int | None = None) -> Iterator[Block]:
        """Return blocks in the order of their numbers, both ends included."""
        query = f"{_BLOCK} WHERE number BETWEEN ? AND ? ORDER BY number LIMIT 200"
        end = _LAST_NUMBER if last is None else last
        while rows := self._rows(query, (first, end)):
            for row in rows:
                yield self._filled(*row)
            first = rows[-1][0] + 1

    def nodes(self) -> Iterator[Node]:
        """Return all state nodes."""
        return self._nodes("SELECT CAST(hash AS BLOB), CAST(content AS BLOB), number FROM node")

    def fresh_nodes(self) -> Iterator[Node]:
        """Return the state nodes of blocks after the checkpoint; a missing one has no content."""
        return self._nodes(
            "SELECT CAST(hash AS BLOB), CAST(COALESCE(content, x'') AS BLOB), fresh_node.number "
            "FROM fresh_node LEFT JOIN node USING (hash)"
        )

    def strays(self, after: int = -1) -> list[int]:
        """Return numbers after one, of blocks that are missing, though their transactions stand."""
        query = (
            "SELECT DISTINCT number FROM entry WHERE number > ? AND number NOT IN "
            "(SELECT number FROM block WHERE number > ?)"
        )
        return [number for (number,) in self._rows(query, (after, after))]

    def entry_hashes(self, number: int) -> list[bytes]:
        """Return the transaction hashes by which a block's entries are found."""
        query = "SELECT CAST(hash AS BLOB) FROM entry WHERE number = ? ORDER BY position"
        return [digest for (digest,) in self._rows(query, (number,))]

    def _nodes(self, query: str) -> Iterator[Node]:
        with closing(self._connection.execute(query)) as rows:
            for row in rows:
                yield Node(*row)

    def _lists_events(self) -> bool:
        """Return whether all events are indexed; an earlier version's file is when it is opened."""
        tables = "SELECT name FROM sqlite_master WHERE name IN ('event_key', 'event_place')"
        return [name for (name,) in self._rows(tables, ())] == ["event_key"]

    def _rows(self, query: str, values: tuple[object, ...]) -> list[Any]:
        with self._lock:  # one connection, several reading threads
            return self._connection.execute(query, values).fetchall()

    def _one(self, query: str, values: tuple[object, ...]) -> Block | None:
        rows = self._rows(query, values)
        return self._filled(*rows[0]) if rows else None

    def _filled(self, number: int, digest: bytes, header: bytes, seal: bytes) -> Block:
        parts = "SELECT CAST(content AS BLOB), CAST(receipt AS BLOB) FROM entry"
        entries = self._rows(f"{parts} WHERE number = ? ORDER BY position", (number,))
        transactions = tuple(content for content, _ in entries)
        receipts = tuple(receipt for _, receipt in entries)
        return Block(number, digest, header, seal, transactions, receipts)
