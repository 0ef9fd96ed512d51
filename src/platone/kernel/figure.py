"""Numbers as people read them: rounded as it makes sense, in the way of the reader's language."""

from decimal import Decimal

from platone.kernel.canvas import number

_MONEY_DIGITS = 2
"""Decimals of an amount of money or tokens: cents, as people pay."""
_TELLING_DIGITS = 2
"""Digits of an amount below a cent that are shown: it is not nothing, and says how little it is."""
_POINT = {"en": "."}
"""The sign before decimals, by language; in all others of the site it is a comma."""


def plain_decimal(value: float, digits: int, language: str = "en") -> str:
    """Return a number as a reader of a language writes it, without zeros at its end."""
    return split_decimal(value, digits, language)[0]


def split_decimal(value: float, digits: int, language: str = "en") -> tuple[str, str]:
    """Return the same number, and the zeros at its end that a column of numbers shows after it.

    Args:
        value: The number.
        digits: How many decimals it has at most; with its zeros it has so many.
        language: The reader's language.
    """
    text = number(round(value, digits) + 0.0, digits)  # nothing is not less than nothing
    short = text.rstrip("0").rstrip(".") if "." in text else text
    return _written(short, language), _written(text[len(short) :], language)


def plain_amount(value: Decimal | float | str, language: str = "en") -> str:
    """Return an amount to the cent; what is less than that shows its first digits instead."""
    exact = Decimal(str(value)) or Decimal(0)
    digits = _MONEY_DIGITS
    if exact and abs(exact) < Decimal("0.01"):
        digits = _TELLING_DIGITS - exact.adjusted() - 1
    text = f"{exact:,.{digits}f}".replace(",", "\u202f").replace("-", "\u2212")
    return _written(text, language)


def _written(text: str, language: str) -> str:
    return text.replace(".", _POINT.get(language, ","))


def exact_amount(value: Decimal | float | str, language: str = "en") -> str:
    """Return an amount with all its digits, two after the point at least."""
    exact = (Decimal(str(value)) or Decimal(0)).normalize()
    exponent = exact.as_tuple().exponent
    digits = max(_MONEY_DIGITS, -exponent) if isinstance(exponent, int) else _MONEY_DIGITS
    text = f"{exact:,.{digits}f}".replace(",", "\u202f").replace("-", "\u2212")
    return _written(text, language)
