"""Payment of a settlement's lines: one entry on the chain for each agreement.

    lines of an order ─► by agreement ─► numbered from the chain's next ─► stored with their leaves
                                                                                    │
           stored as paid ◄─ the event of (batch, agreement, first line) ◄─ settle ◄─┘

A run that was stopped between the contract and its own records finds its entries on the chain by
the settlement's keyed name. Where the chain has more lines of an agreement than the records know,
the records are an older copy, and nothing is paid under it: neither twice nor without a trace.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import zip_longest

import msgspec

from platone.kernel.settlement_rule import ATTO_PER_PICO
from platone.ledger.domain.entry_word import Holder
from platone.ledger.domain.merkle import MerkleTree
from platone.ledger.domain.problem import ContractRefused
from platone.ledger.domain.settlement import SettledLine, Total
from platone.ledger.records.agreement import AgreementRecords
from platone.ledger.records.settlement import SettlementRecords, StoredLine
from platone.ledger.service.ports import Contracts, DueEntry, Keys
from platone.messages.ledger import PaidLine

ENTRIES_AT_ONCE = 100
"""Entries in one transaction, half of what the contract takes: what a call costs by itself, 56,000
gas, is then a twentieth of it, and it is sealed within a second."""


class PayEntries:
    """Payment of what is due of a settlement.

    Args:
        store: Where its lines are kept.
        agreements: What they are paid under.
        contracts: The chain's contracts.
        keys: The operator's account, and the settlements' keyed names.
        operator: The market operator's party, who is charged where a line names no requester.
    """

    def __init__(
        self,
        store: SettlementRecords,
        agreements: AgreementRecords,
        contracts: Contracts,
        keys: Keys,
        operator: str,
    ) -> None:
        self._store = store
        self._agreements = agreements
        self._contracts = contracts
        self._keys = keys
        self._operator = operator

    async def due(self, settlement_id: str) -> list[StoredLine]:
        """Return the lines that nothing came of yet, after noting what an interrupted run paid."""
        lines = await self._store.lines(settlement_id)
        if any(line.paid is None for line in lines):
            await self._contracts.check_quiet(self._keys.operator)
            batch = self._keys.name("settlement", settlement_id)
            lines = await self._recover(batch, lines)
        return [line for line in lines if line.paid is None]

    async def __call__(self, settlement_id: str, lines: Sequence[StoredLine]) -> None:
        """Pay lines of a settlement that nothing came of yet."""
        batch = self._keys.name("settlement", settlement_id)
        # The contract pays an aggregator once where its entries follow one another.
        ordered = sorted(_by_agreement(lines).items(), key=_aggregator_of)
        # Proofs find an entry by agreement and transaction: there is one of each in a call.
        for runs in zip_longest(*(_runs(due) for _, due in ordered), fillvalue=()):
            entries = [entry for run in runs if (entry := await self._number(run))]
            for start in range(0, len(entries), ENTRIES_AT_ONCE):
                await self._settle(batch, entries[start : start + ENTRIES_AT_ONCE])

    async def _recover(self, batch: bytes, lines: Sequence[StoredLine]) -> list[StoredLine]:
        """Note the entries that an interrupted run had paid; return the lines as they then are."""
        found: dict[int, StoredLine] = {}
        for settled in await self._contracts.settled(batch):
            event = settled.event
            numbers = range(event.first_line, event.first_line + event.count)
            entry = [
                line
                for line in lines
                if line.agreement == event.agreement and _number_of(line) in numbers
            ]
            due = [line for line in entry if line.paid is None]
            if due and MerkleTree([line.leaf for line in entry]).root == event.root:
                found |= {line.position: _as_paid(line, settled.transaction) for line in due}
        await self._store.save_lines(list(found.values()))
        return [found.get(line.position, line) for line in lines]

    async def _number(self, due: Sequence[StoredLine]) -> list[StoredLine]:
        """Number lines as the next of their agreement, and store them; none where that fails."""
        agreement = due[0].agreement if due else None
        if agreement is None:
            return []
        first = await self._contracts.next_line(agreement)
        known = await self._store.next_number(agreement)
        if first != known:
            problem = (
                f"the chain's next line of this agreement is number {first}, that of the ledger's "
                f"records {known}: they are of different ages"
            )
            await self._store.save_lines([refused(line, problem) for line in due])
            return []
        numbered = [
            replace(line, settled=msgspec.structs.replace(settled, number=number))
            for number, (line, settled) in enumerate(_texts(due), first)
        ]
        await self._store.save_lines(numbered)
        return numbered

    async def _settle(self, batch: bytes, entries: Sequence[Sequence[StoredLine]]) -> None:
        """Pay entries together; where the contract refuses, one by one: none stops others."""
        try:
            transaction = await self._contracts.settle(
                self._keys.operator, batch, await self._due_entries(entries)
            )
        except ContractRefused as refusal:
            if len(entries) > 1:
                for entry in entries:
                    await self._settle(batch, [entry])
                return
            # A transaction whose answer was lost may have paid them: then the next is refused.
            open_lines = await self._recover(batch, entries[0])
            await self._store.save_lines(
                [refused(line, refusal.detail) for line in open_lines if line.paid is None]
            )
            return
        paid = [_as_paid(line, transaction) for entry in entries for line in entry]
        await self._store.save_lines(paid)

    async def _due_entries(self, entries: Sequence[Sequence[StoredLine]]) -> list[DueEntry]:
        named = [(entry[0].agreement or b"", entry) for entry in entries]
        holders = await self._agreements.holders({agreement for agreement, _ in named})
        return [self._due_entry(holders[agreement], entry) for agreement, entry in named]

    def _due_entry(self, holder: Holder, lines: Sequence[StoredLine]) -> DueEntry:
        texts = [settled for _, settled in _texts(lines)]
        total = Total.of(texts)
        nets: dict[str, int] = {}
        for settled in texts:
            requester = settled.line.requester_id or self._operator
            nets[requester] = nets.get(requester, 0) + settled.difference().net
        return DueEntry(
            holder=holder,
            first_line=texts[0].number,
            count=len(texts),
            root=MerkleTree([line.leaf for line in lines]).root,
            paid=total.paid,
            owed=total.owed,
            relieved=total.relieved,
            traded_at_s=_last_trade_s(texts),
            charges={self._keys.party(each).address: net for each, net in nets.items()},
        )


def refused(line: StoredLine, problem: str) -> StoredLine:
    """Return a line as refused: it has no text on the chain."""
    paid = PaidLine(line_id=line.line.line_id, problem=problem)
    return replace(line, settled=None, paid=paid)


def payment(settled: SettledLine) -> PaidLine:
    """Return a line's payment by the rule, with the terms that it was paid under."""
    amounts, shares = settled.amounts(), settled.shares()
    return PaidLine(
        line_id=settled.line.line_id,
        delivered=amounts.delivered,
        paid=amounts.paid * ATTO_PER_PICO,
        penalty=amounts.penalty * ATTO_PER_PICO,
        customer_tokens=shares.customer,
        aggregator_tokens=shares.aggregator,
        owed=shares.owed,
        relieved=shares.relieved,
        customer_share_ppm=settled.customer_share_ppm,
        penalty_price=settled.penalty_price,
        least_delivery_ppm=settled.least_delivery_ppm,
        full_delivery_ppm=settled.full_delivery_ppm,
        agreement_id=settled.agreement_id,
    )


def _texts(lines: Iterable[StoredLine]) -> list[tuple[StoredLine, SettledLine]]:
    """Return lines that may be paid, each with its text."""
    return [(line, line.settled) for line in lines if line.settled is not None]


def _as_paid(line: StoredLine, transaction: bytes) -> StoredLine:
    paid = None if line.settled is None else payment(line.settled)
    return replace(line, paid=paid, transaction=transaction)


def _by_agreement(lines: Iterable[StoredLine]) -> dict[bytes, list[StoredLine]]:
    """Return lines by the agreement that they are settled under."""
    found: dict[bytes, list[StoredLine]] = {}
    for line in lines:
        if line.agreement is not None:
            found.setdefault(line.agreement, []).append(line)
    return found


def _last_trade_s(texts: Iterable[SettledLine]) -> int:
    """Return when the last of some lines was traded, Unix seconds; 0 where one does not tell."""
    instants = [each.line.traded_at for each in texts]
    told = [int(at.timestamp()) for at in instants if at is not None]
    return max(told) if len(told) == len(instants) else 0


def _runs(lines: Sequence[StoredLine]) -> list[list[StoredLine]]:
    """Return an agreement's lines as runs that an entry can hold each.

    An entry holds no line that is owed beside one that relieves, and no more than its fields do.
    """
    runs: list[list[StoredLine]] = []
    total = Total(0, 0)
    for line, settled in sorted(_texts(lines), key=lambda each: each[1].difference().relieved > 0):
        with_it = total + Total.of([settled])
        if not runs or not with_it.is_one_entry:
            runs.append([])
            with_it = Total.of([settled])
        runs[-1].append(line)
        total = with_it
    return runs


def _number_of(line: StoredLine) -> int:
    return 0 if line.settled is None else line.settled.number


def _aggregator_of(due: tuple[bytes, Sequence[StoredLine]]) -> str:
    return due[1][0].line.aggregator_id
