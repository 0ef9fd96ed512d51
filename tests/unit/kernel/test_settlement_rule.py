"""The settlement rule against UFTP's published case, its words, and properties of money."""

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from platone.kernel.settlement_rule import direction_of, settle_line, share_net

MICRO = 10**6
PUBLISHED_UFTP = {7: 14, 8: 14, 9: -4, 10: -22, 11: -33}
"""Baseline 10, ordered reduction 2, price 7, penalty 11: actual -> net."""


@pytest.mark.parametrize(("actual", "net"), PUBLISHED_UFTP.items())
def test_published_case(actual: int, net: int) -> None:
    amounts = settle_line(reference=10, ordered=-2, measured=actual, price=7, penalty_price=11)

    assert amounts.net == net


@pytest.mark.parametrize(("actual", "net"), PUBLISHED_UFTP.items())
def test_published_case_mirrored_for_a_raise(actual: int, net: int) -> None:
    amounts = settle_line(reference=10, ordered=2, measured=20 - actual, price=7, penalty_price=11)

    assert amounts.net == net


@pytest.mark.parametrize("measured", [7, 10, 13])
def test_where_nothing_is_ordered_nothing_is_paid_and_nothing_missing(measured: int) -> None:
    amounts = settle_line(reference=10, ordered=0, measured=measured, price=7, penalty_price=11)

    assert (amounts.delivered, amounts.deficiency) == (0, 0)
    assert (amounts.paid, amounts.penalty, amounts.net) == (0, 0, 0)


def test_directions_are_those_of_the_contract() -> None:
    assert (direction_of(-1), direction_of(1)) == (1, -1)


_energy = st.integers(-(10**15), 10**15)
_price = st.integers(0, 10**9)


@given(_energy, _energy.filter(bool), _energy, st.integers(-(10**9), 10**9), _price)
@example(0, -1, 0, 1, 1)
@example(0, 1, 0, 1, 1)
def test_rule_in_words_of_the_specification(
    reference: int, ordered: int, measured: int, price: int, penalty_price: int
) -> None:
    got = settle_line(
        reference=reference,
        ordered=ordered,
        measured=measured,
        price=price,
        penalty_price=penalty_price,
    )

    change = reference - measured if ordered < 0 else measured - reference
    assert got.delivered == sorted((0, change, abs(ordered)))[1]
    assert got.deficiency == max(0, abs(ordered) - change)
    assert (got.paid, got.penalty) == (price * got.delivered, penalty_price * got.deficiency)
    assert got.net == price * got.delivered - penalty_price * got.deficiency


@given(st.integers(-(10**20), 10**20), st.integers(0, MICRO))
@example(-1, 0)
@example(1, 333_333)
def test_money_is_conserved_to_the_last_unit(net: int, share_ppm: int) -> None:
    shares = share_net(net, share_ppm)

    assert shares.customer + shares.aggregator - shares.owed == net * MICRO
    assert min(shares.customer, shares.aggregator, shares.owed) >= 0
    if net >= 0:
        assert Fraction(shares.customer) == Fraction(net * MICRO * share_ppm, MICRO)


@pytest.mark.parametrize(("ordered", "direction"), [(-1, 1), (1, -1), (0, -1)])
def test_less_is_one_and_anything_else_is_minus_one(ordered: int, direction: int) -> None:
    assert direction_of(ordered) == direction
