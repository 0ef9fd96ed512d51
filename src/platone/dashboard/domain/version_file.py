"""The difference between two versions of a network as a file: a line for each value."""

from collections.abc import Iterable

from platone.dashboard.domain.table_file import Columns
from platone.messages.stored_network import ElementChange, FieldChange

Changed = tuple[ElementChange, FieldChange | None]
"""A value that differs, with its element; none where the element was added or removed."""


def change_rows(changes: Iterable[ElementChange]) -> list[Changed]:
    """Return the lines of a file: one for each value of a changed element, else one an element."""
    return [
        (element, field)
        for element in changes
        for field in (element.fields or [None])  # type: ignore[list-item]  # one of no value
    ]


CHANGES: Columns[Changed] = {
    "kind": lambda row: row[0].kind,
    "element": lambda row: row[0].element,
    "name": lambda row: row[0].name,
    "what": lambda row: row[0].fate,
    "value": lambda row: row[1] and row[1].field,
    "unit": lambda row: row[1] and row[1].unit,
    "before": lambda row: row[1] and row[1].before,
    "after": lambda row: row[1] and row[1].after,
}
"""The columns of the file."""
