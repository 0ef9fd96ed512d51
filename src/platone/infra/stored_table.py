"""The tables that a database holds, compared with those that this version reads and writes."""

from sqlalchemy import Connection, Inspector, MetaData, Table, inspect

from platone.kernel.errors import Kind, PlatoneError


class TablesOutdated(PlatoneError):
    """A database was made by another version, whose tables are not those of this one.

    `detail` names the tables. This version does not change them, so that nothing is lost: go on
    with the version that made the data folder, or start on an empty folder.
    """

    slug = "tables-outdated"
    title = "The database is another version's"
    kind = Kind.UNAVAILABLE


def check_tables(connection: Connection, metadata: MetaData) -> None:
    """Check that each table that is there already has the columns and the key of this version.

    Raises:
        TablesOutdated: One has not.
    """
    found = inspect(connection)
    stored = set(found.get_table_names())
    wrong = [
        f"{table.name} ({difference})"
        for table in metadata.sorted_tables
        if table.name in stored and (difference := _difference(found, table))
    ]
    if wrong:
        place = connection.engine.url.database or "The database"
        raise TablesOutdated(f"{place} was made by another version: {', '.join(wrong)}.")


def _difference(found: Inspector, table: Table) -> str:
    """Return how a stored table differs from this version's; nothing where it does not."""
    columns = {each["name"] for each in found.get_columns(table.name)}
    missing = [each.name for each in table.columns if each.name not in columns]
    if missing:
        return f"without {', '.join(missing)}"
    required = [
        each["name"]
        for each in found.get_columns(table.name)
        if each["name"] not in table.columns and not each["nullable"] and each["default"] is None
    ]
    if required:
        return f"with {', '.join(required)}"
    key = [each.name for each in table.primary_key.columns]
    stored_key = found.get_pk_constraint(table.name)["constrained_columns"]
    if set(stored_key) != set(key):
        return f"its key is {', '.join(stored_key)}, not {', '.join(key)}"
    return ""
