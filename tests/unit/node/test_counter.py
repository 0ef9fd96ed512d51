"""A meter's counter at the edges of its digits."""

import pytest

from platone.kernel.meter_register import MOST_DIGITS, advance, is_shown


@pytest.mark.parametrize(
    ("first", "last", "digits", "steps"),
    [
        (0, 0, 6, 0),
        (5, 9, 1, 4),
        (9, 0, 1, 1),  # rolls over
        (999_999, 0, 6, 1),
        (999_998, 3, 6, 5),
        (3, 2, 3, 999),
    ],
)
def test_a_counter_rolls_over(first: int, last: int, digits: int, steps: int) -> None:
    assert advance(first, last, digits) == steps


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (0, 1, True),
        (9, 1, True),
        (10, 1, False),
        (999_999, 6, True),
        (10**6, 6, False),
        (-1, 6, False),
    ],
)
def test_a_counter_shows_what_its_digits_can(value: int, digits: int, *, shown: bool) -> None:
    assert is_shown(value, digits) is shown


def test_the_longest_counter_is_exact_in_a_float() -> None:
    """Nine digits and three decimals leave room; beyond fifteen a float would round."""
    assert MOST_DIGITS == 15
    assert float(10**MOST_DIGITS - 1) == 10**MOST_DIGITS - 1
