"""Triggers by which the database itself keeps the books: what is booked stays as it is.

Each is made with its table, in the words of the database that the table is made in.
"""

from collections.abc import Collection

from sqlalchemy import DDL, Table, event

_REFUSE = """
CREATE OR REPLACE FUNCTION refuse_books() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'integrity_constraint_violation';
END $$
"""
_REFUSE_NUMBER = """
CREATE OR REPLACE FUNCTION refuse_number() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
IF NEW.number IS DISTINCT FROM (SELECT coalesce(max(number), 0) + 1 FROM document) THEN
RAISE EXCEPTION USING MESSAGE = 'numbers are consecutive',
ERRCODE = 'integrity_constraint_violation';
END IF;
RETURN NEW;
END $$
"""


def guard(table: Table, may_change: Collection[str] = ()) -> None:
    """Have a table's rows stay as they were written.

    Args:
        table: The table.
        may_change: Columns that an erasure may change: names. All others stand.
    """
    fixed = ", ".join(each.name for each in table.columns if each.name not in may_change)
    _forbid(table, "DELETE", "books are not deleted")
    _forbid(table, f"UPDATE OF {fixed}", "books are not changed")
    _postgresql(
        table,
        f"CREATE OR REPLACE TRIGGER {table.name}_no_truncate BEFORE TRUNCATE ON {table.name} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_books('books are not deleted')",
    )


def number_documents(document: Table) -> None:
    """Have the table of documents refuse a number that is not the one after its greatest."""
    _sqlite(
        document,
        "CREATE TRIGGER IF NOT EXISTS document_number_follows BEFORE INSERT ON document "
        "WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM document) "
        "BEGIN SELECT RAISE(ABORT, 'numbers are consecutive'); END",
    )
    _postgresql(document, _REFUSE_NUMBER)
    _postgresql(
        document,
        "CREATE OR REPLACE TRIGGER document_number_follows BEFORE INSERT ON document "
        "FOR EACH ROW EXECUTE FUNCTION refuse_number()",
    )


def _forbid(table: Table, what: str, message: str) -> None:
    name = f"{table.name}_no_{what.split(maxsplit=1)[0].lower()}"
    before = f"{name} BEFORE {what} ON {table.name} "
    _sqlite(
        table,
        f"CREATE TRIGGER IF NOT EXISTS {before}BEGIN SELECT RAISE(ABORT, '{message}'); END",
    )
    _postgresql(table, _REFUSE)
    _postgresql(
        table,
        f"CREATE OR REPLACE TRIGGER {before}"
        f"FOR EACH ROW EXECUTE FUNCTION refuse_books('{message}')",
    )


def _sqlite(table: Table, statement: str) -> None:
    _listen(table, statement, "sqlite")


def _postgresql(table: Table, statement: str) -> None:
    _listen(table, statement, "postgresql")


def _listen(table: Table, statement: str, dialect: str) -> None:
    ddl: DDL = DDL(statement)  # type: ignore[no-untyped-call]
    event.listen(table, "after_create", ddl.execute_if(dialect=dialect))
