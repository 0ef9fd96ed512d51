"""Erasure of points of delivery from the ledger's records; the chain holds none of them."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime

import msgspec
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.db import Database
from platone.infra.packed import unpack
from platone.kernel.redaction import is_text_about
from platone.ledger.records.journal import LINE
from platone.ledger.records.table import (
    account,
    agreement,
    book_entry,
    document,
    erased,
    line,
    proposal,
    record,
    settlement,
    wallet,
)
from platone.messages.ledger import SettlementLine

Pseudonym = Callable[[str], str]
"""Gives the keyed name of what was erased: the same every time, and not to be guessed."""


class ErasureRecords:
    """The records that the ledger has of points of delivery, and their erasure.

    Args:
        database: The ledger's database.
        pseudonym: Names what was erased so that nobody else can tell what it is.
    """

    def __init__(self, database: Database, pseudonym: Pseudonym) -> None:
        self._database, self._pseudonym = database, pseudonym

    async def paying_since(self, pods: Collection[str]) -> datetime | None:
        """Return when the last payment of these was ordered that has no result; None: none is."""
        query = select(line.c.content, settlement.c.created_at).join(settlement)
        latest: datetime | None = None
        async with self._database.reading() as connection:
            async for row in await connection.stream(query.where(line.c.paid.is_(None))):
                if _line_pod(row.content) in pods:
                    latest = max(row.created_at, latest or row.created_at)
        return None if latest is None else latest.replace(tzinfo=UTC)

    async def was_erased(self, identifier: str) -> bool:
        """Return whether the record or settlement line of an identifier was erased."""
        name = self._pseudonym(identifier)
        records = select(record.c.content).where(record.c.id.in_([identifier, name]))
        lines = select(erased.c.name).where(erased.c.name == name)
        async with self._database.reading() as connection:
            contents = (await connection.execute(records)).scalars().all()
            if contents:  # several owners may use one identifier
                return all(content is None for content in contents)
            return (await connection.execute(lines)).first() is not None

    async def agreements_of(self, pods: Collection[str]) -> list[bytes]:
        """Return the identifiers of all agreements about these that have not ended."""
        is_open = agreement.c.pod.in_(pods) & agreement.c.ended_s.is_(None)
        async with self._database.reading() as connection:
            return list((await connection.execute(select(agreement.c.id).where(is_open))).scalars())

    async def erase(self, pods: Collection[str]) -> None:
        """Erase all that is kept of points of delivery; again: nothing more happens."""
        async with self._database.erasing() as connection:
            await self._erase_lines(connection, pods)
            await self._erase_certified(connection, pods)
            for table in (wallet, proposal):
                await connection.execute(delete(table).where(table.c.pod.in_(pods)))
            for pod in pods:
                await self._erase_account(connection, pod)
            for pod in pods:
                change = update(agreement).where(agreement.c.pod == pod)
                await connection.execute(change.values(pod=self._pseudonym(pod)))
        await self._database.compact()

    async def _erase_lines(self, connection: AsyncConnection, pods: Collection[str]) -> None:
        rows = await connection.stream(
            select(line.c.settlement_id, line.c.position, line.c.line_id, line.c.content)
        )
        for row in [each async for each in rows if _line_pod(each.content) in pods]:
            is_it = (line.c.settlement_id == row.settlement_id) & (line.c.position == row.position)
            await connection.execute(delete(line).where(is_it))
            name = self._pseudonym(row.line_id)
            booked = (book_entry.c.kind == LINE) & (book_entry.c.reference == row.line_id)
            await connection.execute(update(book_entry).where(booked).values(reference=name))
            known = select(erased.c.name).where(erased.c.name == name)
            if (await connection.execute(known)).first() is None:
                await connection.execute(insert(erased).values(name=name))

    async def _erase_account(self, connection: AsyncConnection, pod: str) -> None:
        """Take the names from a point of delivery's account; its entries stay, without a name.

        A customer with other points of delivery keeps its documents, which bill those too.
        """
        is_it = (account.c.role == "customer") & (account.c.pod == pod)
        row = (await connection.execute(select(account.c.party).where(is_it))).first()
        if row is None:
            return
        name = self._pseudonym(pod)
        await connection.execute(update(account).where(is_it).values(party=name, pod=name))
        others = select(account.c.id).where(
            account.c.role == "customer", account.c.party == row.party
        )
        if (await connection.execute(others)).first() is None:
            is_mine = (document.c.role == "customer") & (document.c.party == row.party)
            await connection.execute(update(document).where(is_mine).values(party=name))

    async def _erase_certified(self, connection: AsyncConnection, pods: Collection[str]) -> None:
        """Delete contents and salts of records that name one; their leaves keep others' proofs.

        A record of many, such as an outcome, goes as a whole: its hash is of the whole.
        """
        columns = (record.c.tree_id, record.c.position, record.c.id, record.c.content)
        rows = await connection.stream(select(*columns).where(record.c.content.is_not(None)))
        for row in [each async for each in rows if is_text_about(each.content, pods)]:
            names_one = any(pod in row.id for pod in pods)
            name = self._pseudonym(row.id) if names_one else row.id
            is_it = (record.c.tree_id == row.tree_id) & (record.c.position == row.position)
            nothing = {"id": name, "content": None, "salt": None}
            await connection.execute(update(record).where(is_it).values(**nothing))


def _line_pod(content: bytes) -> str:
    return msgspec.json.decode(unpack(content), type=SettlementLine).pod
