"""Transactions of SQLite that run through in one call of a thread.

A transaction of many short statements costs an event loop more than the database: each statement
goes to a thread and back, and through SQLAlchemy's adapter. Here all of it is one call of one
thread. What is written for an asynchronous connection runs unchanged, since nothing in it waits::

    event loop ── work ──► thread: BEGIN, statements, COMMIT ──► event loop
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine, Executable
from sqlalchemy.engine import CursorResult, Dialect
from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")
_THREADS = 2
"""A writer, of which there is one at a time, and a reader beside it."""
Work = Callable[[AsyncConnection], Coroutine[Any, Any, T]]


class _InlineConnection:
    """A connection that is awaited as an asynchronous one is, and never lets anybody wait.

    Args:
        connection: The connection.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def dialect(self) -> Dialect:
        """The database's dialect."""
        return self._connection.dialect

    async def execute(
        self, statement: Executable, parameters: Mapping[str, Any] | Sequence[Any] | None = None
    ) -> CursorResult[Any]:
        """Execute a statement."""
        return self._connection.execute(statement, parameters)

    async def exec_driver_sql(
        self, statement: str, parameters: Sequence[Any] | None = None
    ) -> CursorResult[Any]:
        """Execute a statement as the database's driver takes it."""
        return self._connection.exec_driver_sql(statement, parameters)


class ThreadTransactions:
    """Runs transactions in threads of their own, of which readers do not wait for writers.

    Args:
        engine: The database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="transactions")

    async def run(self, begin: str, work: Work[T]) -> T:
        """Run a transaction; it is durable when this returns, and over when this is cancelled.

        Args:
            begin: The statement that begins it.
            work: What is done in it; it awaits nothing but the connection.
        """
        loop = asyncio.get_running_loop()
        running = loop.run_in_executor(self._threads, self._run, begin, work)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])
            raise

    def close(self) -> None:
        """End the thread and the connection."""
        self._threads.shutdown()
        self._engine.dispose()

    def _run(self, begin: str, work: Work[T]) -> T:
        with self._engine.connect() as connection:
            connection.exec_driver_sql(begin)
            result = _run_through(work(cast(AsyncConnection, _InlineConnection(connection))))
            connection.commit()
            return result


def _run_through(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that waits for nothing to its end, and return its result.

    Raises:
        RuntimeError: It waits for something.
    """
    try:
        work.send(None)
    except StopIteration as end:
        return cast(T, end.value)
    finally:
        work.close()
    raise RuntimeError("A transaction in a thread may wait for nothing but its connection.")
