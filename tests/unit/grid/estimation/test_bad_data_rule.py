"""The tests of bad data against published tables, another library, and algebra by hand."""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
import pytest
from scipy import stats

from platone.grid.estimation.bad_data import (
    Residuals,
    chi_square_test,
    find_suspects,
    residual_limit,
)
from platone.grid.estimation.covariance import StateCovariance
from platone.grid.estimation.estimate import estimate
from platone.grid.estimation.gain import GainMatrix
from platone.grid.estimation.measurement import Injection
from platone.grid.estimation.number_result import number_results
from platone.grid.estimation.result import Estimation, EstimationOptions
from platone.grid.result.estimate import to_estimate

AT = datetime(2022, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("degrees", "confidence", "limit"),
    [
        (1, 0.95, 3.841),
        (2, 0.95, 5.991),
        (10, 0.95, 18.307),
        (10, 0.99, 23.209),
        (100, 0.99, 135.807),
    ],
)
def test_the_limit_is_that_of_printed_tables(degrees: int, confidence: float, limit: float) -> None:
    """Percentage points of the chi-square distribution, as every textbook prints them."""
    found = chi_square_test(0.0, degrees, confidence)
    assert found.limit == pytest.approx(limit, abs=5e-4)
    assert (found.degrees, found.confidence, found.objective) == (degrees, confidence, 0.0)
    assert found.probability == 1.0


def test_the_test_ends_at_its_limit() -> None:
    limit = chi_square_test(0.0, 7, 0.95).limit
    at = chi_square_test(limit, 7, 0.95)
    assert at.is_passed
    assert at.probability == pytest.approx(0.05, rel=1e-9)
    above = chi_square_test(limit * (1 + 1e-9), 7, 0.95)
    assert not above.is_passed
    assert chi_square_test(12.0, 7, 0.95).probability == pytest.approx(stats.chi2.sf(12.0, 7))


@pytest.mark.parametrize("degrees", [0, -3])
def test_without_redundancy_there_is_nothing_to_test(degrees: int) -> None:
    found = chi_square_test(1e-12, degrees, 0.99)
    assert found.is_passed
    assert (found.degrees, found.limit, found.probability) == (0, 0.0, 1.0)
    assert found.objective == 1e-12


def test_rounding_below_zero_is_no_objective() -> None:
    assert chi_square_test(-1e-12, 3, 0.99).probability == 1.0


@pytest.mark.parametrize(("count", "confidence"), [(1, 0.95), (1, 0.99), (40, 0.99), (1000, 0.95)])
def test_the_largest_of_many_passes_its_bound_seldom(count: int, confidence: float) -> None:
    bound = residual_limit(count, confidence)
    assert (2 * stats.norm.cdf(bound) - 1) ** count == pytest.approx(confidence, rel=1e-9)


def test_two_sided_bounds_of_one_number() -> None:
    """1.96 and 2.576: two-sided 5 % and 1 % points of the normal distribution."""
    assert residual_limit(1, 0.95) == pytest.approx(1.95996, abs=1e-5)
    assert residual_limit(1, 0.99) == pytest.approx(2.57583, abs=1e-5)
    assert residual_limit(0, 0.99) == residual_limit(1, 0.99)
    assert residual_limit(2, 0.99) > residual_limit(1, 0.99)


def test_critical_residuals_are_no_residuals() -> None:
    found = Residuals(np.array([3.0, -2.0, 1e-3, 5.0]), np.array([0.25, 1.0, 0.9e-6, 1e-6]))
    assert found.is_critical.tolist() == [False, False, True, False]
    assert found.normalised.tolist() == pytest.approx([6.0, -2.0, 0.0, 5000.0])


def only(measurements: list[Any]) -> tuple[list[Any], Any]:
    """One voltage and the consumers' meters, of which one is told."""
    left = [each for each in measurements if isinstance(each, Injection) or each.id == "v-b0"]
    (one,) = [each for each in left if each.id == "m-c7"]
    return left, one


@pytest.mark.parametrize(("more_kw", "std"), [(300.0, 1.0), (-300.0, 3.0), (4.0, 0.5)])
def test_the_published_residual_of_two_meters_is_that_by_hand(
    street: Callable[..., Any],
    measured_street: Callable[..., Any],
    more_kw: float,
    std: float,
) -> None:
    """Two meters of one consumer and no third.

    The estimate is their mean by weights 1/s²; what is left of each is s1²/(s1² + s2²) of their
    difference, and its own standard deviation s1²/√(s1² + s2²). So each is off by difference/
    √(s1² + s2²), one up and one down, whatever the network.
    """
    model, measurements = measured_street(street())
    barely, one = only(measurements)
    other = msgspec.structs.replace(
        one, id="second", p_kw=one.p_kw + more_kw, std_kw=one.std_kw * std
    )
    found = estimate(model, [*barely, other], None, EstimationOptions(most_removed=0))
    by_hand = more_kw / math.hypot(one.std_kw, other.std_kw)
    told = {
        each.readings[0].measurement: each
        for each in to_estimate(found, AT).measurements
        if each.readings[0].quantity == "p" and each.readings[0].measurement in {"m-c7", "second"}
    }
    assert told["m-c7"].normalised_residual == pytest.approx(-by_hand, rel=1e-4)
    assert told["second"].normalised_residual == pytest.approx(by_hand, rel=1e-4)
    weights = 1 / one.std_kw**2, 1 / other.std_kw**2
    mean_kw = (one.p_kw * weights[0] + other.p_kw * weights[1]) / sum(weights)
    assert told["m-c7"].estimated == pytest.approx(mean_kw, rel=1e-4)
    assert told["second"].estimated == pytest.approx(mean_kw, rel=1e-4)
    assert told["m-c7"].measured == pytest.approx(one.p_kw)
    assert found.test.objective == pytest.approx(by_hand**2, rel=1e-3, abs=1e-6)
    quality = to_estimate(found, AT).quality
    if abs(by_hand) > found.limit:
        (suspect,) = quality.suspects
        assert abs(suspect.normalised_residual) == pytest.approx(abs(by_hand), rel=1e-4)
        assert {each.measurement for each in suspect.readings} == {"m-c7", "second"}
    else:
        assert quality.suspects == []


@pytest.fixture
def known(street: Callable[..., Any], measured_street: Callable[..., Any]) -> Estimation:
    """An estimate of which each number's residual is known."""
    model, measurements = measured_street(street())
    return estimate(model, measurements, None, EstimationOptions(most_removed=0))


def dense_shares(found: Estimation) -> np.ndarray:
    """The share of its variance that each residual keeps: dense algebra, difference quotients.

    Residuals of a weighted least-squares fit have the covariance 1 - J (JᵀJ)⁻¹ Jᵀ, J the weighted
    derivatives; what is exact confines the fit to where its derivatives vanish.
    """
    rows, std = found.placed.sensors.rows, found.placed.sensors.std
    count, step = len(found.voltage), 1e-6

    def derivative(part: complex, node: int) -> np.ndarray:
        moved = np.zeros(count, complex)
        moved[node] = part * step
        ahead, back = (rows.at(found.voltage + sign * moved).value for sign in (1, -1))
        return np.asarray(ahead - back) / (2 * step)

    whole = np.stack([derivative(part, node) for node in range(count) for part in (1, 1j)], axis=1)
    measured = found.placed.sensors.is_measured
    weighted = whole[measured] / std[measured, None]
    fixed = np.asarray(found.placed.sensors.constraints.todense())
    if len(fixed):
        _, sizes, ways = np.linalg.svd(fixed)
        free = ways[int((sizes > 1e-9 * sizes.max()).sum()) :].T
        weighted = weighted @ free
    projection = weighted @ np.linalg.pinv(weighted, rcond=1e-7)
    return np.asarray(1 - np.diag(projection))


def test_suspects_are_the_largest_and_their_equals(known: Estimation) -> None:
    covariance = StateCovariance(GainMatrix(known.placed.sensors, known.voltage))
    rows = np.arange(int(known.placed.sensors.is_measured.sum()))
    share = covariance.residual_share_of(rows)
    own = np.sqrt(share)
    redundant = rows[share > 0.05]
    first, second, third = redundant[:3]
    weighted = np.zeros(len(rows))
    weighted[[first, second, third]] = own[[first, second, third]] * [5.0, -5.0, 4.99]
    found = find_suspects(weighted, rows, covariance, 3.0)
    assert found.rows == (first, second)
    assert found.normalised == pytest.approx(5.0, rel=1e-6)
    assert find_suspects(weighted, rows[rows != first], covariance, 3.0).rows == (second,)
    none = find_suspects(weighted, rows, covariance, found.normalised)
    assert none.rows == ()
    assert none.normalised == found.normalised
    nobody = find_suspects(weighted, rows[:0], covariance, 3.0)
    assert (nobody.rows, nobody.normalised) == ((), 0.0)


def test_shares_are_those_of_dense_algebra(known: Estimation) -> None:
    share = dense_shares(known)
    assert known.residuals.share == pytest.approx(share, abs=1e-4)
    assert 0.05 < share.max() <= 1.0
    told = [each.normalised for each in number_results(known)]
    assert any(each is not None for each in told)
