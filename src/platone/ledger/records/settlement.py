"""Settlements and their lines as they are stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Row, bindparam, func, insert, select, update

from platone.infra.db import Database
from platone.infra.listing import Listed, Part, read_part
from platone.infra.packed import pack, unpack
from platone.kernel.canonical import canonical_json
from platone.ledger.domain.merkle import salted_leaf
from platone.ledger.domain.settlement import SettledLine
from platone.ledger.records.journal import DueLine, Journal
from platone.ledger.records.table import line, settlement
from platone.messages.ledger import PaidLine, SettlementLine, SettlementOrder


@dataclass(frozen=True, slots=True)
class StoredLine:
    """A line of a settlement as it is stored.

    Attributes:
        settlement_id: The settlement.
        position: Its place in the settlement's order.
        line: The line as it was sent.
        settled: The text whose salted hash is a leaf under the root in the contract's event; none
            where the line was refused before it came to that. Its number is 0 until it has one.
        salt: The text's salt.
        paid: What came of it; none until then.
        transaction: The transaction that settled it.
    """

    settlement_id: str
    position: int
    line: SettlementLine
    settled: SettledLine | None
    salt: bytes
    paid: PaidLine | None
    transaction: bytes | None

    @property
    def content(self) -> bytes:
        """The text that is proven."""
        return canonical_json(self.settled)

    @property
    def leaf(self) -> bytes:
        """The text's salted hash."""
        return salted_leaf(self.content, self.salt)

    @property
    def agreement(self) -> bytes | None:
        """The agreement that it is settled under, 32 bytes; none where it was refused."""
        return None if self.settled is None else bytes.fromhex(self.settled.agreement_id[2:])


class EntryLine(NamedTuple):
    """A line of an entry as its proofs need it: the leaf, and the text with its salt."""

    leaf: bytes
    content: bytes
    salt: bytes


class SettlementRecords:
    """The stored settlements; a line is found by its settlement and its place in it.

    Args:
        database: The ledger's database.
        journal: Books what is paid.
    """

    def __init__(self, database: Database, journal: Journal) -> None:
        self._database = database
        self._journal = journal

    async def settlement_hash(self, settlement_id: str) -> str | None:
        """Return the content hash of the order that is known under an identifier."""
        query = select(settlement.c.content_hash).where(settlement.c.id == settlement_id)
        async with self._database.reading() as connection:
            found: str | None = (await connection.execute(query)).scalar()
            return found

    async def add_settlement(
        self, order: SettlementOrder, digest: str, lines: Sequence[StoredLine], at: datetime
    ) -> None:
        """Store an order and its lines."""
        created_at = at.astimezone(UTC).replace(tzinfo=None)
        head = {"id": order.settlement_id, "content_hash": digest, "created_at": created_at}
        rows = [
            {
                "settlement_id": order.settlement_id,
                "position": stored.position,
                "line_id": stored.line.line_id,
                "corrects": stored.line.corrects,
                "content": pack(canonical_json(stored.line)),
                "salt": stored.salt,
            }
            | _result(stored)
            for stored in lines
        ]
        async with self._database.transaction() as connection:
            await connection.execute(insert(settlement).values(**head))
            await connection.execute(insert(line), rows)

    async def save_lines(self, lines: Sequence[StoredLine]) -> None:
        """Store what became of lines; what was paid is booked in the same transaction."""
        if not lines:
            return
        changes = [
            {"in": stored.settlement_id, "at": stored.position} | _result(stored)
            for stored in lines
        ]
        chosen = (line.c.settlement_id == bindparam("in")) & (line.c.position == bindparam("at"))
        values: dict[str, Any] = {name: bindparam(name) for name in _result(lines[0])}
        async with self._database.transaction() as connection:
            await connection.execute(update(line).where(chosen).values(values), changes)
            await self._journal.book_lines(connection, _due(lines))

    async def lines(self, settlement_id: str) -> list[StoredLine]:
        """Return a settlement's lines, in order."""
        query = select(line).where(line.c.settlement_id == settlement_id).order_by(line.c.position)
        async with self._database.reading() as connection:
            return [_of_row(row) for row in await connection.execute(query)]

    async def by_transaction(self, transaction: bytes) -> list[tuple[StoredLine, datetime]]:
        """Return the lines that a transaction settled, and when they were ordered."""
        query = (
            select(line, settlement.c.created_at)
            .join(settlement)
            .where(line.c.transaction_hash == transaction)
            .order_by(line.c.position)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        return [(_of_row(row), row.created_at.replace(tzinfo=UTC)) for row in rows]

    async def next_number(self, agreement: bytes) -> int:
        """Return the number after the last paid line of an agreement."""
        query = select(func.max(line.c.number)).where(
            line.c.agreement_id == agreement, line.c.transaction_hash.is_not(None)
        )
        async with self._database.reading() as connection:
            last: int | None = (await connection.execute(query)).scalar()
        return (last or 0) + 1

    async def entry(self, agreement: bytes, transaction: bytes) -> list[EntryLine]:
        """Return the lines that a transaction settled under an agreement, in their order."""
        query = (
            select(line.c.leaf, line.c.settled, line.c.salt)
            .where(line.c.agreement_id == agreement, line.c.transaction_hash == transaction)
            .order_by(line.c.number)
        )
        async with self._database.reading() as connection:
            rows = await connection.execute(query)
            return [EntryLine(row.leaf, unpack(row.settled), row.salt) for row in rows]

    async def of_agreement(self, agreement: bytes, part: Part) -> Listed[StoredLine]:
        """Return paid lines of an agreement, by their numbers."""
        query = select(line).where(
            line.c.agreement_id == agreement, line.c.transaction_hash.is_not(None)
        )
        async with self._database.reading() as connection:
            return (await read_part(connection, query, [line.c.number], part)).of(_of_row)

    async def open_settlements(self) -> list[str]:
        """Return settlements with lines that nothing came of yet."""
        query = select(line.c.settlement_id).where(line.c.paid.is_(None)).distinct()
        async with self._database.reading() as connection:
            return list((await connection.execute(query)).scalars())

    async def effective_line(self, line_id: str) -> StoredLine | None:
        """Return the line of any settlement that is paid, or being paid, under an identifier."""
        return await self._effective(line.c.line_id == line_id)

    async def correction_of(self, line_id: str) -> StoredLine | None:
        """Return the line that is paid, or being paid, as the next version of another."""
        return await self._effective(line.c.corrects == line_id)

    async def _effective(self, is_it: ColumnElement[bool]) -> StoredLine | None:
        query = select(line).where(is_it, line.c.refused.is_(False))
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).first()
        return None if row is None else _of_row(row)


def _due(lines: Sequence[StoredLine]) -> list[DueLine]:
    """Return the lines among these that the contract has paid."""
    return [
        DueLine(
            settlement_id=stored.settlement_id,
            position=stored.position,
            line=stored.line,
            paid=stored.paid,
            agreement=stored.agreement or b"",
            number=stored.settled.number,
            transaction=stored.transaction,
        )
        for stored in lines
        if stored.transaction and stored.paid is not None and stored.settled is not None
    ]


def _result(stored: StoredLine) -> dict[str, object]:
    """Return the columns that change while a line is settled."""
    settled = stored.settled
    return {
        "settled": None if settled is None else pack(stored.content),
        "agreement_id": stored.agreement,
        "number": None if settled is None else settled.number,
        "leaf": None if settled is None else stored.leaf,
        "paid": None if stored.paid is None else pack(canonical_json(stored.paid)),
        "refused": stored.paid is not None and stored.paid.problem is not None,
        "transaction_hash": stored.transaction,
    }


def _of_row(row: Row[Any]) -> StoredLine:
    return StoredLine(
        settlement_id=row.settlement_id,
        position=row.position,
        line=msgspec.json.decode(unpack(row.content), type=SettlementLine),
        settled=None
        if row.settled is None
        else msgspec.json.decode(unpack(row.settled), type=SettledLine),
        salt=row.salt,
        paid=None if row.paid is None else msgspec.json.decode(unpack(row.paid), type=PaidLine),
        transaction=row.transaction_hash,
    )
