"""The index of events: which blocks hold one of a contract, or with some topic.

A key is 8 bytes of a hash over an event's part and its place in the event. Two parts may share a
key, so what is found by one is compared with what was asked for.
"""

import sqlite3
from collections.abc import Collection, Iterable
from hashlib import blake2b

from platone.ledger.domain.receipt import Log, Receipt

EVENT_SCHEMA = """
CREATE TABLE IF NOT EXISTS event_key (
    key INTEGER NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (key, number)
) WITHOUT ROWID;
"""
_ONE_KEY = (
    "SELECT number FROM (SELECT number FROM event_key WHERE key = ? AND number BETWEEN ? AND ? "
    "ORDER BY number LIMIT 200)"
)
_PAGE = " ORDER BY number LIMIT 200"
"""As many blocks are looked up at once as are read in order: about a megabyte."""
ADDRESS, TOPICS = 0, 1
"""Places of an event's contract, and of the first of its topics."""
_KEY_BYTES = 8
"""Bytes of a key, as many as SQLite's integers hold: a quarter of what a topic takes in full. With
a million different parts, two share a key in one of 40 million chains."""


def event_key(place: int, part: bytes) -> int:
    """Return the key of an event's part: its contract's address, or one of its topics."""
    digest = blake2b(bytes([place]) + part, digest_size=_KEY_BYTES).digest()
    return int.from_bytes(digest, signed=True)


def event_keys(receipts: Iterable[bytes]) -> set[int]:
    """Return the keys of all events in encoded receipts."""
    logs = (log for receipt in receipts for log in Receipt.decode(receipt).logs)
    return {event_key(place, part) for log in logs for place, part in enumerate(_parts(log))}


def blocks_query(keys: Collection[int], first: int, last: int) -> tuple[str, tuple[int, ...]]:
    """Return the query for a page of numbers of blocks with one of some keys, and its values.

    Args:
        keys: The keys, at most some hundred.
        first: The first number.
        last: And the last one.
    """
    query = " UNION ".join([_ONE_KEY] * len(keys)) + _PAGE
    return query, tuple(value for key in keys for value in (key, first, last))


def insert_events(connection: sqlite3.Connection, number: int, receipts: Iterable[bytes]) -> None:
    """Have the events of a block found."""
    connection.executemany(
        "INSERT OR IGNORE INTO event_key VALUES (?, ?)",
        [(key, number) for key in sorted(event_keys(receipts))],
    )


def _parts(log: Log) -> tuple[bytes, ...]:
    return (log.address, *log.topics)
