"""The form of a copied PostgreSQL schema: a file of rows a table, and a list that tells the rest.

The tables themselves are not copied: the revisions of a context make them, so that rows of one
server can be put into another one of any major version. Rows are PostgreSQL's own text format of
COPY, written and read under the same settings.
"""

import re
from pathlib import Path

import msgspec

from platone.infra.backup.problem import BackupFailed
from platone.messages.base import Message

FOLDER = "postgresql"
"""The folder of a backup that holds a folder for each schema."""
LONGEST_S = 86_400.0
"""Longest time in which a table is copied, s: a day; the connection's own limit is for answers."""
SAME_FORM = """SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL intervalstyle = 'iso_8601';
SET LOCAL timezone = 'UTC'; SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex';
SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"""
"""Settings of a transaction that copies: values are written as they are read, however long it
takes."""
_LIST = "tables.json"
"""The file of a schema's folder that lists what it held."""
_BOUNDS = re.compile(r"FOR VALUES FROM \('?-?\d+'?\) TO \('?-?\d+'?\)")
"""The bounds of a part by whole numbers; nothing else is executed of a list."""


class CopiedTable(Message):
    """A table whose rows were copied.

    Attributes:
        name: Its name.
        columns: The columns, in the order in which the rows have them.
        rows: How many rows there are.
    """

    name: str
    columns: list[str]
    rows: int


class CopiedPart(Message):
    """A table that holds a part of the rows of another one, which it is made beside.

    Attributes:
        name: Its name.
        whole: The table whose rows it holds.
        bounds: Which of them, as PostgreSQL says it.
    """

    name: str
    whole: str
    bounds: str


class CopiedSchema(Message):
    """The content of a schema, but for the rows themselves.

    Attributes:
        revision: The revision that its tables were at.
        tables: The tables, each after those that it refers to.
        parts: The tables of parts.
        counts: Where the numbers stood that are counted up, by the name of the sequence.
    """

    revision: str
    tables: list[CopiedTable]
    parts: list[CopiedPart]
    counts: dict[str, int]


def rows_file(folder: Path, table: str) -> Path:
    """Return the file of a table's rows, in the folder of its schema."""
    return folder / f"{table}.rows"


def write_list(folder: Path, told: CopiedSchema) -> None:
    """Write the list of a schema into its folder."""
    (folder / _LIST).write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=1))


def read_list(folder: Path) -> CopiedSchema:
    """Read the list of a schema.

    Raises:
        BackupFailed: It is missing, or not of this form.
    """
    try:
        told = msgspec.json.decode((folder / _LIST).read_bytes(), type=CopiedSchema)
    except (OSError, msgspec.DecodeError) as error:
        raise BackupFailed(f"{folder / _LIST} cannot be read.") from error
    for each in told.parts:
        if not _BOUNDS.fullmatch(each.bounds):
            raise BackupFailed(f"{folder / _LIST} has bounds of {each.name} that are none.")
    return told


def quoted(*names: str) -> str:
    """Return a name as a statement has it, such as ``"market"."offer"``."""
    return ".".join('"' + each.replace('"', '""') + '"' for each in names)
