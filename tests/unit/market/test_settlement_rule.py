"""The settlement rule against UFTP's published case and properties of money."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.market.domain.settlement import (
    MICRO,
    energy_of_quarter_hour,
    energy_of_reading,
    price_in_micro_eur,
    settle_line,
    share_net,
    stack_references,
)

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


_energy = st.integers(-(10**15), 10**15)
_price = st.integers(0, 10**9)


@given(_energy, _energy, _energy, _price, _price)
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

    change = reference - measured if ordered <= 0 else measured - reference
    assert got.delivered == sorted((0, change, abs(ordered)))[1]
    assert got.deficiency == max(0, abs(ordered) - change)
    assert got.net == price * got.delivered - penalty_price * got.deficiency


@given(st.integers(-(10**20), 10**20), st.integers(0, MICRO))
def test_money_is_conserved_to_the_last_unit(net: int, share_ppm: int) -> None:
    shares = share_net(net, share_ppm)

    assert shares.customer + shares.aggregator - shares.owed == net * MICRO
    assert min(shares.customer, shares.aggregator, shares.owed) >= 0
    if net >= 0:
        assert Fraction(shares.customer) == Fraction(net * MICRO * share_ppm, MICRO)


@given(
    _energy,
    st.lists(st.integers(1, 10**12), min_size=1, max_size=4),
    _energy,
    st.sampled_from([1, -1]),
)
def test_trades_of_one_direction_share_what_was_delivered(
    baseline: int, sizes: list[int], measured: int, sign: int
) -> None:
    changes = [sign * size for size in sizes]
    references = stack_references(baseline, changes, measured)

    lines = [
        settle_line(reference=r, ordered=c, measured=measured, price=1, penalty_price=1)
        for r, c in zip(references, changes, strict=True)
    ]
    whole = settle_line(
        reference=baseline, ordered=sum(changes), measured=measured, price=1, penalty_price=1
    )
    assert sum(line.delivered for line in lines) == whole.delivered
    assert sum(line.deficiency for line in lines) == whole.deficiency


@given(_energy, st.lists(st.integers(-(10**12), 10**12).filter(bool), max_size=4))
def test_who_follows_the_final_schedule_is_paid_in_full(baseline: int, changes: list[int]) -> None:
    schedule = baseline + sum(changes)

    for reference, change in zip(
        stack_references(baseline, changes, schedule), changes, strict=True
    ):
        line = settle_line(
            reference=reference, ordered=change, measured=schedule, price=1, penalty_price=1
        )
        assert (line.delivered, line.deficiency) == (abs(change), 0)


def test_units() -> None:
    assert energy_of_quarter_hour(2278.545) == 569_636_250  # kW over 15 min -> 1e-6 kWh
    assert energy_of_quarter_hour(-0.1) == -25_000
    assert energy_of_reading(569_636) == 569_636_000
    assert price_in_micro_eur(0.03) == 30_000
