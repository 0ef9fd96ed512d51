"""Tables as pandapower keeps them in JSON: a JSON text of columns, index and data, with types."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from platone.grid.file.pandapower.row import OWN_ID

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
_KINDS = {"t": "object", "n": "float64", "f": "bool", "i": "uint32", "I": "Int64"}


class Frame:
    """A table that is being written.

    Args:
        name: What it is called.
        columns: Its columns, each as ``name:kind``; kind t is a text, n a number, f a flag, i a
            whole number, I one that may be missing; a ``?`` behind it leaves the column out where
            no row has anything in it.
        taken: Identifiers of the elements that will be written; an index that one of them names
            is kept for it.
    """

    def __init__(self, name: str, columns: str, taken: Iterable[str] = ()) -> None:
        self._name = name
        self._columns = [column.split(":") for column in columns.split()]
        self._rows: dict[int, Mapping[str, Any]] = {}
        named = [index for index in map(self._index_of, taken) if index is not None]
        self._free = max(named, default=-1) + 1

    def _index_of(self, element: str) -> int | None:
        if not element.startswith(f"{self._name}/"):
            return None
        number = element[len(self._name) + 1 :]
        return int(number) if _INDEX.fullmatch(number) else None

    def add(self, element: str | None, /, **values: Any) -> int:
        """Add a row under the index that its identifier names, or under a free one."""
        index = None if element is None else self._index_of(element)
        if index is None or index in self._rows:
            index = self._free
            self._free += 1
        own = None if element is None or element == f"{self._name}/{index}" else element
        self._rows[index] = values | {OWN_ID: own}
        return index

    def encoded(self) -> dict[str, Any]:
        """Return the table in the file's form."""
        rows = sorted(self._rows.items())
        columns = {}
        for name, kind in [*self._columns, [OWN_ID, "t?"]]:
            if kind[-1] != "?" or any(row.get(name) is not None for _, row in rows):
                columns[name] = _KINDS[kind[0]]
        return encoded(
            columns,
            [index for index, _ in rows],
            [[row.get(name) for name in columns] for _, row in rows],
        )


def encoded(columns: Mapping[str, str], index: list[int], data: list[list[Any]]) -> dict[str, Any]:
    """Return a table in the file's form; ``columns`` are their names and types."""
    text = {"columns": list(columns), "index": index, "data": data}
    return {
        "_module": "pandas.core.frame",
        "_class": "DataFrame",
        "_object": msgspec.json.encode(text).decode(),
        "orient": "split",
        "dtype": dict(columns),
        "is_multiindex": False,
        "is_multicolumn": False,
    }
