"""The faces of results: one line, a notebook's page, a data frame."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from html import escape
from typing import Any

import numpy as np

from platone.grid.problem.study import FrameUnavailable, TableUnknown

_ROWS_SHOWN = 12
"""Rows of a table in a notebook: more are for a data frame."""

Columns = Mapping[str, Sequence[Any] | np.ndarray]
"""The columns of a table by their names, which carry their units; all are of one length."""


@dataclass(frozen=True, slots=True)
class View:
    """A result as people see it: a headline, tables, and a picture where it has one.

    Attributes:
        headline: One line that says what it is.
        tables: What it consists of, by name; the first one is meant where none is named.
        glance: The table that a notebook shows, where it is not the first one.
        picture: Draws it as SVG; none: it has no picture.
        notes: What a notebook says besides, a line each.
    """

    headline: str
    tables: Mapping[str, Callable[[], Columns]]
    glance: Callable[[], Columns] | None = None
    picture: Callable[[], str] | None = None
    notes: Callable[[], Sequence[str]] | None = None


@singledispatch
def view_of(result: object) -> View:
    """Return the view that people see of a result; each kind of result registers its own view."""
    raise TypeError(f"{type(result).__name__} has no view")


class Shown:
    """A result that says in one line what it is, and becomes a table or a data frame."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{view_of(self).headline}>"

    def _repr_html_(self) -> str:
        """Return a headline, the picture and the first rows of a table, as notebooks ask for."""
        view = view_of(self)
        columns = (view.glance or next(iter(view.tables.values())))()
        lines = [f"<b>{escape(view.headline)}</b>"]
        lines += [escape(note) for note in view.notes()] if view.notes else []
        picture = f"<div>{view.picture()}</div>" if view.picture else ""
        return f"<p>{'<br>'.join(lines)}</p>{picture}{_table(columns)}"

    def to_frame(self, table: str | None = None) -> Any:
        """Return a table of this result as a pandas data frame, a column for each quantity.

        Args:
            table: Which of its tables, such as "buses"; none: the first one.

        Raises:
            FrameUnavailable: pandas is not installed.
            TableUnknown: There is no table of this name.
        """
        tables = view_of(self).tables
        name = next(iter(tables)) if table is None else table
        if name not in tables:
            known = ", ".join(tables)
            detail = f"There is no table {name!r}; there are: {known}."
            raise TableUnknown(detail, tables=list(tables))
        try:
            import pandas as pd  # type: ignore[import-untyped]  # noqa: PLC0415 - only for who has it
        except ImportError as error:
            raise FrameUnavailable("to_frame needs pandas: pip install pandas") from error
        return pd.DataFrame(dict(tables[name]()))


def _table(columns: Columns) -> str:
    count = len(next(iter(columns.values()), ()))
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    rows = [
        "".join(f"<td>{escape(_cell(column[row]))}</td>" for column in columns.values())
        for row in range(min(count, _ROWS_SHOWN))
    ]
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    more = f"<p>… and {count - _ROWS_SHOWN} more rows</p>" if count > _ROWS_SHOWN else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def _cell(value: Any) -> str:
    if isinstance(value, float | np.floating):
        return f"{value:.5g}"
    return "" if value is None else str(value)
