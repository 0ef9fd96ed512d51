"""Paid lines as those see them who may: one by one, with proofs, or all of an agreement."""

from platone.infra.listing import Part
from platone.ledger.domain.evidence import SETTLEMENT_LINE
from platone.ledger.domain.merkle import MerkleTree
from platone.ledger.domain.proof import FORMAT, Proof, SaltedText, tohex
from platone.ledger.records.settlement import SettlementRecords, StoredLine
from platone.ledger.service.certification import CONFIRMED
from platone.ledger.service.ports import Contracts
from platone.messages.ledger import AgreementStatement, Certification, StatedLine


class ReadLines:
    """Reads paid lines, and proves them.

    Args:
        store: Where they are kept.
        contracts: The chain's contracts.
        operator: The market operator's party, who had them paid.
    """

    def __init__(self, store: SettlementRecords, contracts: Contracts, operator: str) -> None:
        self._store = store
        self._contracts = contracts
        self._operator = operator

    async def line(self, line_id: str) -> StoredLine | None:
        """Return the paid line with an identifier."""
        stored = await self._store.effective_line(line_id)
        return stored if stored is not None and stored.transaction is not None else None

    async def by_transaction(self, transaction: bytes) -> list[tuple[StoredLine, Certification]]:
        """Return the lines that a transaction settled, each with its certification."""
        return [
            (
                stored,
                Certification(
                    id=stored.line.line_id,
                    kind=SETTLEMENT_LINE,
                    hashed_data=stored.leaf.hex(),
                    owner=self._operator,
                    created_at=ordered_at,
                    transaction_hash=tohex(transaction),
                    status=CONFIRMED,
                    content=stored.content.decode(),
                ),
            )
            for stored, ordered_at in await self._store.by_transaction(transaction)
        ]

    async def statement(self, agreement_id: str, part: Part) -> AgreementStatement:
        """Return paid lines of an agreement by their numbers."""
        agreement = bytes.fromhex(agreement_id.removeprefix("0x"))
        found = await self._store.of_agreement(agreement, part)
        return AgreementStatement(
            agreement_id=agreement_id,
            next=found.next,
            lines=[
                StatedLine(
                    number=stored.settled.number,
                    settlement_id=stored.settlement_id,
                    transaction_hash=tohex(stored.transaction or b""),
                    line=stored.line,
                    payment=stored.paid,
                )
                for stored in found.items
                if stored.settled is not None and stored.paid is not None
            ],
        )

    async def prove(self, stored: StoredLine, *, whole: bool = False) -> bytes:
        """Return the proof file of a paid line.

        Args:
            stored: The line.
            whole: Whether to add all lines that were settled with it under its agreement.
        """
        transaction = stored.transaction or b""
        entry = await self._store.entry(stored.agreement or b"", transaction)
        leaves = [each.leaf for each in entry]
        tree, index = MerkleTree(leaves), leaves.index(stored.leaf)
        statement = [
            SaltedText(content=each.content.decode(), salt=tohex(each.salt)) for each in entry
        ]
        draft = Proof(
            format=FORMAT,
            content=stored.content.decode(),
            salt=tohex(stored.salt),
            leaf_index=index,
            path=[tohex(sibling) for sibling in tree.path(index)],
            statement=statement if whole else None,
        )
        return (await self._contracts.prove(draft, transaction, tree.root)).encode()
