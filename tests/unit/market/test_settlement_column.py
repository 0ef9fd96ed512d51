"""The columns of settlement against the same rule a line at a time, in decimals and integers."""

from decimal import ROUND_HALF_EVEN, Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platone.kernel.settlement_rule import settle_line
from platone.market.domain.settlement import energy_of_quarter_hour
from platone.market.domain.settlement_column import (
    energies_of_quarter_hours,
    prices_in_micro_eur,
    quantities_of,
    settle_columns,
)

LINES = 150_000


def in_decimals(value: float, factor: int, divisor: int = 1) -> int:
    """The rule of rounding as it is told: the shortest decimal, half to even."""
    exact = Decimal(repr(value)) * factor / divisor
    return int(exact.to_integral_value(rounding=ROUND_HALF_EVEN))


def mixed(rng: np.random.Generator, size: int) -> Any:
    """Powers as people write them, and as computers do: of few decimals, of many, at a half."""
    digits = rng.integers(0, 9, size)
    written = np.array(
        [
            round(value, int(few))
            for value, few in zip(rng.normal(0, 500, size), digits, strict=True)
        ]
    )
    halves = (rng.integers(-(10**9), 10**9, size) * 2 + 1) / 500_000  # kW: half a millionth of kWh
    return np.choose(rng.integers(0, 3, size), [written, rng.normal(0, 500, size), halves])


def test_energies_are_rounded_as_their_decimals() -> None:
    powers = mixed(np.random.default_rng(3), LINES)
    found = energies_of_quarter_hours(powers)
    assert found.dtype == np.int64
    assert found.tolist() == [in_decimals(each, 250_000) for each in powers.tolist()]


def test_prices_are_rounded_as_their_decimals() -> None:
    rng = np.random.default_rng(4)
    prices = np.concatenate(
        [mixed(rng, 20_000) / 1000, (rng.integers(0, 10**7, 20_000) + 0.5) / 1e6]
    )
    found = prices_in_micro_eur(prices).tolist()
    assert found == [in_decimals(each, 10**6) for each in prices.tolist()]


@given(st.lists(st.floats(-1e30, 1e30), min_size=1, max_size=5))
def test_any_float_is_rounded_as_its_decimal(powers: list[float]) -> None:
    found = energies_of_quarter_hours(np.array(powers)).tolist()
    assert found == [in_decimals(each, 10**6, 4) for each in powers]


TERMS = [(0, 0), (500_000, 0), (750_000, 750_000), (250_000, 1_000_000), (0, 900_001), (1, 2)]


@pytest.mark.parametrize("size", [10**4, 10**9, 10**12, 10**16])
def test_amounts_are_those_of_the_rule(size: int) -> None:
    """Every size of energy and price, often where the rule bends, and all kinds of terms."""
    rng = np.random.default_rng(size)
    count, dear = LINES // 4, size // 10**4 if size > 10**9 else 1
    ordered = rng.integers(-size, size, count) * rng.integers(0, 5, count).clip(0, 1)
    reference = rng.integers(-size, size, count)
    bends = [0, 1, -1, *(size // each for each in (2, 3, 1)), -size]
    measured = np.choose(
        rng.integers(0, 4, count),
        [
            reference + ordered,
            reference + rng.choice(bends, count),
            reference + (ordered * rng.uniform(0, 1, count)).astype(np.int64),
            rng.integers(-size, size, count),
        ],
    )
    price = rng.integers(-(10**7), 10**7, count) * rng.choice([1, 0, dear], count)
    penalty = rng.integers(0, 10**7, count)
    terms = np.array(TERMS)[rng.integers(0, len(TERMS), count)]
    least, full = terms[:, 0], terms[:, 1]
    found = settle_columns(
        reference=reference,
        ordered=ordered,
        measured=measured,
        price=price,
        penalty_price=penalty,
        least_delivery_ppm=least,
        full_delivery_ppm=full,
    )
    columns = (reference, ordered, measured, price, penalty, least, full)
    plain = [
        settle_line(
            reference=r,
            ordered=o,
            measured=m,
            price=p,
            penalty_price=q,
            least_delivery_ppm=low,
            full_delivery_ppm=high,
        )
        for r, o, m, p, q, low, high in zip(*(each.tolist() for each in columns), strict=True)
    ]
    assert list(found.rows()) == plain
    assert found.net.tolist() == [each.net for each in plain]
    assert (found.paid.dtype == object) is (size > 10**9)


def plain_quantities(
    baseline_kw: float, changes_kw: list[float], energy: int | None, measured: int
) -> list[tuple[int, int]]:
    """Reference and ordered change of each trade of a stack, told trade by trade."""
    level_kw, levels = baseline_kw, [energy_of_quarter_hour(baseline_kw)]
    for change_kw in changes_kw:
        level_kw += change_kw
        levels.append(energy_of_quarter_hour(level_kw))
    changes = [after - before for before, after in pairwise(levels)]
    total = {1: sum(x for x in changes if x > 0), -1: sum(x for x in changes if x < 0)}
    traded, found = {1: 0, -1: 0}, []
    for change in changes:
        sign = 1 if change > 0 else -1
        reference = (levels[0] if energy is None else energy) + total[-sign] + traded[sign]
        if traded[sign]:
            reference = min(reference, measured) if sign > 0 else max(reference, measured)
        found.append((reference, change))
        traded[sign] += change
    return found


def test_quantities_of_stacks_are_those_told_trade_by_trade() -> None:
    rng = np.random.default_rng(5)
    heights = rng.choice([1, 1, 1, 2, 3, 6], 60_000).tolist()
    stack = np.repeat(np.arange(len(heights)), heights)
    rank = np.concatenate([np.arange(each) for each in heights])
    change_kw = mixed(rng, len(stack)) * rng.choice([1, 1, 1, 0], len(stack))
    baseline_kw = mixed(rng, len(heights))
    measured = energies_of_quarter_hours(baseline_kw) + rng.integers(-(10**8), 10**8, len(heights))
    energies = [
        None if chosen else int(each)
        for chosen, each in zip(rng.integers(0, 2, len(heights)), measured + 7, strict=True)
    ]
    found = quantities_of(
        stack=stack,
        rank=rank,
        baseline_kw=baseline_kw,
        change_kw=change_kw,
        baseline=energies,
        measured=measured,
    )
    assert len(stack) > 100_000
    ends = np.cumsum(heights)
    expected = [
        each
        for at, (end, height) in enumerate(zip(ends.tolist(), heights, strict=True))
        for each in plain_quantities(
            float(baseline_kw[at]),
            change_kw[end - height : end].tolist(),
            energies[at],
            int(measured[at]),
        )
    ]
    assert list(zip(found.reference.tolist(), found.ordered.tolist(), strict=True)) == expected
    assert found.measured.tolist() == measured[stack].tolist()
