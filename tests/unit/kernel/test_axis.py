"""Marks of axes are round numbers within the range, by the rule that textbooks give."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.kernel.axis import round_marks


@pytest.mark.parametrize(
    ("low", "high", "values", "digits"),
    [
        (0.0, 430.0, (0.0, 100.0, 200.0, 300.0, 400.0), 0),
        (0.0, 400.0, (0.0, 100.0, 200.0, 300.0, 400.0), 0),
        (-3.0, 12.0, (0.0, 5.0, 10.0), 0),
        (-480.0, 20.0, (-400.0, -300.0, -200.0, -100.0, 0.0), 0),
        (0.0, 1.9, (0.0, 0.5, 1.0, 1.5), 1),
        (0.0, 0.07, (0.0, 0.02, 0.04, 0.06), 2),
        (0.0, 0.00108, (0.0, 0.0005, 0.001), 4),
        (0.0, 4_321.0, (0.0, 1_000.0, 2_000.0, 3_000.0, 4_000.0), 0),
        (0.0, 36.0, (0.0, 10.0, 20.0, 30.0), 0),
        (0.0, 32.0, (0.0, 10.0, 20.0, 30.0), 0),
    ],
)
def test_the_marks_of_ranges(
    low: float, high: float, values: tuple[float, ...], digits: int
) -> None:
    found = round_marks(low, high)
    assert (found.values, found.digits) == (values, digits)


@given(
    st.floats(-1e6, 1e6, allow_subnormal=False),
    st.floats(1e-6, 1e6, allow_subnormal=False),
    st.integers(2, 8),
)
def test_marks_are_few_even_and_round(low: float, length: float, parts: int) -> None:
    high = low + length
    if (high - low) < 1e-9 * max(abs(low), abs(high)):  # less than a float tells apart
        return
    found = round_marks(low, high, parts)
    assert 1 <= len(found.values) <= parts + 1 or parts == 2
    slack = 1e-8 * (abs(low) + abs(high))
    assert all(low - slack <= each <= high + slack for each in found.values)
    steps = [b - a for a, b in zip(found.values, found.values[1:], strict=False)]
    assert all(math.isclose(each, steps[0], rel_tol=1e-3) for each in steps)
    for each in found.values:
        assert round(each, found.digits) == each
    if len(steps) > 1:
        first = Decimal(f"{steps[0]:.3e}").normalize()
        assert first.as_tuple().digits in {(1,), (2,), (5,)}
