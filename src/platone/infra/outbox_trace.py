"""The traces that delivered messages leave in an outbox: when, and where to."""

from sqlalchemy import Table, delete, insert
from sqlalchemy.ext.asyncio import AsyncConnection


async def leave_trace(
    connection: AsyncConnection, table: Table, number: int, destination: str, when: str
) -> None:
    """Put a row without its body in a delivered message's place; none where it is gone.

    It is a new row, since SQLite joins pages only where something is deleted: one that only shrinks
    would keep the page that its body had taken, for good.

    Args:
        connection: The transaction.
        table: The outbox's table.
        number: The message's number.
        destination: Where it was sent.
        when: The instant of its delivery, as it is recorded.
    """
    gone = await connection.execute(delete(table).where(table.c.id == number))
    if gone.rowcount:
        trace = {"id": number, "destination": destination, "state": "delivered", "answer": when}
        await connection.execute(insert(table).values(**trace, body=b""))
