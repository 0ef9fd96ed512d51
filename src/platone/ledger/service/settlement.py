"""Settlement: each line is paid once, by the contract, under the agreement that stands there."""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import replace

from platone.kernel.canonical import content_hash
from platone.kernel.clock import Clock
from platone.kernel.errors import DuplicateIdentifier
from platone.kernel.settlement_rule import ATTO_PER_PICO, direction_of
from platone.ledger.domain.event import LineSettled
from platone.ledger.domain.evidence import SETTLEMENT_LINE
from platone.ledger.domain.merkle import SALT_BYTES, salted_leaf
from platone.ledger.domain.problem import ContractRefused, SettlementUnknown
from platone.ledger.domain.proof import FORMAT, Proof, tohex
from platone.ledger.domain.settlement import SettledLine
from platone.ledger.records.settlement import SettlementRecords, StoredLine
from platone.ledger.service.agreement import Agree
from platone.ledger.service.certification import CONFIRMED
from platone.ledger.service.ports import Contracts, DueLine, Keys
from platone.messages.ledger import (
    Certification,
    PaidLine,
    SettlementLine,
    SettlementOrder,
    SettlementReceipt,
)

LINES_AT_ONCE = 40
"""Lines in one transaction, a fifth of what the contract takes: it is sealed within a second."""


class Settle:
    """Payment of settlements.

    Args:
        store: Where they are kept.
        contracts: The chain's contracts.
        keys: The operator's account, and the lines' keyed names.
        agreements: The agreements.
        clock: The market's clock.
        operator: The market operator's party.
    """

    def __init__(
        self,
        store: SettlementRecords,
        contracts: Contracts,
        keys: Keys,
        agreements: Agree,
        clock: Clock,
        operator: str,
    ) -> None:
        self._operator = operator
        self._store = store
        self._contracts = contracts
        self._keys = keys
        self._agreements = agreements
        self._clock = clock
        self._settling = asyncio.Lock()

    async def settle(self, order: SettlementOrder) -> tuple[SettlementReceipt, bool]:
        """Pay a settlement's lines; return the receipt, and whether it is a new settlement.

        A line that cannot be paid says why, and stops no other.

        Raises:
            DuplicateIdentifier: The identifier was used before with other content.
        """
        digest = content_hash(order)
        async with self._settling:
            known = await self._store.settlement_hash(order.settlement_id)
            if known not in {None, digest}:
                raise DuplicateIdentifier(
                    f"Settlement {order.settlement_id} was ordered with other lines.",
                    settlementId=order.settlement_id,
                )
            if known is None:
                lines = await self._prepared(order)
                await self._store.add_settlement(order, digest, lines, self._clock.now())
            await self._pay(order.settlement_id, is_new=known is None)
        return await self.receipt(order.settlement_id), known is None

    async def resume(self) -> None:
        """Pay what an earlier run left open."""
        async with self._settling:
            for settlement_id in await self._store.open_settlements():
                await self._pay(settlement_id, is_new=False)

    async def receipt(self, settlement_id: str) -> SettlementReceipt:
        """Return the receipt of a settlement: its lines, paid or refused.

        Raises:
            SettlementUnknown: There is none.
        """
        lines = await self._store.lines(settlement_id)
        if not lines:
            raise SettlementUnknown(f"There is no settlement {settlement_id}.")
        transactions = dict.fromkeys(line.transaction for line in lines if line.transaction)
        return SettlementReceipt(
            settlement_id=settlement_id,
            transaction_hashes=[tohex(transaction) for transaction in transactions],
            lines=[line.paid for line in lines if line.paid is not None],
        )

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
                    hashed_data=salted_leaf(stored.content, stored.salt).hex(),
                    owner=self._operator,
                    created_at=ordered_at,
                    transaction_hash=tohex(transaction),
                    status=CONFIRMED,
                    content=stored.content.decode(),
                ),
            )
            for stored, ordered_at in await self._store.by_transaction(transaction)
        ]

    async def prove(self, stored: StoredLine) -> bytes:
        """Return the proof file of a paid line."""
        leaf = salted_leaf(stored.content, stored.salt)
        draft = Proof(
            format=FORMAT,
            content=stored.content.decode(),
            salt=tohex(stored.salt),
            leaf_index=0,
            path=[],
        )
        return (await self._contracts.prove(draft, stored.transaction or b"", leaf)).encode()

    async def _prepared(self, order: SettlementOrder) -> list[StoredLine]:
        seen: set[str] = set()
        prepared = []
        for line in order.lines:
            prepared.append(await self._prepare(order.settlement_id, line, seen))
            seen.add(line.line_id)
        return prepared

    async def _prepare(
        self, settlement_id: str, line: SettlementLine, seen: set[str]
    ) -> StoredLine:
        salt = secrets.token_bytes(SALT_BYTES)
        agreement = await self._agreements.active(line.aggregator_id, line.pod)
        standing = await self._store.effective_line(line.line_id)
        problem = None
        if line.line_id in seen:
            problem = "the line stands twice in this settlement"
        elif standing is not None:
            problem = f"the line was settled before, in settlement {standing.settlement_id}"
        elif line.ordered == 0:
            problem = "nothing was ordered"
        elif agreement is None:
            problem = f"{line.aggregator_id} has no active agreement with {line.pod}"
        if problem is not None or agreement is None:
            paid = PaidLine(line_id=line.line_id, problem=problem)
            return StoredLine(settlement_id, line, None, salt, paid, None)
        settled = SettledLine(
            settlement_id=settlement_id,
            agreement_id=tohex(agreement.id),
            customer_share_ppm=agreement.terms.customer_share_ppm,
            penalty_price=agreement.terms.penalty_price,
            line=line,
        )
        return StoredLine(settlement_id, line, settled, salt, None, None)

    async def _pay(self, settlement_id: str, *, is_new: bool) -> None:
        due = [line for line in await self._store.lines(settlement_id) if line.paid is None]
        if due and not is_new:  # an interrupted run may have paid without noting it
            found = [await self._found(line) for line in due]
            await self._store.save_lines([line for line in found if line.paid is not None])
            due = [line for line in found if line.paid is None]
        for start in range(0, len(due), LINES_AT_ONCE):
            await self._store.save_lines(await self._paid(due[start : start + LINES_AT_ONCE]))

    async def _paid(self, lines: Sequence[StoredLine]) -> list[StoredLine]:
        """Pay lines together; where the contract refuses, one by one, so that none stops others."""
        batch = self._keys.name("settlement", lines[0].settlement_id)
        try:
            done = await self._contracts.settle(
                self._keys.operator, batch, [self._due(line) for line in lines]
            )
        except ContractRefused as refusal:
            if len(lines) > 1:
                return [paid for line in lines for paid in await self._paid([line])]
            return [_refused(lines[0], refusal.detail)]
        return [
            replace(line, paid=_paid(line, each.event), transaction=each.transaction)
            for line, each in zip(lines, done, strict=True)
        ]

    async def _found(self, line: StoredLine) -> StoredLine:
        """Return a line with what the chain says became of it, if anything."""
        settled = await self._contracts.settled(self._line_name(line))
        if settled is None:
            return line
        if settled.event.record != salted_leaf(line.content, line.salt):
            return _refused(line, "another line was settled under this identifier")
        paid = _paid(line, settled.event)
        return replace(line, paid=paid, transaction=settled.transaction)

    def _line_name(self, line: StoredLine) -> bytes:
        return self._keys.name("line", line.line.line_id)

    def _due(self, stored: StoredLine) -> DueLine:
        line, settled = stored.line, stored.settled
        if settled is None:
            raise ValueError(f"Line {line.line_id} was refused.")
        return DueLine(
            id=self._line_name(stored),
            record=salted_leaf(stored.content, stored.salt),
            agreement=bytes.fromhex(settled.agreement_id[2:]),
            direction=direction_of(line.ordered),
            baseline=line.baseline,
            ordered=abs(line.ordered),
            measured=line.measured,
            price=line.price,
        )


def _refused(line: StoredLine, problem: str) -> StoredLine:
    return replace(line, paid=PaidLine(line_id=line.line.line_id, problem=problem))


def _paid(stored: StoredLine, event: LineSettled) -> PaidLine:
    """Return a line's payment as the contract's event has it, with the terms it was paid under."""
    line, settled = stored.line, stored.settled
    paid = line.price * event.delivered * ATTO_PER_PICO
    net = event.net * ATTO_PER_PICO
    return PaidLine(
        line_id=line.line_id,
        delivered=event.delivered,
        paid=paid,
        penalty=paid - net,
        customer_tokens=event.customer_tokens,
        aggregator_tokens=event.aggregator_tokens,
        owed=max(-net, 0),
        customer_share_ppm=None if settled is None else settled.customer_share_ppm,
        penalty_price=None if settled is None else settled.penalty_price,
    )
