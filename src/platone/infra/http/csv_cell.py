"""Cells of tables as comma-separated values, which people open in spreadsheets."""

import re

MEDIA_TYPE = "text/csv"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First characters that make a spreadsheet take a text for a formula."""
_NEGATIVE = re.compile(r"-[0-9]+(\.[0-9]+)?")
"""A negative decimal number as text, as exact amounts are told: it is a number, and no formula."""


def csv_cell(value: object) -> object:
    """Return a cell; text that a spreadsheet would take for a formula is marked as text."""
    if isinstance(value, str) and value.startswith(_FORMULA) and not _NEGATIVE.fullmatch(value):
        return "'" + value
    return value
