"""A validator's chain: its blocks, and what the validators agreed at which height."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from platone.ledger.adapters.evm.store import Block, BlockStore
from platone.ledger.domain.membership import Change

_SCHEMA = """
CREATE TABLE IF NOT EXISTS agreed (height INTEGER PRIMARY KEY, number INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS agreed_number ON agreed (number);
CREATE TABLE IF NOT EXISTS change (number INTEGER PRIMARY KEY, content BLOB NOT NULL);
"""
"""Heights of CometBFT, each with our newest block after it; and agreed changes, an upgrade with
the code that it brings. A height without transactions makes no block."""


class ValidatorStore(BlockStore):
    """The chain's file at a validator. One instance writes; any number may read.

    Args:
        path: The SQLite file; created where it is missing, unless for reading only.
        read_only: Whether this instance only reads.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        super().__init__(path, read_only=read_only)
        if not read_only:
            self._connection.executescript(_SCHEMA)

    def commit(
        self,
        height: int,
        number: int,
        block: Block | None,
        nodes: Mapping[bytes, bytes],
        changes: Mapping[int, Change],
    ) -> None:
        """Keep all that a height brought: durable when this returns, or not there at all.

        Args:
            height: The height.
            number: The newest block after it.
            block: That block, where the height made one.
            nodes: The state nodes that it made.
            changes: The agreed changes that it brought, by number.
        """
        with self.whole() as connection:
            if block is not None:
                self.insert(block, nodes)
            connection.execute("INSERT INTO agreed VALUES (?, ?)", (height, number))
            connection.executemany(
                "INSERT INTO change VALUES (?, ?)",
                [(each, msgspec.json.encode(change.told())) for each, change in changes.items()],
            )

    def height(self) -> int:
        """Return the newest height that is kept; 0 before the first."""
        found = self._rows("SELECT MAX(height) FROM agreed", ())
        return int(found[0][0] or 0)

    def height_of(self, number: int) -> int | None:
        """Return the height that made a block, or the first one after it; None before that."""
        query = "SELECT MIN(height) FROM agreed WHERE number >= ?"
        found = self._rows(query, (number,))
        return None if found[0][0] is None else int(found[0][0])

    def changes(self) -> list[Change]:
        """Return all agreed changes, in order."""
        rows = self._rows("SELECT content FROM change ORDER BY number", ())
        return [msgspec.json.decode(content, type=Change) for (content,) in rows]
