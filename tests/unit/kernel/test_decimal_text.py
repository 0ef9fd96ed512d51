from decimal import Decimal, localcontext

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from platone.kernel.decimal_text import decimal_text


@given(st.integers(-(2**256), 2**256 - 1), st.integers(0, 20))
@example(10**28 + 1, 18)
def test_amounts_are_written_exactly(amount: int, decimals: int) -> None:
    text = decimal_text(amount, decimals)
    with localcontext(prec=120):
        assert Decimal(text) * 10**decimals == amount
    assert not text.endswith(".")
    assert "." not in text or not text.endswith("0")


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0"),
        (1, "0.000000000000000001"),
        (10**18, "1"),
        (10**19, "10"),
        (1_500_000_000_000_000_000, "1.5"),
        (-(10**17), "-0.1"),
    ],
)
def test_tokens_are_written_exactly(amount: int, text: str) -> None:
    assert decimal_text(amount, 18) == text
