"""Columns of settlement: exact whatever the size of each number, by the rule a line at a time."""

import random
from typing import Any

import numpy as np
import pytest
from tests.unit.market.test_settlement_edge import column

from platone.kernel.settlement_rule import LineAmounts, settle_line
from platone.market.domain.settlement_column import (
    Amounts,
    energies_of_quarter_hours,
    integers,
    quantities_of,
    settle_columns,
)

NAMES = ("reference", "ordered", "measured", "price", "penalty_price")
TERMS = [(0, 0), (500_000, 0), (750_000, 750_000), (250_000, 1_000_000), (0, 900_001)]


def settled(least: Any = 0, full: Any = 0, **told: Any) -> Amounts:
    """The amounts of columns; by default of a reduction by 10 of which 4 are delivered."""
    plain = {"reference": 10, "ordered": -10, "measured": 6, "price": 10, "penalty_price": 3}
    columns = {
        name: each if isinstance(each, np.ndarray) else column(*np.atleast_1d(each).tolist())
        for name, each in (plain | told).items()
    }
    return settle_columns(
        **columns,
        least_delivery_ppm=np.atleast_1d(least),
        full_delivery_ppm=np.atleast_1d(full),
    )


def big(bits: int, rng: random.Random) -> int:
    return rng.choice([1, -1]) * rng.getrandbits(bits) if bits else 0


@pytest.mark.parametrize("wide", NAMES)
@pytest.mark.parametrize("seed", range(3))
def test_each_number_may_be_large_by_itself(wide: str, seed: int) -> None:
    """One of them of up to 62 bits, the others of up to 30: no product may pass 64 unseen."""
    rng = random.Random(f"{wide} {seed}")  # noqa: S311
    for _ in range(400):
        small = rng.choice([0, 4, 20, 30])
        line = {name: big(rng.randint(0, small), rng) for name in NAMES}
        line[wide] = big(rng.randint(20, 61), rng)
        line["penalty_price"] = abs(line["penalty_price"])
        least, full = rng.choice(TERMS)
        (found,) = settled(least, full, **line).rows()
        expected = settle_line(**line, least_delivery_ppm=least, full_delivery_ppm=full)
        assert found == expected, line


@pytest.mark.parametrize("seed", range(3))
def test_all_numbers_may_be_large_together(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    for _ in range(600):
        line = {name: big(rng.randint(15, 45), rng) for name in NAMES}
        line["penalty_price"] = abs(line["penalty_price"])
        least, full = rng.choice(TERMS)
        (found,) = settled(least, full, **line).rows()
        assert found == settle_line(**line, least_delivery_ppm=least, full_delivery_ppm=full), line


@pytest.mark.parametrize("wide", ["reference", "measured"])
def test_a_column_of_any_size_makes_all_exact(wide: str) -> None:
    """Of 2**60 ordered half is delivered, counted from beyond 64 bits; half of it is paid."""
    half = 2**59
    told = {"reference": 2**70, "measured": 2**70 - half}
    assert told[wide] > 2**62
    columns = {name: np.array([each], dtype=object) for name, each in told.items()}
    (found,) = settled(0, 10**6, **columns, ordered=-(2**60), price=1, penalty_price=2).rows()
    assert found == LineAmounts(delivered=half, deficiency=half, paid=half, penalty=2**60)


@pytest.mark.parametrize("wide", ["ordered", "price"])
def test_an_order_or_price_of_any_size_does_so_too(wide: str) -> None:
    told: dict[str, Any] = {"reference": 2**60, "ordered": -(2**60), "measured": 2**59, "price": 4}
    told[wide] = np.array([told[wide]], dtype=object)
    (found,) = settled(0, 10**6, **told, penalty_price=2).rows()
    assert found == LineAmounts(delivered=2**59, deficiency=2**59, paid=2**61, penalty=2**60)


def test_usual_lines_stay_in_sixty_four_bits() -> None:
    """A megawatt for a quarter-hour at a euro a kWh, with thresholds and a penalty of a euro."""
    energy, euro = 250 * 10**6, 10**6
    found = settled(
        500_000,
        900_000,
        reference=energy,
        ordered=-energy,
        measured=energy // 10,
        price=euro,
        penalty_price=euro,
    )
    assert found.paid.dtype == found.penalty.dtype == np.int64
    assert found.net.tolist() == [energy * euro - energy // 10 * euro]


def test_each_line_has_its_own_thresholds() -> None:
    """4 of 10 are delivered at 10 each: all paid, below the least, and slid to 4/8."""
    least, full = [0, 400_001, 0, 0], [0, 0, 800_000, 400_000]
    four = {name: [value] * 4 for name, value in (("reference", 10), ("ordered", -10))}
    found = settled(least, full, **four, measured=[6] * 4)
    assert found.paid.tolist() == [40, 0, 50, 100]
    assert settled([0, 400_001], [0, 0], measured=[6, 6]).paid.tolist() == [40, 0]
    assert settled([0, 0], [800_000, 0], measured=[6, 6]).paid.tolist() == [50, 40]


def test_nothing_is_settled_of_no_line() -> None:
    none = np.array([], dtype=np.int64)
    found = settled(none, none, **dict.fromkeys(NAMES, none))
    assert list(found.rows()) == []


def test_columns_are_of_any_size_where_one_number_is_not_small() -> None:
    edge = 2**62
    assert integers([edge - 1, 1 - edge]).dtype == np.int64
    for value in (edge, -edge, 2**80):
        found = integers([1, value])
        assert (found.dtype, found.tolist()) == (np.dtype(object), [1, value])
    assert integers([]).tolist() == []


@pytest.mark.parametrize("baseline", [None, [None, None]])
def test_quantities_count_from_the_declared_baseline_unless_told(baseline: Any) -> None:
    """40 kW are 10 kWh; the second stack of 8 kW falls by 4 and by 2 kW: 1 and half a kWh."""
    found = quantities_of(
        stack=np.array([0, 1, 1]),
        rank=np.array([0, 0, 1]),
        baseline_kw=np.array([40.0, 8.0]),
        change_kw=np.array([4.0, -4.0, -2.0]),
        baseline=baseline,
        measured=column(11_000_000, 500_000),
    )
    assert found.ordered.tolist() == [1_000_000, -1_000_000, -500_000]
    assert found.reference.tolist() == [10_000_000, 2_000_000, 1_000_000]
    assert found.measured.tolist() == [11_000_000, 500_000, 500_000]


def test_no_trade_has_no_quantity() -> None:
    none = np.array([], dtype=np.intp)
    found = quantities_of(
        stack=none,
        rank=none,
        baseline_kw=np.array([]),
        change_kw=np.array([]),
        baseline=None,
        measured=column(),
    )
    assert found.reference.tolist() == found.ordered.tolist() == found.measured.tolist() == []


def test_energies_beyond_sixty_four_bits_are_whole() -> None:
    """2**62 millionths of a kWh are 1.8e13 kW for a quarter-hour."""
    assert energies_of_quarter_hours(np.array([1e12, -1e12])).dtype == np.int64
    found = energies_of_quarter_hours(np.array([4e13, -4e13, 0.000_002]))
    assert found.tolist() == [10**19, -(10**19), 0]
    assert energies_of_quarter_hours(np.array([0.000_006, -0.000_006])).tolist() == [2, -2]
