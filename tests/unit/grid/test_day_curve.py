"""What a curve says of a quarter-hour of one more day, by hand."""

import numpy as np
import pytest

from platone.grid.profile.day_curve import DayCurve, sigma_of, size_of
from platone.grid.profile.statistic import Spread, spread_of


def spread(mean: list[float], deviation: list[float], count: list[int]) -> Spread:
    return Spread(
        np.array(count, np.int32), np.array(mean), np.array(deviation), np.empty((0, len(mean)))
    )


def test_the_error_of_one_more_day() -> None:
    """s √(1 + 1/n); of one day the greatest mean; at least 1 % of that, and a watt."""
    found = sigma_of(spread([5.0, 5.0, 5.0], [2.0, np.nan, 0.001], [4, 1, 9]), 50.0)
    assert found == pytest.approx([2.0 * 1.25**0.5, 50.0, 0.5])
    assert sigma_of(spread([0.0], [0.0], [9]), 0.0) == pytest.approx([0.001])
    assert sigma_of(spread([np.nan], [np.nan], [0]), 7.0) == pytest.approx([7.0])


def test_the_size_of_a_consumer() -> None:
    assert size_of(np.array([1.0, -9.0, np.nan, 3.0])) == 9.0
    assert size_of(np.array([np.nan])) == 0.0


def test_reactive_power_is_told_where_all_of_it_is_known() -> None:
    p = spread([1.0, 2.0, 3.0], [0.1, 0.1, 0.1], [5, 5, 5])
    q = spread([0.5, np.nan, 0.7], [0.1, np.nan, 0.1], [5, 0, 5])
    curve = DayCurve(p, 3.0, q, 0.7)
    known = curve.expected(np.array([2, 0, 2]))
    assert known.mean_kw.tolist() == [3.0, 1.0, 3.0]
    assert known.mean_kvar is not None
    assert known.mean_kvar.tolist() == [0.7, 0.5, 0.7]
    assert known.sigma_kvar == pytest.approx([0.1 * 1.2**0.5] * 3)
    in_part = curve.expected(np.array([0, 1]))
    assert (in_part.mean_kvar, in_part.sigma_kvar) == (None, None)
    assert in_part.sigma_kw == pytest.approx([0.1 * 1.2**0.5] * 2)
    assert DayCurve(p, 3.0).expected(np.array([0])).mean_kvar is None


def test_the_deviation_of_many_days_is_that_of_one_more(rng: np.random.Generator) -> None:
    """Of 20,000 sets of 5 days the sixth is away from the mean as far as said, on the average."""
    days = rng.normal(0.0, 3.0, (6, 20_000))
    said = sigma_of(spread_of(days[:5], ()), 0.0)
    away = days[5] - days[:5].mean(axis=0)
    assert np.mean(away**2) == pytest.approx(np.mean(said**2), rel=0.05)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(8)
