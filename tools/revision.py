"""Draft the revision by which a context's stored tables come to those in its code.

    python tools/revision.py customers notices "Notices by web push"

It brings an empty database to the newest revision, compares it with the tables, and writes what
differs. Read the draft: it knows nothing of what rows should become.
"""

import importlib
import sys
from pathlib import Path

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, create_engine

from platone.infra.migration import REVISIONS, upgrade

_HEAD = '''"""{title}."""

import sqlalchemy as sa
from alembic import op

from platone.infra.whole import WholeNumber

revision = "{name}"
down_revision = "{before}"


def upgrade() -> None:
    """Make what is new."""
{body}
'''

_WHOLE = "sa.BigInteger().with_variant(sa.Integer(), 'sqlite')"
"""What Alembic writes for our own type of whole numbers."""


def draft(context: str, name: str, title: str) -> Path:
    """Write the draft of a context's next revision; return its file."""
    metadata: MetaData = importlib.import_module(f"platone.{context}.records.table").metadata
    folder: Path = metadata.info[REVISIONS]
    before = max(each.stem for each in folder.glob("r*.py"))
    with create_engine("sqlite://").begin() as connection:
        upgrade(connection, folder)
        found = produce_migrations(MigrationContext.configure(connection), metadata)
    if found.upgrade_ops is None or found.upgrade_ops.is_empty():
        raise SystemExit(f"The tables of {context} are those of {before}.")
    number = int(before[1:5]) + 1
    file = folder / f"r{number:04}_{name}.py"
    body = render_python_code(found.upgrade_ops).replace(_WHOLE, "WholeNumber")
    lines = ["    " + line.strip() for line in body.splitlines() if "# ###" not in line]
    text = _HEAD.format(title=title, name=file.stem, before=before, body="\n".join(lines))
    file.write_text(text)
    return file


if __name__ == "__main__":
    print(draft(*sys.argv[1:4]))
