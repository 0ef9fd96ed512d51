"""The books as they are read: accounts, and the legs of entries from a party's side."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, Select, func, select

from platone.infra.db import Database
from platone.infra.listing import Listed, Part, read_part
from platone.infra.packed import unpack
from platone.ledger.domain.books import AccountName, AccountRole, join_amount
from platone.ledger.records.amount_sum import COLUMNS, amount_sum, summed
from platone.ledger.records.leg import Party, leg
from platone.ledger.records.netting import PairSum, sums_by_counterparty
from platone.ledger.records.table import account, book_entry, document_line, line
from platone.messages.ledger import PaidLine, SettlementLine

_AMOUNT = 4
"""Columns before those of an account's sum: its role, party and point of delivery, its entries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turnover:
    """The sums of a party's entries of a month, 1e-18 EUR, as they were at one moment.

    Attributes:
        opening: The balance of all months before.
        traded: The sum of the month's lines.
        paid: The sum of its payments.
        entries: How many entries it has.
        last_entry: The number of the last entry that is counted; 0: none.
    """

    opening: int
    traded: int
    paid: int
    entries: int
    last_entry: int


@dataclass(frozen=True, slots=True)
class Balance:
    """The balance of an account, 1e-18 EUR, and how many entries it has."""

    account: AccountName
    amount: int
    entries: int


@dataclass(frozen=True, slots=True)
class BookedPayment:
    """A payment as it was booked: its entry, the party's account and amount, and when."""

    entry: int
    account: AccountName
    amount: int
    month: str
    posted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyLine:
    """An entry as one party sees it.

    Attributes:
        entry: Its number.
        kind: "line" or "payment".
        reference: The line's or payment's identifier.
        amount: What it adds to the party's account, 1e-18 EUR.
        month: The month that it belongs to.
        posted_at: When it was booked.
        requester: The party of the first leg of a line.
        aggregator: The party of its second leg.
        line: The line; none where it was erased, or is a payment.
        paid: What was paid for it.
        agreement: Its agreement.
        number: Its number there.
        transaction: The transaction that paid it.
        invoice: The document that bills it.
    """

    entry: int
    kind: str
    reference: str
    amount: int
    month: str
    posted_at: datetime
    requester: str | None
    aggregator: str | None
    line: SettlementLine | None
    paid: PaidLine | None
    agreement: bytes | None
    number: int | None
    transaction: bytes | None
    invoice: int | None


class BookRecords:
    """The books, to be read.

    Args:
        database: The ledger's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def total(self) -> int:
        """Return the sum of all accounts, 1e-18 EUR."""
        query = select(*amount_sum(leg.c.micro, leg.c.rest))
        async with self._database.reading() as connection:
            return summed((await connection.execute(query)).one())

    async def balances(self, party: str | None, part: Part) -> Listed[Balance]:
        """Return the balances of a party's accounts, or of all, by role and name."""
        query = (
            select(
                account.c.role,
                account.c.party,
                account.c.pod,
                func.count().label("entries"),
                *amount_sum(leg.c.micro, leg.c.rest),
            )
            .join(leg, leg.c.account_id == account.c.id)
            .group_by(account.c.id)
        )
        if party is not None:
            query = query.where(account.c.party == party)
        by = [account.c.role, account.c.party, account.c.pod]
        async with self._database.reading() as connection:
            found = await read_part(connection, query, by, part)
        return found.of(
            lambda row: Balance(
                AccountName(AccountRole(row.role), row.party, row.pod),
                summed(row[_AMOUNT : _AMOUNT + COLUMNS]),
                row.entries,
            )
        )

    async def parties(self, name: str | None = None) -> list[Party]:
        """Return the parties with accounts, each in each of its roles; or those of one name."""
        query = select(account.c.role, account.c.party).distinct().order_by(*account.c[1:3])
        if name is not None:
            query = query.where(account.c.party == name)
        async with self._database.reading() as connection:
            return [Party(*row) for row in await connection.execute(query)]

    async def payment(self, reference: str) -> BookedPayment | None:
        """Return a booked payment by its identifier."""
        query = (
            select(book_entry, account.c.role, account.c.party, account.c.pod)
            .join(account, account.c.id == book_entry.c.first_account)
            .where(book_entry.c.kind == "payment", book_entry.c.reference == reference)
        )
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).first()
        if row is None:
            return None
        return BookedPayment(
            row.id,
            AccountName(AccountRole(row.role), row.party, row.pod),
            join_amount(row.first_micro, row.first_rest),
            row.month,
            row.posted_at.replace(tzinfo=UTC),
        )

    async def turnover(self, party: Party, month: str) -> Turnover:
        """Return a party's balance before a month, and the sums of the month's entries."""
        is_now, is_line = leg.c.month == month, leg.c.kind == "line"
        sums = amount_sum(leg.c.micro, leg.c.rest)
        query = (
            select(is_now, is_line, func.count(), func.max(leg.c.entry_id), *sums)
            .join(account, account.c.id == leg.c.account_id)
            .where(party.owns(), leg.c.month <= month)
            .group_by(is_now, is_line)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        found = {(bool(row[0]), bool(row[1])): summed(row[-COLUMNS:]) for row in rows}
        return Turnover(
            opening=found.get((False, False), 0) + found.get((False, True), 0),
            traded=found.get((True, True), 0),
            paid=found.get((True, False), 0),
            entries=sum(row[2] for row in rows if row[0]),
            last_entry=max((row[3] for row in rows), default=0),
        )

    async def netting_of_month(self, party: Party, month: str, through: int) -> list[PairSum]:
        """Return the sums of a party's lines of a month by counterparty, up to an entry."""
        is_line = (leg.c.kind == "line") & (leg.c.month == month) & (leg.c.entry_id <= through)
        async with self._database.reading() as connection:
            return await sums_by_counterparty(connection, party, is_line)

    async def lines_of_month(
        self, party: Party, month: str, through: int, part: Part
    ) -> Listed[PartyLine]:
        """Return a party's entries of a month up to an entry's number, by their numbers."""
        chosen = (leg.c.month == month) & (leg.c.entry_id <= through)
        return await self._lines(party, chosen, part)

    async def lines_of_document(self, party: Party, number: int, part: Part) -> Listed[PartyLine]:
        """Return a document's lines, by their entries' numbers."""
        return await self._lines(party, document_line.c.number == number, part)

    async def _lines(
        self, party: Party, chosen: ColumnElement[bool], part: Part
    ) -> Listed[PartyLine]:
        query = _party_lines().where(party.owns(), chosen)
        async with self._database.reading() as connection:
            return (await read_part(connection, query, [leg.c.entry_id], part)).of(party_line)


def _party_lines() -> Select[Any]:
    requester, aggregator = account.alias("requester"), account.alias("aggregator")
    return (
        select(
            book_entry,
            leg.c.micro,
            leg.c.rest,
            requester.c.party.label("requester"),
            aggregator.c.party.label("aggregator"),
            line.c.content,
            line.c.paid,
            document_line.c.number.label("invoice"),
        )
        .select_from(leg)
        .join(account, account.c.id == leg.c.account_id)
        .join(book_entry, book_entry.c.id == leg.c.entry_id)
        .join(requester, requester.c.id == book_entry.c.first_account)
        .join(aggregator, aggregator.c.id == book_entry.c.second_account)
        .outerjoin(
            line,
            (line.c.settlement_id == book_entry.c.settlement_id)
            & (line.c.position == book_entry.c.position),
        )
        .outerjoin(
            document_line,
            (document_line.c.entry_id == leg.c.entry_id)
            & (document_line.c.account_id == leg.c.account_id),
        )
    )


def party_line(row: Row[Any]) -> PartyLine:
    """Return a row as its party sees it."""
    is_line = row.kind == "line"
    return PartyLine(
        entry=row.id,
        kind=row.kind,
        reference=row.reference,
        amount=join_amount(row.micro, row.rest),
        month=row.month,
        posted_at=row.posted_at.replace(tzinfo=UTC),
        requester=row.requester if is_line else None,
        aggregator=row.aggregator if is_line else None,
        line=_decoded(row.content, SettlementLine),
        paid=_decoded(row.paid, PaidLine),
        agreement=row.agreement_id,
        number=row.number,
        transaction=row.transaction_hash,
        invoice=row.invoice,
    )


def _decoded(content: bytes | None, kind: type[Any]) -> Any:
    return None if content is None else msgspec.json.decode(unpack(content), type=kind)
