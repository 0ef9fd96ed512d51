"""Insertions of many rows by a statement that is written once for each database.

SQLAlchemy takes up each row by itself: its keys, a bound value for each, their order in the
statement. Of short rows that is several times the database's own work. Here the statement stays as
SQLAlchemy writes it, and rows go to the database as they are::

    offered = Insertion(table)          rows ──types of columns──► the database's driver
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from platone.infra.db import ROWS_PER_STATEMENT, chunks
from platone.infra.whole import POSTGRESQL

Row = Sequence[object]
_Bind = Callable[[Any], Any] | None


@dataclass(frozen=True, slots=True)
class _Statement:
    """An insertion as a database's driver takes it.

    Attributes:
        text: The statement.
        names: The names of a row's values; none where the driver takes them by their order.
        binds: What makes the driver's value of each value, if anything has to.
    """

    text: str
    names: tuple[str, ...]
    binds: tuple[_Bind, ...]

    def parameters(self, rows: Sequence[Row]) -> list[Any]:
        """Return rows as the driver takes them."""
        columns = zip(*rows, strict=True)
        pairs = zip(self.binds, columns, strict=True)
        bound = zip(*(map(bind, each) if bind else each for bind, each in pairs), strict=True)
        if not self.names:
            return list(bound)
        return [dict(zip(self.names, row, strict=True)) for row in bound]


class Insertion:
    """Inserts rows into a table.

    Args:
        table: The table.
        is_for_missing: Whether a row whose primary key stands already is left as it is.
    """

    def __init__(self, table: Table, *, is_for_missing: bool = False) -> None:
        self._table = table
        self._is_for_missing = is_for_missing
        self._statements: dict[str, _Statement] = {}

    async def __call__(self, connection: AsyncConnection, rows: Iterable[Row]) -> None:
        """Insert rows, within a transaction.

        Args:
            connection: The transaction.
            rows: The values of all columns in the table's order, but for a number that the
                database gives.
        """
        statement = self._statement(connection.dialect)
        for some in chunks(rows, ROWS_PER_STATEMENT):
            await connection.exec_driver_sql(statement.text, statement.parameters(some))

    def _statement(self, dialect: Dialect) -> _Statement:
        found = self._statements.get(dialect.name)
        if found is None:
            found = self._statements[dialect.name] = self._written(dialect)
        return found

    def _written(self, dialect: Dialect) -> _Statement:
        insert = (postgresql if dialect.name == POSTGRESQL else sqlite).insert(self._table)
        if self._is_for_missing:
            insert = insert.on_conflict_do_nothing()
        columns = [each for each in self._table.columns if each.autoincrement is not True]
        names = tuple(each.name for each in columns)
        compiled = insert.compile(dialect=dialect, column_keys=names)
        types = [each.type.dialect_impl(dialect) for each in columns]
        binds = tuple(each.bind_processor(dialect) for each in types)
        return _Statement(compiled.string, () if compiled.positional else names, binds)
