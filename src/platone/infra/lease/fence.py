"""A fence around what one worker of several does: it ends with the right to do it.

A step that one worker at a time may take is done within :func:`fenced`. Each writing transaction
that it begins on that database then asks first whether the right still stands, under the lock that
holds other writers off. So a worker that was taken for dead, and wakes up, stores nothing more.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.kernel.errors import Kind, PlatoneError


class LeaseLost(PlatoneError):
    """Another worker has taken over what this one was doing. Nothing was stored.

    It happens where a worker stood still longer than its lease lasts. The other one goes on.
    """

    slug = "lease-lost"
    title = "Another worker has taken over"
    kind = Kind.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Fence:
    """The right to a step, as a worker was given it.

    Attributes:
        database: URL of the database that it is for.
        table: Where the rights are kept there.
        name: The step.
        number: The number of this right: each later one of the step has a greater one.
    """

    database: str
    table: Table
    name: str
    number: int


_FENCE: ContextVar[Fence | None] = ContextVar("fence", default=None)


@contextmanager
def fenced(fence: Fence | None) -> Iterator[None]:
    """Do what follows within a fence, and so all tasks that are begun in it; None: without one."""
    token = _FENCE.set(fence)
    try:
        yield
    finally:
        _FENCE.reset(token)


async def check_fence(database: str, connection: AsyncConnection) -> None:
    """Check, in a writing transaction that holds other writers off, that the right stands.

    Args:
        database: The URL of the database that is written to.
        connection: The transaction.

    Raises:
        LeaseLost: Another worker has it.
    """
    fence = _FENCE.get()
    if fence is None or fence.database != database:
        return
    query = select(fence.table.c.number).where(fence.table.c.name == fence.name)
    number = (await connection.execute(query)).scalar()
    if number != fence.number:
        raise LeaseLost(
            f"The step {fence.name} is another worker's by now: it has number {number}, ours "
            f"was {fence.number}."
        )
