"""Certify records under one anchored root, find them, and erase them without harm to others."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from platone.kernel.clock import Clock
from platone.kernel.errors import DuplicateIdentifier, Kind, NotOwner, PlatoneError
from platone.ledger.domain.merkle import MerkleTree, salted_leaf
from platone.ledger.domain.proof import FORMAT, Proof, tohex, unhex
from platone.ledger.service.ports import Contracts, Keys
from platone.messages.ledger import Certification, CertificationRecord

PENDING = "PENDING"
CONFIRMED = "CONFIRMED"
MIXED = "mixed"


class RecordUnknown(PlatoneError):
    """No record was certified under this identifier or by this transaction."""

    slug = "record-unknown"
    title = "There is no such certified record"
    kind = Kind.NOT_FOUND


class RecordErased(PlatoneError):
    """The record's content and salt were erased on request: it can no longer be proven."""

    slug = "record-erased"
    title = "The record was erased"
    kind = Kind.NOT_FOUND


class RecordPending(PlatoneError):
    """The record is stored, but its root is not on the chain yet: ask again in a moment."""

    slug = "record-pending"
    title = "The record is not anchored yet"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Kept:
    """A record as it is kept.

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


class RecordStore(Protocol):
    """Where certified records are kept."""

    async def find(self, identifiers: Sequence[str]) -> dict[str, Kept]:
        """Those of these records that are known."""
        ...

    async def add(
        self,
        root: bytes,
        kind: str,
        owner: str,
        records: Sequence[CertificationRecord],
        leaves: Sequence[bytes],
        created_at: datetime,
    ) -> None:
        """Keep a new tree of records, pending."""
        ...

    async def pending(self) -> list[PendingTree]:
        """Trees that are not confirmed, oldest first."""
        ...

    async def confirm(self, batch: int, transaction: bytes) -> None:
        """Note a tree's anchoring transaction."""
        ...

    async def leaves(self, batch: int) -> list[bytes]:
        """A tree's leaves, in order."""
        ...

    async def by_transaction(self, transaction: bytes) -> list[Kept]:
        """The records of the tree that a transaction anchored."""
        ...

    async def erase(self, identifier: str) -> None:
        """Delete a record's content and salt."""
        ...


class Certify:
    """Certification of records.

    Args:
        records: Where they are kept.
        contracts: The chain's contracts.
        keys: The accounts that certify.
        clock: The market's clock.
        operator: The party whose records the operator's account certifies; the others' are
            certified by the administrator's.
    """

    def __init__(
        self, records: RecordStore, contracts: Contracts, keys: Keys, clock: Clock, operator: str
    ) -> None:
        self._records = records
        self._contracts = contracts
        self._keys = keys
        self._clock = clock
        self._operator = operator
        self._anchoring = asyncio.Lock()

    async def certify(
        self, owner: str, records: Sequence[CertificationRecord]
    ) -> tuple[list[Certification], bool]:
        """Certify records together; the certifications, and whether any of them is new.

        Raises:
            DuplicateIdentifier: One identifier was used before with other content.
        """
        leaves = {record.id: _leaf(record) for record in records}
        if len(leaves) < len(records):
            raise DuplicateIdentifier("An identifier stands twice in one batch.")
        async with self._anchoring:
            known = await self._records.find(list(leaves))
            for identifier, kept in known.items():
                if kept.leaf != leaves[identifier] or kept.owner != owner:
                    raise DuplicateIdentifier(
                        f"Record {identifier} was certified with other content.", id=identifier
                    )
            new = [record for record in records if record.id not in known]
            if new:
                await self._keep(owner, new, [leaves[record.id] for record in new])
            await self._anchor_pending()
        found = await self._records.find(list(leaves))
        return [certification(found[record.id]) for record in records], bool(new)

    async def resume(self) -> int:
        """Anchor what an earlier run left pending; the number of trees."""
        async with self._anchoring:
            return await self._anchor_pending()

    async def by_transaction(self, transaction: bytes) -> list[Kept]:
        """The records that a transaction anchored; none where it anchored nothing."""
        return await self._records.by_transaction(transaction)

    async def record(self, identifier: str) -> Kept:
        """A record.

        Raises:
            RecordUnknown: There is none.
        """
        found = await self._records.find([identifier])
        if identifier not in found:
            raise RecordUnknown(f"No record {identifier} was certified.", id=identifier)
        return found[identifier]

    async def prove(self, kept: Kept) -> bytes:
        """The proof file of a record.

        Raises:
            RecordErased: Its content is gone.
            RecordPending: Its root is not on the chain yet.
        """
        if kept.content is None or kept.salt is None:
            raise RecordErased(f"Record {kept.id} was erased.", id=kept.id)
        if kept.transaction is None:
            raise RecordPending(f"Record {kept.id} is not anchored yet.", id=kept.id)
        tree = MerkleTree(await self._records.leaves(kept.batch))
        draft = Proof(
            format=FORMAT,
            content=kept.content,
            salt=tohex(kept.salt),
            leaf_index=kept.index,
            path=[tohex(sibling) for sibling in tree.path(kept.index)],
        )
        return (await self._contracts.prove(draft, kept.transaction, kept.root)).encode()

    async def erase(self, party: str, identifier: str) -> None:
        """Erase a record's content and salt. What stays is a hash that says nothing.

        Raises:
            RecordUnknown: There is none.
            NotOwner: It is another party's.
        """
        kept = await self.record(identifier)
        if kept.owner != party:
            raise NotOwner(f"Record {identifier} belongs to another party.", id=identifier)
        await self._records.erase(identifier)

    async def _keep(
        self, owner: str, records: Sequence[CertificationRecord], leaves: Sequence[bytes]
    ) -> None:
        kinds = {record.kind for record in records}
        kind = kinds.pop() if len(kinds) == 1 else MIXED
        root = MerkleTree(leaves).root
        await self._records.add(root, kind, owner, records, leaves, self._clock.now())

    async def _anchor_pending(self) -> int:
        trees = await self._records.pending()
        for tree in trees:
            is_operator = tree.owner == self._operator
            certifier = self._keys.operator if is_operator else self._keys.administrator
            transaction = await self._contracts.anchor(certifier, tree.root, tree.kind, tree.size)
            await self._records.confirm(tree.batch, transaction)
        return len(trees)


def _leaf(record: CertificationRecord) -> bytes:
    return salted_leaf(record.content.encode(), unhex(record.salt))


def certification(kept: Kept, *, with_content: bool = True) -> Certification:
    """A record as it is shown (D2.4 table 1)."""
    return Certification(
        id=kept.id,
        kind=kept.kind,
        hashed_data=kept.leaf.hex(),
        owner=kept.owner,
        created_at=kept.created_at,
        transaction_hash=None if kept.transaction is None else tohex(kept.transaction),
        status=PENDING if kept.transaction is None else CONFIRMED,
        content=kept.content if with_content else None,
    )
