"""Invoices and credit notes as they are issued and stored: consecutive, and never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, func, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.db import Database
from platone.infra.listing import Listed, Part, read_part
from platone.infra.whole import whole_sum
from platone.kernel.canonical import canonical_json
from platone.ledger.domain.books import (
    DocumentKind,
    join_amount,
    kind_of,
    payable_cents,
    split_amount,
)
from platone.ledger.records.amount_sum import amount_sum, summed
from platone.ledger.records.journal import LINE
from platone.ledger.records.leg import Party, leg
from platone.ledger.records.netting import PairSum, sums_by_counterparty
from platone.ledger.records.table import account, book_entry, document, document_line


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDocument:
    """A document as it is stored.

    Attributes:
        number: Its number.
        kind: Its kind.
        party: Whose it is.
        month: The month that it bills.
        issued_at: When it was issued.
        corrects: The document that it corrects.
        amount: Its exact amount, 1e-18 EUR.
        cents: What it bills.
        line_count: How many lines it has.
        digest: SHA-256 over its head, and reference and amount of each line.
    """

    number: int
    kind: DocumentKind
    party: Party
    month: str
    issued_at: datetime
    corrects: int | None
    amount: int
    cents: int
    line_count: int
    digest: str


class DocumentRecords:
    """The stored documents.

    Args:
        database: The ledger's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def unbilled(self, month: str) -> list[Party]:
        """Return the parties with lines of a month that no document bills yet."""
        query = (
            select(account.c.role, account.c.party)
            .join(leg, leg.c.account_id == account.c.id)
            .outerjoin(document_line, _is_billed())
            .where(leg.c.month == month, leg.c.kind == LINE, document_line.c.number.is_(None))
            .distinct()
            .order_by(account.c.role, account.c.party)
        )
        async with self._database.reading() as connection:
            return [Party(*row) for row in await connection.execute(query)]

    async def issue(self, party: Party, month: str, at: datetime) -> StoredDocument | None:
        """Issue the document of all that is not billed yet; none where there is nothing.

        Number, lines and document are stored together or not at all.
        """
        async with self._database.transaction() as connection:
            lines = await _open_lines(connection, party, month)
            if not lines:
                return None
            made = await _drafted(connection, party, month, at, lines)
            await connection.execute(insert(document).values(**_columns(made)))
            rows = [
                {"entry_id": each.entry_id, "account_id": each.account_id, "number": made.number}
                for each in lines
            ]
            await connection.execute(insert(document_line), rows)
        return made

    async def find(self, number: int) -> StoredDocument | None:
        """Return a document by its number."""
        async with self._database.reading() as connection:
            query = select(document).where(document.c.number == number)
            row = (await connection.execute(query)).first()
        return None if row is None else _of_row(row)

    async def named(self, party: str | None, before: int, part: Part) -> Listed[StoredDocument]:
        """Return documents of a party, or of all, before a number, the newest first."""
        query = select(document).where(document.c.number < before)
        if party is not None:
            query = query.where(document.c.party == party)
        by = [document.c.number]
        async with self._database.reading() as connection:
            return (await read_part(connection, query, by, part, newest_first=True)).of(_of_row)

    async def pairs(self, stored: StoredDocument) -> list[PairSum]:
        """Return the sums of a document by counterparty."""
        billed = select(document_line.c.entry_id, document_line.c.account_id).where(
            document_line.c.number == stored.number
        )
        chosen = tuple_(leg.c.entry_id, leg.c.account_id).in_(billed)
        async with self._database.reading() as connection:
            return await sums_by_counterparty(connection, stored.party, chosen)

    async def of_month(self, party: Party, month: str) -> list[StoredDocument]:
        """Return the documents of a party for a month, the first one first."""
        query = (
            select(document)
            .where(document.c.role == party.role, document.c.party == party.name)
            .where(document.c.month == month)
            .order_by(document.c.number)
        )
        async with self._database.reading() as connection:
            return [_of_row(row) for row in await connection.execute(query)]


def _is_billed() -> Any:
    return (document_line.c.entry_id == leg.c.entry_id) & (
        document_line.c.account_id == leg.c.account_id
    )


async def _open_lines(connection: AsyncConnection, party: Party, month: str) -> Sequence[Any]:
    query = (
        select(leg.c.entry_id, leg.c.account_id, leg.c.micro, leg.c.rest, book_entry.c.reference)
        .join(account, account.c.id == leg.c.account_id)
        .join(book_entry, book_entry.c.id == leg.c.entry_id)
        .outerjoin(document_line, _is_billed())
        .where(party.owns(), leg.c.month == month, leg.c.kind == LINE)
        .where(document_line.c.number.is_(None))
        .order_by(leg.c.entry_id)
    )
    return (await connection.execute(query)).all()


async def _drafted(
    connection: AsyncConnection, party: Party, month: str, at: datetime, lines: Sequence[Any]
) -> StoredDocument:
    is_mine = (document.c.role == party.role) & (document.c.party == party.name)
    sums = select(whole_sum(document.c.cents), *amount_sum(document.c.micro, document.c.rest))
    cents, *parts = (await connection.execute(sums.where(is_mine))).one()
    last = (await connection.execute(select(func.max(document.c.number)))).scalar()
    same = select(document.c.number, document.c.kind).where(is_mine, document.c.month == month)
    first = (await connection.execute(same.order_by(document.c.number).limit(1))).first()
    amount = sum(join_amount(each.micro, each.rest) for each in lines)
    head: dict[str, Any] = {
        "number": (last or 0) + 1,
        "kind": kind_of(amount, None if first is None else DocumentKind(first.kind)),
        "month": month,
        "issued_at": at.astimezone(UTC),
        "corrects": None if first is None else first.number,
        "amount": amount,
        "cents": payable_cents(amount, summed(parts), cents or 0),
        "line_count": len(lines),
    }
    listed = [[each.reference, str(join_amount(each.micro, each.rest))] for each in lines]
    told = head | {"amount": str(amount), "role": party.role, "party": party.name, "lines": listed}
    digest = sha256(canonical_json(told)).hexdigest()
    return StoredDocument(party=party, digest=digest, **head)


def _columns(made: StoredDocument) -> dict[str, object]:
    micro, rest = split_amount(made.amount)
    return {
        "number": made.number,
        "kind": made.kind.value,
        "role": made.party.role,
        "party": made.party.name,
        "month": made.month,
        "issued_at": made.issued_at.replace(tzinfo=None),
        "corrects": made.corrects,
        "micro": micro,
        "rest": rest,
        "cents": made.cents,
        "line_count": made.line_count,
        "digest": made.digest,
    }


def _of_row(row: Row[Any]) -> StoredDocument:
    return StoredDocument(
        number=row.number,
        kind=DocumentKind(row.kind),
        party=Party(row.role, row.party),
        month=row.month,
        issued_at=row.issued_at.replace(tzinfo=UTC),
        corrects=row.corrects,
        amount=join_amount(row.micro, row.rest),
        cents=row.cents,
        line_count=row.line_count,
        digest=row.digest,
    )
