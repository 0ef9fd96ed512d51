"""Tables as files: read back by Python's own reader, exact, with zone, and never a formula."""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum

import pytest

from platone.dashboard.domain.money_file import with_units
from platone.dashboard.domain.table_file import table_file

HALF_PAST = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)


class Colour(Enum):
    RED = "=red"


def cell(value: object) -> str:
    """The one cell of a table of one column, as a reader finds it."""
    text = table_file({"value": lambda row: row}, [value], "Europe/Rome")
    name, (found,) = csv.reader(io.StringIO(text, newline=""))
    assert name == ["value"]
    return found


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (0.1, "0.1"),
        (-1376.7400000000002, "-1376.74"),  # all digits: nothing is rounded
        (Decimal("-9.79814155"), "-9.79814155"),
        ("-9.79814155", "-9.79814155"),  # an amount is a number also where it is told as text
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (HALF_PAST, "2021-06-23T12:30:00+02:00"),
        (datetime(2021, 10, 31, 1, 30, tzinfo=UTC), "2021-10-31T02:30:00+01:00"),  # the second one
        ('a "quoted", text\nof two lines', 'a "quoted", text\nof two lines'),
        (Colour.RED, "'=red"),
    ],
)
def test_a_value_is_found_as_it_was(value: object, found: str) -> None:
    assert cell(value) == found


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "-1e5", "--1", "-1.", "-cmd|' /C calc'!A0"],
)
def test_text_that_a_spreadsheet_would_calculate_is_told_to_be_text(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_a_table_without_rows_has_its_names() -> None:
    assert table_file({"a_kw": str, "b_eur": str}, [], "UTC") == "a_kw,b_eur\r\n"


def test_files_of_the_books_get_units_and_stay_as_they_are() -> None:
    books = b"entry,kind,amount,deliveredKwh,price,balance\r\n1,line,7.5,9,0.83,7.5\r\n"
    assert with_units(books) == (
        b"entry,kind,amount_eur,delivered_kwh,price_eur_per_kwh,balance_eur\r\n"
        b"1,line,7.5,9,0.83,7.5\r\n"
    )
