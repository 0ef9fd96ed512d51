"""Spreads of few values against numpy, with and without gaps."""

import numpy as np
import pytest

from platone.grid.profile.statistic import empty_spread, spread_of

LEVELS = (0.0, 0.05, 0.5, 0.9, 1.0)
RNG = np.random.default_rng(4)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 11])
def test_whole_columns(count: int) -> None:
    values = RNG.normal(0, 1, (count, 3, 2))
    found = spread_of(values, LEVELS)
    assert found.count.tolist() == [[count] * 2] * 3
    assert found.mean == pytest.approx(values.mean(axis=0))
    assert found.quantiles == pytest.approx(np.quantile(values, LEVELS, axis=0))
    if count == 1:
        assert np.isnan(found.deviation).all()
    else:
        assert found.deviation == pytest.approx(values.std(axis=0, ddof=1))


def test_columns_with_gaps() -> None:
    """A column of four values, of three, two, one and none, in mixed places."""
    values = RNG.normal(0, 1, (4, 5))
    for column, missing in enumerate(([], [2], [0, 3], [0, 1, 2], [0, 1, 2, 3])):
        values[missing, column] = np.nan
    found = spread_of(values, LEVELS)
    assert found.count.tolist() == [4, 3, 2, 1, 0]
    for column in range(4):
        known = values[~np.isnan(values[:, column]), column]
        assert found.mean[column] == pytest.approx(known.mean())
        assert found.quantiles[:, column] == pytest.approx(np.quantile(known, LEVELS))
        by_hand = known.std(ddof=1) if len(known) > 1 else np.nan
        assert found.deviation[column] == pytest.approx(by_hand, nan_ok=True)
    for each in (found.mean, found.deviation, *found.quantiles):
        assert np.isnan(each[4])


def test_nothing_at_all() -> None:
    found = spread_of(np.empty((0, 2)), LEVELS)
    empty = empty_spread((2,), len(LEVELS))
    assert found.count.tolist() == empty.count.tolist() == [0, 0]
    assert np.isnan(found.mean).all()
    assert found.quantiles.shape == (len(LEVELS), 2)
