"""The settlement rule against UFTP's published case, its words, and properties of money."""

from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from platone.kernel.settlement_rule import (
    difference_of,
    direction_of,
    settle_line,
    share_difference,
)

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
    shares = share_difference(difference_of(0, net), share_ppm)

    assert shares.customer + shares.aggregator - shares.owed == net * MICRO
    assert min(shares.customer, shares.aggregator, shares.owed) >= 0
    if net >= 0:
        assert Fraction(shares.customer) == Fraction(net * MICRO * share_ppm, MICRO)


@pytest.mark.parametrize(("ordered", "direction"), [(-1, 1), (1, -1), (0, -1)])
def test_less_is_one_and_anything_else_is_minus_one(ordered: int, direction: int) -> None:
    assert direction_of(ordered) == direction


def paid(delivered: int, ordered: int, least: float, full: float) -> Fraction:
    """The payment in prices of a unit, for a delivery of a reduction."""
    amounts = settle_line(
        reference=ordered,
        ordered=-ordered,
        measured=ordered - delivered,
        price=MICRO,
        penalty_price=0,
        least_delivery_ppm=int(least * MICRO),
        full_delivery_ppm=int(full * MICRO),
    )
    return Fraction(amounts.paid, MICRO)


@pytest.mark.parametrize(
    ("delivered", "by_unit", "from_75", "sliding"),
    [
        (0, 0, 0, 0),
        (49, 49, 0, 0),
        (50, 50, 0, 0),
        (60, 60, 0, 20),
        (74, 74, 0, 48),
        (75, 75, 75, 50),
        (90, 90, 90, 80),
        (100, 100, 100, 100),
        (120, 100, 100, 100),
    ],
)
def test_thresholds_by_hand(delivered: int, by_unit: int, from_75: int, sliding: int) -> None:
    """100 ordered: by the unit, nothing below 75 %, sliding from nothing at 50 % to all at 100."""
    assert paid(delivered, 100, 0, 0) == by_unit
    assert paid(delivered, 100, 0.75, 0) == from_75
    assert paid(delivered, 100, 0.5, 1) == sliding


@given(
    st.integers(0, 2 * 10**12), st.integers(1, 10**12), st.integers(0, MICRO), st.integers(0, MICRO)
)
def test_payment_slides_as_in_fractions(
    delivered: int, ordered: int, least: int, full: int
) -> None:
    """The same straight line in exact fractions; what is rounded is less than 1e-12 EUR."""
    amounts = settle_line(
        reference=0,
        ordered=ordered,
        measured=delivered,
        price=7,
        penalty_price=3,
        least_delivery_ppm=least,
        full_delivery_ppm=full,
    )
    part = min(Fraction(delivered, ordered), Fraction(1))
    low, high = Fraction(least, MICRO), Fraction(full, MICRO)
    if part < low:
        exact = Fraction(0)
    elif high <= low:
        exact = part
    else:
        exact = min((part - low) / (high - low), Fraction(1))
    assert 0 <= 7 * ordered * exact - amounts.paid < 1
    assert amounts.penalty == 3 * max(ordered - delivered, 0)


@given(st.lists(st.integers(-(10**20), 10**20), min_size=1, max_size=6), st.integers(0, MICRO))
def test_versions_of_a_line_come_to_its_last_one(nets: list[int], share_ppm: int) -> None:
    """However often it is corrected: what is paid, less what is still owed, is the last net."""
    before, paid_out, owes = 0, 0, 0
    for net in nets:
        difference = difference_of(before, net)
        shares = share_difference(difference, share_ppm)
        assert min(difference.paid, difference.owed, difference.relieved) >= 0
        assert shares.customer + shares.aggregator == difference.paid * MICRO
        paid_out += difference.paid
        owes += difference.owed - difference.relieved
        assert owes >= 0
        before = net
    assert paid_out - owes == nets[-1]
