"""Certified records and their trees as they are stored."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from platone.infra.db import Database, chunks
from platone.ledger.records.table import record, tree
from platone.messages.ledger import CertificationRecord

_QUERY = select(
    record,
    tree.c.root,
    tree.c.transaction_hash,
).join(tree, tree.c.id == record.c.tree_id)


@dataclass(frozen=True, slots=True)
class CertifiedRecord:
    """A certified record as it is stored.

    Attributes:
        id: Its identifier.
        kind: What it is.
        owner: The party that had it certified.
        leaf: Its salted hash.
        content: Its text; none after erasure.
        salt: Its salt; none after erasure.
        created_at: When it came.
        batch: The number of its tree.
        index: Its place in the tree.
        root: The tree's root.
        transaction: The anchoring transaction; none while pending.
    """

    id: str
    kind: str
    owner: str
    leaf: bytes
    content: str | None
    salt: bytes | None
    created_at: datetime
    batch: int
    index: int
    root: bytes
    transaction: bytes | None


@dataclass(frozen=True, slots=True)
class PendingTree:
    """A tree whose root is not known to be on the chain."""

    batch: int
    root: bytes
    kind: str
    owner: str
    size: int


@dataclass(frozen=True, slots=True)
class AnchoredTree:
    """A tree whose root is on the chain, and the transaction that put it there."""

    batch: int
    root: bytes
    transaction: bytes


class CertifiedRecords:
    """The stored records; what is erased is overwritten with nothing.

    Args:
        database: The ledger's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def owned(self, owner: str, identifiers: Collection[str]) -> dict[str, CertifiedRecord]:
        """Return those of these records that an owner had certified, by identifier."""
        found: dict[str, CertifiedRecord] = {}
        async with self._database.reading() as connection:
            for chunk in chunks(identifiers):
                chosen = record.c.id.in_(chunk) & (record.c.owner == owner)
                for row in await connection.execute(_QUERY.where(chosen)):
                    found[row.id] = _of_row(row)
        return found

    async def of_names(self, identifiers: Collection[str]) -> list[CertifiedRecord]:
        """Return all records of identifiers, of every owner that uses them."""
        found: list[CertifiedRecord] = []
        async with self._database.reading() as connection:
            for chunk in chunks(identifiers):
                rows = await connection.execute(_QUERY.where(record.c.id.in_(chunk)))
                found += [_of_row(row) for row in rows]
        return found

    async def named(self, identifier: str) -> list[CertifiedRecord]:
        """Return the records of an identifier, one of each owner that uses it, the oldest first."""
        query = _QUERY.where(record.c.id == identifier).order_by(record.c.tree_id)
        async with self._database.reading() as connection:
            return [_of_row(row) for row in await connection.execute(query)]

    async def add(
        self,
        root: bytes,
        kind: str,
        owner: str,
        records: Sequence[CertificationRecord],
        leaves: Sequence[bytes],
        created_at: datetime,
    ) -> None:
        """Store a new tree of records, pending."""
        async with self._database.transaction() as connection:
            made = await connection.execute(
                insert(tree)
                .values(root=root, kind=kind, owner=owner, size=len(records))
                .returning(tree.c.id)
            )
            tree_id = made.scalar_one()
            rows = [
                {
                    "id": each.id,
                    "tree_id": tree_id,
                    "position": position,
                    "kind": each.kind,
                    "owner": owner,
                    "leaf": leaf,
                    "content": each.content,
                    "salt": bytes.fromhex(each.salt[2:]),
                    "created_at": created_at.astimezone(UTC).replace(tzinfo=None),
                }
                for position, (each, leaf) in enumerate(zip(records, leaves, strict=True))
            ]
            await connection.execute(insert(record), rows)

    async def pending(self, limit: int | None = None) -> list[PendingTree]:
        """Return the trees that are not confirmed, oldest first; some of them where it is said."""
        query = (
            select(tree.c.id, tree.c.root, tree.c.kind, tree.c.owner, tree.c.size)
            .where(tree.c.transaction_hash.is_(None))
            .order_by(tree.c.id)
            .limit(limit)
        )
        async with self._database.reading() as connection:
            return [PendingTree(*row) for row in await connection.execute(query)]

    async def anchored(self) -> list[AnchoredTree]:
        """Return the trees that are confirmed, oldest first."""
        query = (
            select(tree.c.id, tree.c.root, tree.c.transaction_hash)
            .where(tree.c.transaction_hash.is_not(None))
            .order_by(tree.c.id)
        )
        async with self._database.reading() as connection:
            return [AnchoredTree(*row) for row in await connection.execute(query)]

    async def confirm(self, batch: int, transaction: bytes) -> None:
        """Note a tree's anchoring transaction."""
        change = update(tree).where(tree.c.id == batch).values(transaction_hash=transaction)
        async with self._database.transaction() as connection:
            await connection.execute(change)

    async def leaves(self, batch: int) -> list[bytes]:
        """Return a tree's leaves, in order."""
        query = select(record.c.leaf).where(record.c.tree_id == batch).order_by(record.c.position)
        async with self._database.reading() as connection:
            return list((await connection.execute(query)).scalars())

    async def by_transaction(self, transaction: bytes) -> list[CertifiedRecord]:
        """Return the records of the tree that a transaction anchored."""
        query = _QUERY.where(tree.c.transaction_hash == transaction).order_by(
            record.c.tree_id, record.c.position
        )
        async with self._database.reading() as connection:
            return [_of_row(row) for row in await connection.execute(query)]

    async def newest_transaction(self) -> bytes | None:
        """Return the last anchoring transaction that was confirmed."""
        query = (
            select(tree.c.transaction_hash)
            .where(tree.c.transaction_hash.is_not(None))
            .order_by(tree.c.id.desc())
            .limit(1)
        )
        async with self._database.reading() as connection:
            found: bytes | None = (await connection.execute(query)).scalar()
            return found

    async def erase(self, owner: str, identifier: str) -> None:
        """Delete a record's content and salt, from the file's free space and its log too."""
        is_it = (record.c.id == identifier) & (record.c.owner == owner)
        change = update(record).where(is_it).values(content=None, salt=None)
        async with self._database.erasing() as connection:
            await connection.execute(change)


def _of_row(row: Row[Any]) -> CertifiedRecord:
    return CertifiedRecord(
        id=row.id,
        kind=row.kind,
        owner=row.owner,
        leaf=row.leaf,
        content=row.content,
        salt=row.salt,
        created_at=row.created_at.replace(tzinfo=UTC),
        batch=row.tree_id,
        index=row.position,
        root=row.root,
        transaction=row.transaction_hash,
    )
