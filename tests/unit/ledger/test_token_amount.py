from decimal import Decimal, localcontext

from hypothesis import given
from hypothesis import strategies as st

from platone.ledger.service.wallet import decimal_text


@given(st.integers(0, 2**256 - 1))
def test_amounts_are_written_exactly(tokens: int) -> None:
    with localcontext(prec=100):
        assert Decimal(decimal_text(tokens)) * 10**18 == tokens
    assert not decimal_text(tokens).endswith(".")
