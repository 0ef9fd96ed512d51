"""The transactions that were signed for a network, one writer's queue of nonces.

Each signed version is a row: pending (signed, not sent), sent, mined (in a block) or confirmed
(under enough blocks). A version that another one replaced may still be the one that is mined, so
it stays.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.db import Database
from platone.ledger.records.table import chain_transaction as table

_TRIES = 20
"""How often a nonce is looked for where another writer of the same database takes it."""


class QueueState(Enum):
    """How far a transaction has come."""

    PENDING = "pending"
    SENT = "sent"
    MINED = "mined"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed transaction.

    Attributes:
        hash: Its hash, 32 bytes.
        content: Its bytes as they are sent.
        fee: The most that it pays for a unit of gas, wei.
    """

    hash: bytes
    content: bytes
    fee: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedTransaction:
    """A version of a transaction in the queue.

    Attributes:
        hash: Its hash, 32 bytes.
        sender: The account that signed it.
        nonce: Its number among the sender's.
        version: 0, and one more with each replacement.
        intent: A hash of what it should do: the same for all versions, and for no other
            transaction that is under way.
        target: The contract that it calls, an address; empty where it creates one.
        content: Its bytes as they are sent.
        fee: The most that it pays for a unit of gas, wei.
        state: How far it has come.
        sent_s: When it was first sent, Unix seconds of the machine's clock.
        replaced_by: The hash of the next version; none of the newest one.
        block: The number of its block, once it is in one.
        block_hash: The hash of that block.
    """

    hash: bytes
    sender: str
    nonce: int
    version: int
    intent: bytes
    target: str
    content: bytes
    fee: int
    state: QueueState
    sent_s: int
    replaced_by: bytes | None
    block: int | None
    block_hash: bytes | None


class TransactionQueue:
    """The stored queue; everything in it is durable when a method returns.

    Args:
        database: The ledger's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self) -> list[QueuedTransaction]:
        """Return all versions of what is not confirmed, by sender and nonce, newest first."""
        query = (
            select(table)
            .where(table.c.state != QueueState.CONFIRMED.value)
            .order_by(table.c.sender, table.c.nonce, table.c.version.desc())
        )
        async with self._database.reading() as connection:
            return [_of_row(row) for row in await connection.execute(query)]

    async def senders(self) -> dict[str, int]:
        """Return the accounts that have signed, each with the nonce after its last."""
        query = select(table.c.sender, func.max(table.c.nonce)).group_by(table.c.sender)
        async with self._database.reading() as connection:
            return {sender: last + 1 for sender, last in await connection.execute(query)}

    async def reserve(
        self,
        sender: str,
        intent: bytes,
        target: str,
        least: int,
        sign: Callable[[int], Signed],
    ) -> QueuedTransaction:
        """Give an intent its nonce, and keep its transaction before anybody sends it.

        Where the same intent is under way, that transaction is returned, and nothing is made.

        Args:
            sender: The account.
            intent: The hash of what is intended.
            target: The contract that is called; empty to create one.
            least: The nonce that the network expects next: a lower one is not used.
            sign: Makes the transaction of a nonce.
        """

        async def work(connection: AsyncConnection) -> QueuedTransaction:
            known = await _under_way(connection, sender, intent)
            if known is not None:
                return known
            query = select(func.max(table.c.nonce)).where(table.c.sender == sender)
            last = (await connection.execute(query)).scalar()
            nonce = max(least, 0 if last is None else last + 1)
            signed = sign(nonce)
            row = {
                "hash": signed.hash,
                "sender": sender,
                "nonce": nonce,
                "version": 0,
                "intent": intent,
                "target": target,
                "content": signed.content,
                "fee": signed.fee,
                "state": QueueState.PENDING.value,
                "sent_s": 0,
            }
            await connection.execute(insert(table).values(row))
            return _made(row)

        return await self._retried(work)

    async def replace(self, before: QueuedTransaction, signed: Signed) -> QueuedTransaction:
        """Keep the next version of a transaction, at the same nonce."""
        row = {
            "hash": signed.hash,
            "sender": before.sender,
            "nonce": before.nonce,
            "version": before.version + 1,
            "intent": before.intent,
            "target": before.target,
            "content": signed.content,
            "fee": signed.fee,
            "state": QueueState.PENDING.value,
            "sent_s": 0,
        }
        change = update(table).where(table.c.hash == before.hash).values(replaced_by=signed.hash)
        async with self._database.transaction() as connection:
            await connection.execute(insert(table).values(row))
            await connection.execute(change)
        return _made(row)

    async def is_under_way(self, sender: str, intent: bytes) -> bool:
        """Return whether an intent has a transaction that is not confirmed."""
        async with self._database.reading() as connection:
            return await _under_way(connection, sender, intent) is not None

    async def note_sent(self, digest: bytes, at_s: int) -> None:
        """Note that a pending version was sent for the first time."""
        await self._change(digest, {"state": QueueState.SENT.value, "sent_s": at_s})

    async def note_mined(self, digest: bytes, block: int, block_hash: bytes) -> None:
        """Note in which block a version stands."""
        state = QueueState.MINED.value
        values = {"state": state, "block_number": block, "block_hash": block_hash}
        await self._change(digest, values)

    async def note_unmined(self, digest: bytes) -> None:
        """Note that the block of a version is none of the network's any more."""
        state = QueueState.SENT.value
        await self._change(digest, {"state": state, "block_number": None, "block_hash": None})

    async def note_confirmed(self, row: QueuedTransaction) -> None:
        """Note that a version is under enough blocks; the others of its nonce are deleted."""
        same = (table.c.sender == row.sender) & (table.c.nonce == row.nonce)
        change = update(table).where(table.c.hash == row.hash)
        async with self._database.transaction() as connection:
            await connection.execute(
                change.values(state=QueueState.CONFIRMED.value, replaced_by=None)
            )
            await connection.execute(delete(table).where(same, table.c.hash != row.hash))

    async def send_again(self, sender: str, least: int) -> int:
        """Put back what a network has forgotten, from a nonce on; return how many versions."""
        states = [QueueState.MINED.value, QueueState.CONFIRMED.value]
        change = (
            update(table)
            .where(table.c.sender == sender, table.c.nonce >= least, table.c.state.in_(states))
            .values(state=QueueState.SENT.value, block_number=None, block_hash=None)
        )
        async with self._database.transaction() as connection:
            return int((await connection.execute(change)).rowcount)

    async def drop(self, sender: str, nonce: int) -> None:
        """Delete a transaction whose nonce another program used."""
        same = (table.c.sender == sender) & (table.c.nonce == nonce)
        async with self._database.transaction() as connection:
            await connection.execute(delete(table).where(same))

    async def forget(self, sender: str, before: int) -> None:
        """Delete confirmed transactions below a nonce: no network goes back that far."""
        change = delete(table).where(
            table.c.sender == sender,
            table.c.nonce < before,
            table.c.state == QueueState.CONFIRMED.value,
        )
        async with self._database.transaction() as connection:
            await connection.execute(change)

    async def _change(self, digest: bytes, values: Mapping[str, object]) -> None:
        change = update(table).where(table.c.hash == digest).values(dict(values))
        async with self._database.transaction() as connection:
            await connection.execute(change)

    async def _retried(
        self, work: Callable[[AsyncConnection], Awaitable[QueuedTransaction]]
    ) -> QueuedTransaction:
        """Do work again where another writer took the nonce: sender and nonce are unique."""
        for _ in range(_TRIES):
            try:
                async with self._database.transaction() as connection:
                    return await work(connection)
            except IntegrityError as error:
                failure = error
        raise failure


async def _under_way(
    connection: AsyncConnection, sender: str, intent: bytes
) -> QueuedTransaction | None:
    is_open = table.c.state != QueueState.CONFIRMED.value
    query = (
        select(table)
        .where(table.c.sender == sender, table.c.intent == intent, is_open)
        .order_by(table.c.nonce.desc(), table.c.version.desc())
        .limit(1)
    )
    row = (await connection.execute(query)).first()
    return None if row is None else _of_row(row)


def _made(row: Mapping[str, Any]) -> QueuedTransaction:
    known = {name: row[name] for name in row if name != "state"}
    return QueuedTransaction(
        **known, state=QueueState(row["state"]), replaced_by=None, block=None, block_hash=None
    )


def _of_row(row: Row[Any]) -> QueuedTransaction:
    return QueuedTransaction(
        hash=row.hash,
        sender=row.sender,
        nonce=row.nonce,
        version=row.version,
        intent=row.intent,
        target=row.target,
        content=row.content,
        fee=row.fee,
        state=QueueState(row.state),
        sent_s=row.sent_s,
        replaced_by=row.replaced_by,
        block=row.block_number,
        block_hash=row.block_hash,
    )
