"""The database itself refuses an entry that does not sum to zero, and any change of one."""

import sqlite3
from typing import Any

import pytest
from tests.integration.ledger.test_books import traded as traded  # noqa: PLC0414 - a fixture

PICO = 10**12
COLUMNS = (
    "kind, reference, month, posted_at, first_account, first_micro, first_rest, "
    "second_account, second_micro, second_rest, third_account, third_micro, third_rest"
)


def write(running: Any, statement: str, *values: object) -> None:
    with sqlite3.connect(running.folder / "ledger.db") as connection:
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute(statement, values)
    connection.close()


def book(running: Any, *legs: tuple[int, int]) -> None:
    """Write an entry past all of our code."""
    parts = [value for account, leg in enumerate(legs, 1) for value in (account, *leg)]
    marks = ", ".join("?" * (4 + len(parts)))
    statement = f"INSERT INTO book_entry ({COLUMNS}) VALUES ({marks})"  # noqa: S608 - ours
    write(running, statement, "line", "x", "2021-06", "2021-06-01", *parts)


BALANCED = [
    ((0, 0), (0, 0), (0, 0)),
    ((-14, 0), (1, 0), (13, 0)),
    ((-14, PICO - 1), (13, 0), (0, 1)),
    ((-3, 3), (1, PICO - 1), (0, PICO - 2)),
]
UNBALANCED = [
    ((-14, 0), (1, 0), (14, 0)),
    ((-14, PICO - 1), (13, 0), (0, 2)),
    ((-14, 1), (14, 0), (0, 0)),
    ((1, 0), (0, 0), (0, 0)),
    ((0, 0), (0, 0), (0, 1)),
    ((-1, PICO), (0, 0), (0, 0)),
    ((1, -PICO), (0, 0), (0, 0)),
]


@pytest.mark.parametrize("legs", BALANCED)
async def test_an_entry_that_sums_to_zero_is_taken(traded: Any, legs: Any) -> None:
    book(traded, *legs)


@pytest.mark.parametrize("legs", UNBALANCED)
async def test_an_entry_that_does_not_is_refused(traded: Any, legs: Any) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="CHECK constraint failed"):
        book(traded, *legs)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE book_entry SET first_micro = first_micro - 1, third_micro = third_micro + 1",
        "UPDATE book_entry SET month = '2021-05'",
        "UPDATE book_entry SET first_account = second_account",
        "DELETE FROM book_entry WHERE position = 2",
        "DELETE FROM account",
    ],
)
async def test_what_is_booked_stands(traded: Any, statement: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match=r"not changed|not deleted|FOREIGN KEY"):
        write(traded, statement)


async def test_no_line_is_booked_twice(traded: Any) -> None:
    columns = COLUMNS.replace("kind, ", "kind, settlement_id, position, ")
    copied = f"INSERT INTO book_entry ({columns}) SELECT {columns} FROM book_entry"  # noqa: S608
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        write(traded, copied + " WHERE position = 0")
