"""The energy between two showings of a meter's counters, which roll over and are never set back.

A counter shows a number of digits, and begins at zero again after the last number that they can
show. So the way from one showing to a later one is a difference modulo ten to the number of digits.
Whether a counter that shows less than before rolled over or was set back, nobody sees by the two
numbers; a counter that would have had to run faster than its meter can was set back.
"""

MOST_DIGITS = 15
"""Digits of the longest counter that is read: meters show six to nine, and up to three decimals."""


def advance(first: int, last: int, digits: int) -> int:
    """Return how far a counter went from one showing to a later one, in steps of its last digit.

    Args:
        first: What it showed.
        last: What it showed later, within one round.
        digits: Digits that it shows.
    """
    return int((last - first) % 10**digits)


def is_shown(value: int, digits: int) -> bool:
    """Return whether a counter of so many digits can show a value."""
    return bool(0 <= value < 10**digits)
