"""The check, before anything is paid, that lines rest on certified readings.

line ─► record of the metering side ─► leaf, tree, root ─► anchored on the chain
                   │
                   └─► signed by a device that stood in the register then ─► adds up to the line
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from platone.ledger.domain.evidence import READING
from platone.ledger.domain.measurement import check_measured, signed_readings
from platone.ledger.domain.merkle import MerkleTree, salted_leaf
from platone.ledger.domain.problem import EvidenceInvalid
from platone.ledger.records.certified_record import CertifiedRecord, CertifiedRecords
from platone.ledger.service.ports import Contracts
from platone.messages.ledger import SettlementLine
from platone.messages.metering import ReadingBatch


@dataclass(frozen=True, slots=True)
class Doubt:
    """A reason not to pay a line.

    Attributes:
        reason: In plain words.
        may_pass: Whether it goes away by itself: a certification may still be on its way.
    """

    reason: str
    may_pass: bool = False


class CheckReadings:
    """Checks lines' measurements against the certified records that they name.

    Args:
        records: The certified records.
        contracts: The chain's contracts.
        operator: The market operator's party, whose records are no meter's.
    """

    def __init__(self, records: CertifiedRecords, contracts: Contracts, operator: str) -> None:
        self._records = records
        self._contracts = contracts
        self._operator = operator

    async def __call__(self, lines: Sequence[SettlementLine]) -> list[Doubt | None]:
        """Return for each line why it is not to be paid, or none where its measurement holds."""
        names = {name for line in lines for name in line.readings}
        judged = await self._judge(names)
        return await asyncio.to_thread(_doubts, lines, judged)

    async def _judge(self, names: set[str]) -> dict[str, ReadingBatch | Doubt]:
        """Return the readings of each record, or why they do not count."""
        found: dict[str, list[CertifiedRecord]] = {}
        for record in await self._records.of_names(names):
            if record.owner != self._operator:
                found.setdefault(record.id, []).append(record)
        absent = "no reading is certified under it"
        judged: dict[str, ReadingBatch | Doubt] = {
            name: Doubt(absent, may_pass=True) for name in names
        }
        anchors = await self._anchors(found)
        standing: dict[tuple[str, datetime], bool] = {}
        for name, records in found.items():
            for record in records:
                verdict = await self._read(record, anchors, standing)
                judged[name] = verdict
                if isinstance(verdict, ReadingBatch):
                    break
        return judged

    async def _anchors(
        self, found: Mapping[str, Sequence[CertifiedRecord]]
    ) -> dict[int, datetime | None]:
        """Return when the chain says that each tree was anchored; none where it is not so."""
        trees = {each.batch: each for records in found.values() for each in records}
        anchors: dict[int, datetime | None] = {}
        for batch, record in trees.items():
            leaves = await self._records.leaves(batch)
            root = await asyncio.to_thread(_root, leaves)
            anchored_at = await self._contracts.anchored_at(root)
            anchors[batch] = anchored_at if root == record.root else None
        return anchors

    async def _read(
        self,
        record: CertifiedRecord,
        anchors: Mapping[int, datetime | None],
        standing: dict[tuple[str, datetime], bool],
    ) -> ReadingBatch | Doubt:
        """Return the readings in a record, or why they do not count."""
        content, doubt = _certified_text(record)
        anchored_at = anchors[record.batch]
        if doubt is not None:
            return doubt
        if anchored_at is None:
            return Doubt("the chain does not have its root")
        try:
            batch = await asyncio.to_thread(signed_readings, content)
        except EvidenceInvalid as error:
            return Doubt(str(error))
        then = batch.device.lower(), anchored_at
        if then not in standing:
            standing[then] = await self._stood(*then)
        if not standing[then]:
            return Doubt(f"device {batch.device} did not stand in the register then")
        return batch

    async def _stood(self, device: str, at: datetime) -> bool:
        """Return whether a device stood in the chain's register at an instant."""
        entry = await self._contracts.node(device)
        if entry is None or entry.registered_at > at:
            return False
        return entry.revoked_at is None or entry.revoked_at > at


def _root(leaves: Sequence[bytes]) -> bytes:
    return MerkleTree(leaves).root


def _certified_text(record: CertifiedRecord) -> tuple[str, Doubt | None]:
    """Return a reading's text, and why it does not count, if it does not."""
    if record.kind != READING:
        return "", Doubt(f"it is a {record.kind}, not a reading")
    if record.transaction is None:
        return "", Doubt("it is not anchored yet", may_pass=True)
    if record.content is None or record.salt is None:
        return "", Doubt("it was erased")
    if salted_leaf(record.content.encode(), record.salt) != record.leaf:
        return "", Doubt("its text is not the one that was certified")
    return record.content, None


def _doubts(
    lines: Sequence[SettlementLine], judged: Mapping[str, ReadingBatch | Doubt]
) -> list[Doubt | None]:
    return [_doubt(line, judged) for line in lines]


def _doubt(line: SettlementLine, judged: Mapping[str, ReadingBatch | Doubt]) -> Doubt | None:
    """Return the first reason against a line; one that stays comes before one that may pass."""
    batches: list[ReadingBatch] = []
    doubts: list[Doubt] = []
    for name in line.readings:
        verdict = judged[name]
        if isinstance(verdict, Doubt):
            doubts.append(Doubt(f"record {name}: {verdict.reason}", may_pass=verdict.may_pass))
        else:
            batches.append(verdict)
    if doubts:
        return min(doubts, key=lambda doubt: doubt.may_pass)
    try:
        check_measured(line, batches)
    except EvidenceInvalid as error:
        return Doubt(str(error))
    return None
