"""Whole numbers of 64 bits in every database: SQLite has no others, PostgreSQL has to be asked."""

from sqlalchemy import BigInteger, ColumnElement, Integer, cast, func
from sqlalchemy.types import TypeEngine

POSTGRESQL = "postgresql"
"""The name of PostgreSQL's dialect."""
WholeNumber: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")
"""The type of a column of whole numbers, also of those that the database counts up: SQLite counts
up what is called INTEGER, and PostgreSQL's INTEGER ends at 2,147,483,647."""


def whole_sum(column: ColumnElement[int]) -> ColumnElement[int]:
    """Return the sum of whole numbers as a whole number; PostgreSQL's own is a decimal."""
    return cast(func.sum(column), BigInteger)
