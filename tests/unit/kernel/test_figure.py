"""Numbers as people read them, in English and in languages whose sign of decimals is a comma."""

from decimal import Decimal

import pytest

from platone.kernel.figure import exact_amount, plain_amount, plain_decimal


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (1.5, 2, "1.5"),
        (1.0, 2, "1"),
        (10.0, 0, "10"),  # a zero before the point counts
        (0.125, 3, "0.125"),
        (2.0 / 3.0, 2, "0.67"),
        (-0.001, 2, "0"),  # nothing is not less than nothing
        (-2.5, 1, "\u22122.5"),
    ],
)
def test_a_number_ends_without_zeros(value: float, digits: int, text: str) -> None:
    assert plain_decimal(value, digits) == text
    assert plain_decimal(value, digits, "it") == text.replace(".", ",")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0.00"),
        (Decimal("-0"), "0.00"),
        ("1.921951024", "1.92"),
        (1234.5, "1\u202f234.50"),
        (-7, "\u22127.00"),
        ("0.01", "0.01"),  # a cent is an amount like others
        ("0.0099", "0.0099"),
        ("0.000123", "0.00012"),  # what is less shows its first two digits
        ("-0.000000000001", "\u22120.0000000000010"),
    ],
)
def test_an_amount_is_told_to_the_cent_or_by_its_first_digits(
    value: Decimal | float | str, text: str
) -> None:
    assert plain_amount(value) == text
    assert plain_amount(value, "de") == text.replace(".", ",")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0.00"),
        ("1.5", "1.50"),
        ("1.921951024", "1.921951024"),
        ("2.4000", "2.40"),
        (1000, "1\u202f000.00"),  # written with an exponent where its zeros are left out
        ("-0.000000000001", "\u22120.000000000001"),
    ],
)
def test_an_exact_amount_has_all_its_digits(value: Decimal | float | str, text: str) -> None:
    assert exact_amount(value) == text
    assert exact_amount(value, "el") == text.replace(".", ",")
