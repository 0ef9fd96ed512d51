"""The books held against the chain: every difference is named.

per settlement  entries of the contract's events  =  lines that were booked for it
per agreement   the number of its next line       =  lines that were booked of it, and one
per requester   what the contract charged it      =  the sum of its lines in the books
the chain       tokens in being                   =  what is charged + what is owed
the books       the sum of all accounts           =  0
"""

import asyncio
from collections.abc import Iterable, Mapping

from platone.kernel.clock import Clock
from platone.kernel.settlement_rule import ATTO_PER_PICO
from platone.ledger.domain.problem import BooksDiffer
from platone.ledger.domain.proof import tohex
from platone.ledger.records.agreement import AgreementRecords
from platone.ledger.records.reconcile import BookedSum, ReconcileRecords
from platone.ledger.service.books import euro
from platone.ledger.service.ports import Contracts, Keys
from platone.messages.books import BookDifference, Reconciliation

DIFFERENCES_TOLD = 100
"""Differences that are told of one check; all are counted."""
_PAUSE_S = 30.0
"""Pause between two checks of what is new, real seconds."""


class Reconcile:
    """Checks the books against the chain.

    Args:
        records: What was booked.
        agreements: The agreements.
        contracts: The chain's contracts.
        keys: Accounts of requesters, and names of settlements on the chain.
        operator: The market operator's party.
        clock: The market's clock.
        standstill: Held while anything is paid.
    """

    def __init__(  # noqa: PLR0917 - each is another part of the ledger
        self,
        records: ReconcileRecords,
        agreements: AgreementRecords,
        contracts: Contracts,
        keys: Keys,
        operator: str,
        clock: Clock,
        standstill: asyncio.Lock,
    ) -> None:
        self._records, self._agreements = records, agreements
        self._contracts, self._keys = contracts, keys
        self._operator, self._clock = operator, clock
        self._standstill = standstill
        self._seen = 0

    async def __call__(self, after: int = 0) -> Reconciliation:
        """Check what was booked after an entry, or all, and the sums of all.

        What differs while something is paid may only be on its way, so it is looked at again
        while nothing is.
        """
        result = await self._check(after)
        if result.is_reconciled:
            return result
        async with self._standstill:
            return await self._check(after)

    async def _check(self, after: int) -> Reconciliation:
        booked = await self._records.sums(after)
        settlements = await self._records.settlements(after)
        found: list[BookDifference] = []
        for settlement in settlements:
            found += await self._settlement(settlement, booked.get(settlement, {}))
        found += await self._agreements_differ(after)
        found += await self._totals()
        return Reconciliation(
            is_reconciled=not found,
            checked_at=self._clock.now(),
            entries=sum(each.lines for sums in booked.values() for each in sums.values()),
            settlements=len(settlements),
            difference_count=len(found),
            differences=found[:DIFFERENCES_TOLD],
        )

    async def turn(self) -> None:
        """Check what is new, and wait; what differs is checked again until it agrees.

        Raises:
            BooksDiffer: The books and the chain differ.
        """
        last = await self._records.last_entry()
        if last != self._seen:
            result = await self(self._seen)
            if not result.is_reconciled:
                first = result.differences[0]
                raise BooksDiffer(
                    f"{first.what}: {first.books} in the books, {first.chain} on the chain "
                    f"({result.difference_count} differences).",
                    differences=result.difference_count,
                )
            self._seen = last
        await asyncio.sleep(_PAUSE_S)

    async def _settlement(
        self, settlement: str, booked: Mapping[bytes, BookedSum]
    ) -> Iterable[BookDifference]:
        """Return the differences of one settlement: lines and amounts of each agreement."""
        told: dict[bytes, BookedSum] = {}
        for settled in await self._contracts.settled(self._keys.name("settlement", settlement)):
            event = settled.event
            earned = event.aggregator_tokens + (event.relieved - event.owed) * ATTO_PER_PICO
            told[event.agreement] = told.get(event.agreement, BookedSum()) + BookedSum(
                event.count, event.customer_tokens, earned
            )
        return [
            BookDifference(
                what=f"settlement {settlement}, agreement {tohex(agreement)}",
                books=str(booked.get(agreement, BookedSum())),
                chain=str(told.get(agreement, BookedSum())),
            )
            for agreement in sorted(booked.keys() | told.keys())
            if booked.get(agreement, BookedSum()) != told.get(agreement, BookedSum())
        ]

    async def _agreements_differ(self, after: int) -> list[BookDifference]:
        counts = await self._records.lines_by_agreement(after)
        found = []
        for agreement, count in counts.items():
            settled = max(await self._contracts.next_line(agreement) - 1, 0)
            if settled != count:
                what = f"lines of agreement {tohex(agreement)}"
                found.append(BookDifference(what=what, books=str(count), chain=str(settled)))
        return found

    async def _totals(self) -> list[BookDifference]:
        """Return the differences of the sums: of each requester, of the chain, of the books."""
        found, charged = [], 0
        booked = await self._records.requesters()
        for requester in sorted(booked.keys() | {self._operator}):
            told = await self._contracts.charged(self._keys.party(requester).address)
            charged += told
            if told != -booked.get(requester, 0):
                what = f"charges of {requester}"
                books = euro(-booked.get(requester, 0))
                found.append(BookDifference(what=what, books=books, chain=euro(told)))
        owed = 0
        for stored in await self._agreements.agreements():
            owed += await self._contracts.owed(stored.id)
        supply = await self._contracts.supply()
        if supply != charged + owed:
            what = "tokens in being, against what is charged and owed"
            due = euro(charged + owed)
            found.append(BookDifference(what=what, books=due, chain=euro(supply)))
        total = await self._records.total()
        if total:
            what = "the sum of all accounts"
            found.append(BookDifference(what=what, books=euro(total), chain="0"))
        return found
