"""The estimates' errors against what theory says of them; all is drawn with fixed seeds."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from platone.grid.estimation.covariance import StateCovariance
from platone.grid.estimation.estimate import estimate
from platone.grid.estimation.estimator import Estimator
from platone.grid.estimation.gain import GainMatrix
from platone.grid.estimation.measurement_row import real_rows
from platone.grid.estimation.result import EstimationOptions
from platone.grid.estimation.solver import Solver
from platone.grid.estimation.uncertainty import propagate_errors

DRAWS = 3000


class Sample:
    """The same sensors, drawn again and again around a known state."""

    def __init__(self, twin: Any) -> None:
        twin.noise = 0.0
        twin.everything()
        found = estimate(twin.model, twin.measurements, None, EstimationOptions(pseudo="never"))
        self.placed, self.truth = found.placed, found.voltage
        solver = Solver(self.placed.sensors, self.placed.value)
        self.estimator = Estimator(solver, StateCovariance(solver.gain), 0.99)
        exact = self.placed.sensors.rows.at(self.truth).value
        rows = self.placed.sensors.is_measured
        std = np.where(rows, self.placed.sensors.std, 0.0)
        noise = np.random.default_rng(5).standard_normal((len(std), DRAWS))
        self.values = exact[:, None] + std[:, None] * noise
        states = [self.estimator.state(value) for value in self.values.T]
        self.voltage = np.stack([each.voltage for each in states], axis=1)
        self.weighted = np.stack([each.weighted for each in states], axis=1)
        self.objective = np.array([each.test.objective for each in states])
        self.largest = np.array([each.largest for each in states])


@pytest.fixture(scope="module")
def sample(request: pytest.FixtureRequest) -> Sample:
    return Sample(request.getfixturevalue("meshed_twin"))


def test_covariance_is_that_of_the_errors(sample: Sample) -> None:
    assert sample.voltage.shape[1] == DRAWS
    error = sample.voltage - sample.truth[:, None]
    covariance = StateCovariance(GainMatrix(sample.placed.sensors, sample.truth))
    predicted = propagate_errors(sample.placed.model, covariance, sample.truth)
    along = (error * (sample.truth.conj() / np.abs(sample.truth))[:, None]).real
    low, high = stats.chi2.ppf([1e-5, 1 - 1e-5], DRAWS) / DRAWS
    ratio = (along**2).mean(axis=1) / predicted.voltage_pu**2
    assert ((low < ratio) & (ratio < high)).all()
    angle = np.angle(sample.voltage / sample.truth[:, None])
    free = predicted.angle_rad > 1e-9
    ratio = (angle**2).mean(axis=1)[free] / predicted.angle_rad[free] ** 2
    assert ((low < ratio) & (ratio < high)).all()
    assert np.abs(error.mean(axis=1)).max() < 5 * predicted.voltage_pu.max() / DRAWS**0.5


def test_currents_scatter_as_predicted(sample: Sample) -> None:
    model = sample.placed.model
    covariance = StateCovariance(GainMatrix(sample.placed.sensors, sample.truth))
    predicted = propagate_errors(model, covariance, sample.truth)
    ends = np.arange(len(model.network.branches)) * 2
    flows = model.full.branches.end_currents(model, ends)
    base = model.circuit.ports.from_base_a
    amperes = np.abs(flows @ sample.voltage) * base[:, None]
    loaded = np.abs(flows @ sample.truth) * base > 5 * predicted.from_a
    low, high = stats.chi2.ppf([1e-5, 1 - 1e-5], DRAWS - 1) / (DRAWS - 1)
    ratio = amperes.var(axis=1, ddof=1)[loaded] / predicted.from_a[loaded] ** 2
    assert loaded.sum() > 3
    assert ((low < ratio) & (ratio < high)).all()


def test_objective_follows_chi_square(sample: Sample) -> None:
    degrees = sample.estimator.degrees
    assert degrees > 10
    found = stats.kstest(sample.objective, stats.chi2(degrees).cdf)
    assert found.pvalue > 1e-3
    other = stats.kstest(sample.objective, stats.chi2(degrees + 2).cdf)
    assert other.pvalue < 1e-6


def test_normalised_residuals_are_standard_normal(sample: Sample) -> None:
    sensors = sample.placed.sensors
    covariance = StateCovariance(GainMatrix(sensors, sample.truth))
    left = covariance.residual_share
    redundant = left > 1e-3
    normalised = sample.weighted / np.sqrt(np.abs(left))[:, None]
    values = [stats.kstest(each, "norm").pvalue for each in normalised[redundant]]
    assert redundant.sum() >= 20
    assert min(values) > 1e-3 / len(values)


def test_false_alarms_come_as_seldom_as_promised(sample: Sample) -> None:
    confidence = sample.estimator.confidence
    limit = stats.chi2.ppf(confidence, sample.estimator.degrees)
    alarms = int((sample.objective > limit).sum())
    assert stats.binomtest(alarms, DRAWS, 1 - confidence).pvalue > 1e-3
    # residuals depend on each other, so that there are fewer alarms than for independent ones
    largest = int((sample.largest > sample.estimator.limit).sum())
    assert largest < DRAWS * (1 - confidence) * 1.5


def test_drawn_standard_deviations_are_the_calculated_ones(sample: Sample) -> None:
    gain = GainMatrix(sample.placed.sensors, sample.truth)
    exact, drawn = StateCovariance(gain), StateCovariance(gain, exact_unknowns=0)
    rows = real_rows(sample.placed.model.full.admittance.copy())
    free = exact.variance(rows) > 1e-12  # the rest is rounding: nodes that withdraw nothing
    ratio = np.sqrt(drawn.variance(rows)[free] / exact.variance(rows)[free])
    assert np.abs(ratio - 1).max() < 5 * 0.0316
    assert np.abs(drawn.residual_share - exact.residual_share).max() < 0.25
    worst = int(np.argmax(exact.residual_share))
    assert drawn.residual_share_of(np.array([worst])) == pytest.approx(
        exact.residual_share[[worst]], abs=1e-6
    )


def test_drawn_and_calculated_find_the_same_bad_datum(
    twin: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    case = twin("oberrhein")
    case.everything()
    name = "trafo114hv"
    case.measurements = [
        each if each.id != name else type(each)(**_fields(each) | {"p_kw": each.p_kw + 400.0})
        for each in case.measurements
    ]
    found = estimate(case.model, case.measurements)
    monkeypatch.setattr(StateCovariance.__init__, "__defaults__", (0,))
    drawn = estimate(case.model, case.measurements)
    for each in (found, drawn):
        assert [(bad.readings[0].measurement, bad.is_removed) for bad in each.bad] == [(name, True)]
    assert not drawn.uncertainty.is_exact
    assert drawn.bad[0].normalised == pytest.approx(found.bad[0].normalised, rel=1e-6)


def _fields(message: Any) -> dict[str, Any]:
    return {name: getattr(message, name) for name in message.__struct_fields__}
