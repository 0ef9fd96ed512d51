"""Sums of the books by settlement, agreement and requester, as the chain has them too."""

from dataclasses import dataclass

from sqlalchemy import func, select

from platone.infra.db import Database
from platone.kernel.decimal_text import decimal_text
from platone.ledger.domain.proof_text import TOKEN_DECIMALS
from platone.ledger.records.amount_sum import COLUMNS, amount_sum, summed
from platone.ledger.records.journal import LINE
from platone.ledger.records.leg import leg
from platone.ledger.records.table import account, agreement, book_entry, settlement


@dataclass(frozen=True, slots=True)
class BookedSum:
    """The sum of lines of one agreement in one settlement.

    Attributes:
        lines: How many lines.
        customer: To the customer, 1e-18 EUR.
        aggregator: To the aggregator, less what it owes, 1e-18 EUR.
    """

    lines: int = 0
    customer: int = 0
    aggregator: int = 0

    def __add__(self, other: "BookedSum") -> "BookedSum":
        """Return both together."""
        return BookedSum(
            self.lines + other.lines,
            self.customer + other.customer,
            self.aggregator + other.aggregator,
        )

    def __str__(self) -> str:
        """Return the sum in words."""
        customer, aggregator = (
            decimal_text(each, TOKEN_DECIMALS) for each in (self.customer, self.aggregator)
        )
        return f"{self.lines} lines, customer {customer}, aggregator {aggregator} EUR"


class ReconcileRecords:
    """The books' sums.

    Args:
        database: The ledger's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def last_entry(self) -> int:
        """Return the number of the newest entry; 0 where there is none."""
        async with self._database.reading() as connection:
            query = select(func.max(book_entry.c.id))
            return int((await connection.execute(query)).scalar() or 0)

    async def settlements(self, after: int) -> list[str]:
        """Return the settlements with entries after one; from the first on, all that are known."""
        if after:
            query = select(book_entry.c.settlement_id).where(
                book_entry.c.kind == LINE, book_entry.c.id > after
            )
        else:
            query = select(settlement.c.id)
        async with self._database.reading() as connection:
            rows = await connection.execute(query.distinct())
            return sorted(rows.scalars())

    async def sums(self, after: int) -> dict[str, dict[bytes, BookedSum]]:
        """Return all sums of the settlements that have entries after one."""
        chosen = select(book_entry.c.settlement_id).where(book_entry.c.id > after)
        query = (
            select(
                book_entry.c.settlement_id,
                book_entry.c.agreement_id,
                func.count(),
                *amount_sum(book_entry.c.third_micro, book_entry.c.third_rest),
                *amount_sum(book_entry.c.second_micro, book_entry.c.second_rest),
            )
            .where(book_entry.c.kind == LINE, book_entry.c.settlement_id.in_(chosen))
            .group_by(book_entry.c.settlement_id, book_entry.c.agreement_id)
        )
        found: dict[str, dict[bytes, BookedSum]] = {}
        async with self._database.reading() as connection:
            for name, agreed, count, *parts in await connection.execute(query):
                customer, aggregator = summed(parts[:COLUMNS]), summed(parts[COLUMNS:])
                found.setdefault(name, {})[agreed] = BookedSum(count, customer, aggregator)
        return found

    async def lines_by_agreement(self, after: int) -> dict[bytes, int]:
        """Return how many lines are booked of each agreement that has entries after one."""
        is_line = book_entry.c.kind == LINE
        chosen = select(book_entry.c.agreement_id).where(is_line, book_entry.c.id > after)
        query = (
            select(book_entry.c.agreement_id, func.count())
            .where(is_line, book_entry.c.agreement_id.in_(chosen))
            .group_by(book_entry.c.agreement_id)
        )
        async with self._database.reading() as connection:
            counts = {row[0]: row[1] for row in await connection.execute(query)}
            if not after:
                known = await connection.execute(select(agreement.c.id))
                counts = dict.fromkeys(known.scalars(), 0) | counts
        return counts

    async def requesters(self) -> dict[str, int]:
        """Return the sum of the lines of each requester, 1e-18 EUR."""
        query = (
            select(account.c.party, *amount_sum(leg.c.micro, leg.c.rest))
            .outerjoin(leg, (leg.c.account_id == account.c.id) & (leg.c.kind == LINE))
            .where(account.c.role == "requester")
            .group_by(account.c.party)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        return {party: summed(parts) for party, *parts in rows}

    async def total(self) -> int:
        """Return the sum of all accounts, 1e-18 EUR."""
        query = select(*amount_sum(leg.c.micro, leg.c.rest))
        async with self._database.reading() as connection:
            return summed((await connection.execute(query)).one())
