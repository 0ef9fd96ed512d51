"""The settlement rule against UFTP's published case, and against exact fractions."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.ledger.domain.settlement import settle
from platone.messages.ledger import SettlementLine

MICRO = 10**6
TOKEN = 10**18


def line(baseline: int, ordered: int, measured: int, price: int) -> SettlementLine:
    return SettlementLine(
        line_id="line-1",
        pod="IT002E61899978",
        aggregator_id="ACEAE",
        baseline=baseline,
        ordered=ordered,
        measured=measured,
        price=price,
    )


@pytest.mark.parametrize(("measured", "net"), [(7, 14), (8, 14), (9, -4), (10, -22), (11, -33)])
def test_uftp_published_case(measured: int, net: int) -> None:
    amounts = settle(line(10 * MICRO, -2 * MICRO, measured * MICRO, 7 * MICRO), 0, 11 * MICRO)
    assert amounts.aggregator_tokens - amounts.owed == net * TOKEN
    assert amounts.net == net * 10**12


@given(
    st.integers(-(10**12), 10**12),
    st.integers(-(10**11), 10**11).filter(bool),
    st.integers(-(10**12), 10**12),
    st.integers(-(10**9), 10**9),
    st.integers(0, MICRO),
    st.integers(0, 10**9),
)
def test_amounts_are_exact_and_conserved(
    baseline: int, ordered: int, measured: int, price: int, share: int, penalty: int
) -> None:
    amounts = settle(line(baseline, ordered, measured, price), share, penalty)
    change = Fraction(baseline - measured, MICRO) * (1 if ordered < 0 else -1)
    wanted = Fraction(abs(ordered), MICRO)
    delivered = min(max(change, Fraction(0)), wanted)
    net = Fraction(price, MICRO) * delivered - Fraction(penalty, MICRO) * max(
        wanted - change, Fraction(0)
    )
    assert Fraction(amounts.delivered, MICRO) == delivered
    assert Fraction(amounts.paid - amounts.penalty, TOKEN) == net
    assert Fraction(amounts.customer_tokens, TOKEN) == max(net, Fraction(0)) * share / MICRO
    assert (
        Fraction(amounts.customer_tokens + amounts.aggregator_tokens - amounts.owed, TOKEN) == net
    )
