"""The bytes that a data folder's databases hold, table by table, as SQLite itself counts them."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

STORES = {
    "access": "access.db",
    "customers": "customers.db",
    "market": "market.db",
    "ledger": "ledger.db",
    "chain": "ledger/chain.db",
}
"""The databases that grow with points of delivery and days, by what they are called here."""


@dataclass(frozen=True, slots=True)
class StoreSize:
    """The size of a database.

    Attributes:
        file: Bytes of its file, once its log is merged into it.
        tables: Bytes of the pages of each table, with its indices.
        free: Bytes of pages that hold nothing, and are used again.
    """

    file: int
    tables: dict[str, int]
    free: int


def store_sizes(folder: Path) -> dict[str, StoreSize]:
    """Return the sizes of a data folder's databases; nobody else may have them open."""
    return {name: _size(folder / file) for name, file in STORES.items()}


def _size(file: Path) -> StoreSize:
    with closing(sqlite3.connect(file)) as connection:
        ask = connection.execute
        ask("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = ask("PRAGMA page_size").fetchone()
        (free,) = ask("PRAGMA freelist_count").fetchone()
        tables = dict(
            ask(
                "SELECT COALESCE(made.tbl_name, page.name), SUM(page.pgsize) FROM dbstat AS page "
                "LEFT JOIN sqlite_master AS made ON made.name = page.name GROUP BY 1"
            ).fetchall()
        )
    return StoreSize(file.stat().st_size, tables, free * page)
