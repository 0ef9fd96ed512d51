"""PostgreSQL refuses what SQLite refuses: the same tables, and the same bad statements.

The tables are made by the text that SQLAlchemy compiles for it, and written to by its own psql: no
driver of ours comes between.
"""

from collections.abc import Callable

import pytest
from sqlalchemy import create_mock_engine
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import asyncpg
from tests.integration.ledger.test_book_database import BALANCED, COLUMNS, UNBALANCED
from tests.postgresql import Server

from platone.ledger.records.table import metadata

Psql = Callable[[str], str]


def compiled(url: str, dialect: type) -> list[str]:
    """The statements that make the tables in a database."""
    found: list[str] = []

    def note(statement: object, *_: object, **__: object) -> None:
        found.append(str(statement.compile(dialect=dialect())))  # type: ignore[attr-defined]

    metadata.create_all(create_mock_engine(url, note), checkfirst=False)
    return found


def triggers(statements: list[str]) -> set[str]:
    """The names of the triggers that are made, but of those that only PostgreSQL has."""
    made = [each.split(" BEFORE ", 1)[0].split()[-1] for each in statements if " BEFORE " in each]
    return {name for name in made if not name.endswith("_no_truncate")}


def test_both_databases_have_the_same_triggers() -> None:
    there = triggers(compiled("postgresql://", asyncpg.dialect))
    assert there == triggers(compiled("sqlite://", sqlite.dialect))
    assert len(there) == 7


@pytest.fixture
def psql(postgresql_server: Server) -> Psql:
    """Runs statements in a database with the ledger's tables, one account, two entries."""
    name = postgresql_server.database().rsplit("/", 1)[-1]

    def ask(statement: str) -> str:
        return postgresql_server.psql(statement, name)

    tables = ";\n".join(compiled("postgresql://", asyncpg.dialect))
    assert not ask(f"SET client_min_messages = error;\n{tables};")
    accounts = "INSERT INTO account (role, party, pod) VALUES ('bank', '{}', '')"
    assert not ask(";".join(accounts.format(name) for name in "ABC"))
    assert not ask(booked("first", BALANCED[1]))
    return ask


def booked(name: str, legs: tuple[tuple[int, int], ...]) -> str:
    """The statement of an entry, as a stranger may write it."""
    parts = [str(value) for number, leg in enumerate(legs, 1) for value in (number, *leg)]
    values = ", ".join(["'line'", f"'{name}'", "'2021-06'", "'2021-06-01'", *parts])
    return f"INSERT INTO book_entry ({COLUMNS}) VALUES ({values});"  # noqa: S608 - ours


def test_only_what_sums_to_zero_is_taken(psql: Psql) -> None:
    for number, legs in enumerate(BALANCED):
        assert psql(booked(f"good-{number}", legs)) == ""
    for number, legs in enumerate(UNBALANCED):
        assert "violates check constraint" in psql(booked(f"bad-{number}", legs))
    assert psql("SELECT count(*) FROM book_entry") == str(1 + len(BALANCED))


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE book_entry SET first_micro = 0, second_micro = 0", "books are not changed"),
        ("UPDATE book_entry SET month = '2021-05'", "books are not changed"),
        ("DELETE FROM book_entry", "books are not deleted"),
        ("TRUNCATE book_entry CASCADE", "books are not deleted"),
        ("DELETE FROM account", "violates foreign key"),
    ],
)
def test_what_is_booked_stands(psql: Psql, statement: str, says: str) -> None:
    assert says in psql(statement)
    assert psql("SELECT sum(first_micro) FROM book_entry") == "-14"
    assert psql("UPDATE book_entry SET reference = 'erased'") == ""


def document(number: int) -> str:
    columns = "kind, role, party, month, issued_at, micro, rest, cents, line_count, digest"
    values = "'invoice', 'bank', 'A', '2021-06', '2021-07-01', 0, 0, 0, 0, 'x'"
    return f"INSERT INTO document (number, {columns}) VALUES ({number}, {values})"  # noqa: S608


def test_numbers_of_documents_follow_one_another(psql: Psql) -> None:
    assert "numbers are consecutive" in psql(document(2))
    assert psql(document(1)) == ""
    assert psql(document(2)) == ""
    assert "numbers are consecutive" in psql(document(2))
    assert "numbers are consecutive" in psql(document(4))
    assert "books are not deleted" in psql("DELETE FROM document WHERE number = 2")
    assert "books are not changed" in psql("UPDATE document SET cents = 7")
