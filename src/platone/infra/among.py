"""Conditions that a column has one of many keys, which are bound as one value.

SQLAlchemy writes a statement anew for each number of keys, and handles each key by itself: of two
hundred it takes four times as long as the database. Here all of them are one value, and the
statement stays the same. To make one takes SQLAlchemy as long as to execute it, so it is made once,
and keys are given to it::

    SQLite       pod_id IN (SELECT value FROM json_each(?))
    PostgreSQL   pod_id IN (SELECT unnest(?))

Keys of several columns are one value on SQLite for another reason: as values of a statement it
compares them with each row of the table, and uses no index.
"""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Dialect, String, bindparam, cast, func, select, tuple_
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from platone.infra.whole import POSTGRESQL


def among(column: ColumnElement[str], name: str) -> ColumnElement[bool]:
    """Return the condition that a column of texts has one of some keys, for a statement made once.

    Args:
        column: The column.
        name: The name under which the statement is given the list of keys; however many, they are
            one parameter.
    """
    return column.bool_op("IN")(_Rows(bindparam(name, type_=_Keys())))


def among_keys(
    connection: AsyncConnection,
    columns: Sequence[ColumnElement[Any]],
    keys: Collection[tuple[Any, ...]],
) -> ColumnElement[bool]:
    """Return the condition that columns of texts or whole numbers together have one of some keys.

    Args:
        connection: The connection on which it is asked.
        columns: The columns.
        keys: Values of all columns; as many as one statement can name.
    """
    if connection.dialect.name == POSTGRESQL:
        return tuple_(*columns).in_(keys)
    value = func.json_each(msgspec.json.encode(keys).decode()).table_valued("value").c.value
    parts = [func.json_extract(value, f"$[{place}]") for place in range(len(columns))]
    typed = [cast(part, column.type) for part, column in zip(parts, columns, strict=True)]
    return tuple_(*columns).in_(select(*typed))


class _Keys(TypeDecorator[list[str]]):
    """Texts as one value: a JSON array for SQLite, an array of its own for PostgreSQL."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type that a database has for it."""
        of_its_own = dialect.name == POSTGRESQL
        return dialect.type_descriptor(postgresql.ARRAY(String()) if of_its_own else String())

    def process_bind_param(self, value: list[str] | None, dialect: Dialect) -> Any:
        """Return the value as the database takes it."""
        return value if dialect.name == POSTGRESQL else msgspec.json.encode(value).decode()


class _Rows(FunctionElement[str]):
    """The keys of one value, as rows."""

    inherit_cache = True


@compiles(_Rows)
def _json_rows(element: _Rows, compiler: SQLCompiler, **more: Any) -> str:
    keys = compiler.process(element.clauses, **more)
    return f"(SELECT value FROM json_each({keys}))"  # noqa: S608 - a parameter's mark


@compiles(_Rows, POSTGRESQL)
def _array_rows(element: _Rows, compiler: SQLCompiler, **more: Any) -> str:
    return f"(SELECT unnest({compiler.process(element.clauses, **more)}))"
