"""A settled line under an agreement against UFTP's published case, and against exact fractions."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.ledger.domain.settlement import SettledLine, Total
from platone.messages.ledger import SettlementLine

MICRO = 10**6
PICO = 10**12
TOKEN = 10**18


def settled(quantities: tuple[int, int, int, int], share: int, penalty: int) -> SettledLine:
    baseline, ordered, measured, price = quantities
    return SettledLine(
        settlement_id="settlement-1",
        agreement_id="0x" + "66" * 32,
        number=1,
        customer_share_ppm=share,
        penalty_price=penalty,
        line=SettlementLine(
            line_id="line-1",
            pod="IT002E61899978",
            aggregator_id="ACEAE",
            start_time=datetime(2021, 6, 23, 10, 30, tzinfo=UTC),
            readings=("reading-1",),
            baseline=baseline,
            ordered=ordered,
            measured=measured,
            price=price,
        ),
    )


@pytest.mark.parametrize(("measured", "net"), [(7, 14), (8, 14), (9, -4), (10, -22), (11, -33)])
def test_uftp_published_case(measured: int, net: int) -> None:
    quantities = (10 * MICRO, -2 * MICRO, measured * MICRO, 7 * MICRO)
    line = settled(quantities, 0, 11 * MICRO)
    assert line.shares().aggregator - line.shares().owed == net * TOKEN
    assert line.amounts().net == net * PICO


@given(
    st.integers(-(10**12), 10**12),
    st.integers(-(10**11), 10**11),
    st.integers(-(10**12), 10**12),
    st.integers(-(10**9), 10**9),
    st.integers(0, MICRO),
    st.integers(0, 10**9),
)
def test_amounts_are_exact_and_conserved(
    baseline: int, ordered: int, measured: int, price: int, share: int, penalty: int
) -> None:
    line = settled((baseline, ordered, measured, price), share, penalty)
    amounts, shares = line.amounts(), line.shares()
    change = Fraction(baseline - measured, MICRO) * (1 if ordered < 0 else -1)
    wanted = Fraction(abs(ordered), MICRO)
    delivered = min(max(change, Fraction(0)), wanted)
    missing = max(wanted - change, Fraction(0)) if ordered else Fraction(0)
    net = Fraction(price, MICRO) * delivered - Fraction(penalty, MICRO) * missing
    assert Fraction(amounts.delivered, MICRO) == delivered
    assert Fraction(amounts.deficiency, MICRO) == missing
    assert Fraction(amounts.paid - amounts.penalty, PICO) == net
    assert Fraction(shares.customer, TOKEN) == max(net, Fraction(0)) * share / MICRO
    assert Fraction(shares.customer + shares.aggregator - shares.owed, TOKEN) == net


def test_a_total_sets_off_nothing() -> None:
    """The published case in all: 14 and 14 are paid, 4, 22 and 33 are owed."""
    lines = [
        settled((10 * MICRO, -2 * MICRO, measured * MICRO, 7 * MICRO), 0, 11 * MICRO)
        for measured in (7, 8, 9, 10, 11)
    ]
    assert Total.of(lines) == Total(28 * PICO, 59 * PICO)
    assert Total.of([]) == Total(0, 0)


def test_the_least_amounts_count_in_a_total() -> None:
    """A millionth of a kWh at a millionth of EUR/kWh: delivered, missing, and neither."""
    delivered = settled((1, -1, 0, 1), 0, 1)
    missing = settled((1, -1, 1, 1), 0, 1)
    nothing = settled((1, 0, 1, 1), 0, 1)
    assert [line.amounts().net for line in (delivered, missing, nothing)] == [1, -1, 0]
    total = Total.of([delivered, missing, nothing, delivered])
    assert (total.paid, total.owed) == (2, 1)
