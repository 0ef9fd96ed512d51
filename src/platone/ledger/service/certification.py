"""Certification of records under one anchored root, and erasure without harm to others."""

import asyncio
from collections.abc import Mapping, Sequence

from platone.infra.http.problem import problem_of
from platone.kernel.clock import Clock
from platone.kernel.errors import DuplicateIdentifier, NotOwner
from platone.ledger.domain.evidence import MIXED
from platone.ledger.domain.merkle import MerkleTree, salted_leaf
from platone.ledger.domain.problem import RecordErased, RecordPending, RecordUnknown
from platone.ledger.domain.proof import FORMAT, Proof, tohex, unhex
from platone.ledger.records.certified_record import CertifiedRecord, CertifiedRecords
from platone.ledger.service.anchoring import AnchorTrees
from platone.ledger.service.ports import Contracts
from platone.messages.base import Submission, SubmissionStatus
from platone.messages.ledger import (
    Certification,
    CertificationRecord,
    CertificationState,
    CertifiedBatch,
)

PENDING = "PENDING"
CONFIRMED = "CONFIRMED"
"""The states of a certification (D2.4 table 1)."""


class Certify:
    """Certification of records.

    Args:
        records: Where they are kept.
        contracts: The chain's contracts.
        anchor: Puts the roots of kept trees on the chain.
        clock: The market's clock.
    """

    def __init__(
        self, records: CertifiedRecords, contracts: Contracts, anchor: AnchorTrees, clock: Clock
    ) -> None:
        self._records = records
        self._contracts = contracts
        self._anchor = anchor
        self._clock = clock
        self._keeping = asyncio.Lock()

    async def certify(self, owner: str, records: Sequence[CertificationRecord]) -> CertifiedBatch:
        """Certify records together; one that is refused says why, and harms no other.

        An identifier is its owner's: another party's record of the same name is another record.
        What the chain does not have in a moment is answered as pending.
        """
        async with self._keeping:
            known = await self._records.owned(owner, {record.id for record in records})
            leaves = {identifier: stored.leaf for identifier, stored in known.items()}
            results: list[Submission] = []
            new: list[CertificationRecord] = []
            for record in records:
                result = _result(record, leaves)
                results.append(result)
                if result.is_new:
                    leaves[record.id] = _leaf(record)
                    new.append(record)
            if new:
                await self._keep(owner, new, [leaves[record.id] for record in new])
        await self._anchor()
        taken = [it.id for it in results if it.status is not SubmissionStatus.REFUSED]
        found = await self._records.owned(owner, set(taken))
        return CertifiedBatch(
            certifications=[certification(found[identifier]) for identifier in taken],
            results=results,
        )

    async def resume(self) -> int:
        """Anchor what an earlier run left pending, and return the number of trees."""
        return await self._anchor(None)

    async def stop(self) -> None:
        """End what is on its way; the next run takes it up."""
        await self._anchor.stop()

    async def by_transaction(self, transaction: bytes) -> list[CertifiedRecord]:
        """Return the records that a transaction anchored; none where it anchored nothing."""
        return await self._records.by_transaction(transaction)

    async def named(self, identifier: str, owner: str | None = None) -> list[CertifiedRecord]:
        """Return the records of an identifier: an owner's one, or each owner's, the oldest first.

        Raises:
            RecordUnknown: There is none.
        """
        found = await self._records.named(identifier)
        chosen = [it for it in found if owner in {None, it.owner}]
        if not chosen:
            raise record_unknown(identifier)
        return chosen

    async def of_names(self, identifiers: Sequence[str]) -> list[CertifiedRecord]:
        """Return the records of identifiers, of every owner that uses them."""
        return await self._records.of_names(identifiers)

    async def states(self, records: Sequence[CertifiedRecord]) -> list[CertificationState]:
        """Return the states of records: in which block each stands, once it does."""
        transactions = {each.transaction for each in records if each.transaction is not None}
        blocks = {each: await self._contracts.block_of(each) for each in transactions}
        found = []
        for each in records:
            block = None if each.transaction is None else blocks[each.transaction]
            found.append(
                CertificationState(
                    id=each.id,
                    owner=each.owner,
                    status=PENDING if block is None else CONFIRMED,
                    hashed_data=each.leaf.hex(),
                    block_number=None if block is None else block.number,
                    block_time=None if block is None else block.sealed_at,
                )
            )
        return found

    async def prove(self, stored: CertifiedRecord) -> bytes:
        """Return the proof file of a record.

        Raises:
            RecordErased: Its content is gone.
            RecordPending: Its root is not on the chain yet.
        """
        if stored.content is None or stored.salt is None:
            raise RecordErased(f"Record {stored.id} was erased.", id=stored.id)
        if stored.transaction is None:
            raise RecordPending(f"Record {stored.id} is not anchored yet.", id=stored.id)
        tree = MerkleTree(await self._records.leaves(stored.batch))
        draft = Proof(
            format=FORMAT,
            content=stored.content,
            salt=tohex(stored.salt),
            leaf_index=stored.index,
            path=[tohex(sibling) for sibling in tree.path(stored.index)],
        )
        return (await self._contracts.prove(draft, stored.transaction, stored.root)).encode()

    async def erase(self, party: str, identifier: str) -> None:
        """Erase a record's content and salt. What stays is a hash that says nothing.

        Raises:
            RecordUnknown: There is none.
            NotOwner: It is another party's.
        """
        found = await self.named(identifier)
        if party not in {stored.owner for stored in found}:
            raise NotOwner(f"Record {identifier} belongs to another party.", id=identifier)
        await self._records.erase(party, identifier)

    async def _keep(
        self, owner: str, records: Sequence[CertificationRecord], leaves: Sequence[bytes]
    ) -> None:
        kinds = {record.kind for record in records}
        kind = kinds.pop() if len(kinds) == 1 else MIXED
        root = MerkleTree(leaves).root
        await self._records.add(root, kind, owner, records, leaves, self._clock.now())


def _result(record: CertificationRecord, known: Mapping[str, bytes]) -> Submission:
    """Return the answer to a record, given the leaves of its owner's records by identifier."""
    leaf = known.get(record.id)
    if leaf in {None, _leaf(record)}:
        return Submission(id=record.id, status=SubmissionStatus.of_taken(is_new=leaf is None))
    problem = DuplicateIdentifier(
        f"Record {record.id} was certified with other content.", id=record.id
    )
    return Submission(id=record.id, status=SubmissionStatus.REFUSED, problem=problem_of(problem))


def _leaf(record: CertificationRecord) -> bytes:
    return salted_leaf(record.content.encode(), unhex(record.salt))


def record_unknown(identifier: str) -> RecordUnknown:
    """Return the problem of a record that is not there, or that the caller may not see."""
    return RecordUnknown(f"You may see no certified record {identifier}.", id=identifier)


def certification(stored: CertifiedRecord) -> Certification:
    """Return a record as it is shown (D2.4 table 1)."""
    return Certification(
        id=stored.id,
        kind=stored.kind,
        hashed_data=stored.leaf.hex(),
        owner=stored.owner,
        created_at=stored.created_at,
        transaction_hash=None if stored.transaction is None else tohex(stored.transaction),
        status=PENDING if stored.transaction is None else CONFIRMED,
        content=stored.content,
    )
