"""Trades that are stacked in one quarter-hour, and quantities in exact integers."""

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.market.stacked import stacked

from platone.kernel.settlement_rule import settle_line
from platone.market.domain.settlement import (
    energy_of_quarter_hour,
    price_in_micro_eur,
)

_energy = st.integers(-(10**15), 10**15)


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
    references = stacked(baseline, changes, measured)

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

    for reference, change in zip(stacked(baseline, changes, schedule), changes, strict=True):
        line = settle_line(
            reference=reference, ordered=change, measured=schedule, price=1, penalty_price=1
        )
        assert (line.delivered, line.deficiency) == (abs(change), 0)


def test_units() -> None:
    assert energy_of_quarter_hour(2278.545) == 569_636_250  # kW over 15 min -> 1e-6 kWh
    assert energy_of_quarter_hour(-0.1) == -25_000
    assert price_in_micro_eur(0.03) == 30_000
