"""Sums of amounts in SQL, exact however many there are.

An amount is stored as whole millionths of a euro and a rest of up to 10^12, both 64-bit numbers, in
which SQLite also sums: nine million rests are too much for it. So quotients and remainders by a
million are summed apart, which suffices for nine billion amounts of a billion euros each.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func

from platone.ledger.domain.books import join_amount

_PART = 10**6
COLUMNS = 4
"""Columns that one sum has."""


def amount_sum(micro: ColumnElement[int], rest: ColumnElement[int]) -> list[ColumnElement[Any]]:
    """Return the columns of a query by which amounts are summed."""
    return [
        func.sum(part) for whole in (micro, rest) for part in (whole.op("/")(_PART), whole % _PART)
    ]


def summed(columns: Sequence[Any]) -> int:
    """Return a sum from its columns, 1e-18 EUR; 0 where nothing was summed."""
    micro, micro_left, rest, rest_left = (int(each or 0) for each in columns)
    return join_amount(micro * _PART + micro_left, rest * _PART + rest_left)
