"""Settlements and their lines as they are stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Row, insert, select, update

from platone.infra.db import Database
from platone.kernel.canonical import canonical_json
from platone.ledger.domain.settlement import SettledLine
from platone.ledger.records.table import line, settlement
from platone.messages.ledger import PaidLine, SettlementLine, SettlementOrder


@dataclass(frozen=True, slots=True)
class StoredLine:
    """A line of a settlement as it is stored.

    Attributes:
        settlement_id: The settlement.
        settled: The text whose salted hash stands in the contract's event; none where the line
            was refused before it came to that.
        line: The line as it was sent.
        salt: The text's salt.
        paid: What came of it; none until then.
        transaction: The transaction that settled it.
    """

    settlement_id: str
    line: SettlementLine
    settled: SettledLine | None
    salt: bytes
    paid: PaidLine | None
    transaction: bytes | None

    @property
    def content(self) -> bytes:
        """The text that is proven."""
        return canonical_json(self.settled)


class SettlementRecords:
    """The stored settlements; a line is found by its settlement and its place in it.

    Args:
        database: The ledger's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

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
                "position": position,
                "line_id": stored.line.line_id,
                "content": canonical_json(stored.line),
                "settled": None if stored.settled is None else stored.content,
                "salt": stored.salt,
            }
            | _result(stored)
            for position, stored in enumerate(lines)
        ]
        async with self._database.transaction() as connection:
            await connection.execute(insert(settlement).values(**head))
            await connection.execute(insert(line), rows)

    async def save_lines(self, lines: Sequence[StoredLine]) -> None:
        """Store what became of lines."""
        async with self._database.transaction() as connection:
            for stored in lines:
                await connection.execute(
                    update(line)
                    .where(line.c.settlement_id == stored.settlement_id, line.c.salt == stored.salt)
                    .values(**_result(stored))
                )

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

    async def open_settlements(self) -> list[str]:
        """Return settlements with lines that nothing came of yet."""
        query = select(line.c.settlement_id).where(line.c.paid.is_(None)).distinct()
        async with self._database.reading() as connection:
            return list((await connection.execute(query)).scalars())

    async def effective_line(self, line_id: str) -> StoredLine | None:
        """Return the line of any settlement that is paid, or being paid, under an identifier."""
        query = select(line).where(line.c.line_id == line_id, line.c.refused.is_(False))
        async with self._database.reading() as connection:
            row = (await connection.execute(query)).first()
        return None if row is None else _of_row(row)


def _result(stored: StoredLine) -> dict[str, object]:
    return {
        "paid": None if stored.paid is None else canonical_json(stored.paid),
        "refused": stored.paid is not None and stored.paid.problem is not None,
        "transaction_hash": stored.transaction,
    }


def _of_row(row: Row[Any]) -> StoredLine:
    return StoredLine(
        settlement_id=row.settlement_id,
        line=msgspec.json.decode(row.content, type=SettlementLine),
        settled=None if row.settled is None else msgspec.json.decode(row.settled, type=SettledLine),
        salt=row.salt,
        paid=None if row.paid is None else msgspec.json.decode(row.paid, type=PaidLine),
        transaction=row.transaction_hash,
    )
