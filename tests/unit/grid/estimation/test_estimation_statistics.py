"""The estimates' errors against what theory says of them; all is drawn with fixed seeds."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from platone.grid.estimation.covariance import Covariance
from platone.grid.estimation.estimate import estimate
from platone.grid.estimation.estimation import Options
from platone.grid.estimation.estimator import Estimator
from platone.grid.estimation.gain import Gain
from platone.grid.estimation.model import real_rows
from platone.grid.estimation.uncertainty import uncertainty

DRAWS = 3000


class Sample:
    """The same sensors, drawn again and again around a known state."""

    def __init__(self, twin: Any) -> None:
        twin.noise = 0.0
        twin.everything()
        found = estimate(twin.ground, twin.measurements, None, Options(pseudo="never"))
        self.placed, self.truth = found.placed, found.voltage
        self.estimator = Estimator(self.placed.setting)
        exact = self.placed.setting.rows.at(self.truth).value
        rows = self.placed.setting.measured
        std = np.where(rows, self.placed.setting.std, 0.0)
        noise = np.random.default_rng(5).standard_normal((len(std), DRAWS))
        self.values = exact[:, None] + std[:, None] * noise
        self.states = self.estimator.states(self.values)


@pytest.fixture(scope="module")
def sample(request: pytest.FixtureRequest) -> Sample:
    return Sample(request.getfixturevalue("meshed_twin"))


def test_covariance_is_that_of_the_errors(sample: Sample) -> None:
    assert sample.states.found.all()
    error = sample.states.voltage - sample.truth[:, None]
    covariance = Covariance(Gain(sample.placed.setting, sample.truth))
    predicted = uncertainty(sample.placed.ground, covariance, sample.truth)
    along = (error * (sample.truth.conj() / np.abs(sample.truth))[:, None]).real
    low, high = stats.chi2.ppf([1e-5, 1 - 1e-5], DRAWS) / DRAWS
    ratio = (along**2).mean(axis=1) / predicted.voltage_pu**2
    assert ((low < ratio) & (ratio < high)).all()
    angle = np.angle(sample.states.voltage / sample.truth[:, None])
    free = predicted.angle_rad > 1e-9
    ratio = (angle**2).mean(axis=1)[free] / predicted.angle_rad[free] ** 2
    assert ((low < ratio) & (ratio < high)).all()
    assert np.abs(error.mean(axis=1)).max() < 5 * predicted.voltage_pu.max() / DRAWS**0.5


def test_currents_scatter_as_predicted(sample: Sample) -> None:
    ground = sample.placed.ground
    covariance = Covariance(Gain(sample.placed.setting, sample.truth))
    predicted = uncertainty(ground, covariance, sample.truth)
    ends = np.arange(len(ground.network.branches)) * 2
    flows = ground.whole.branches.end_currents(ground, ends)
    base = ground.circuit.ports.from_base_a
    amperes = np.abs(flows @ sample.states.voltage) * base[:, None]
    loaded = np.abs(flows @ sample.truth) * base > 5 * predicted.from_a
    low, high = stats.chi2.ppf([1e-5, 1 - 1e-5], DRAWS - 1) / (DRAWS - 1)
    ratio = amperes.var(axis=1, ddof=1)[loaded] / predicted.from_a[loaded] ** 2
    assert loaded.sum() > 3
    assert ((low < ratio) & (ratio < high)).all()


def test_objective_follows_chi_square(sample: Sample) -> None:
    degrees = sample.estimator.degrees
    assert degrees > 10
    found = stats.kstest(sample.states.objective, stats.chi2(degrees).cdf)
    assert found.pvalue > 1e-3
    other = stats.kstest(sample.states.objective, stats.chi2(degrees + 2).cdf)
    assert other.pvalue < 1e-6


def test_normalised_residuals_are_standard_normal(sample: Sample) -> None:
    setting = sample.placed.setting
    covariance = Covariance(Gain(setting, sample.truth))
    rows = np.flatnonzero(setting.measured)
    residual = setting.rows.at(sample.states.voltage).residual(sample.values)[rows]
    left = covariance.left
    redundant = left > 1e-3
    normalised = residual / (setting.std[rows] * np.sqrt(np.abs(left)))[:, None]
    values = [stats.kstest(each, "norm").pvalue for each in normalised[redundant]]
    assert redundant.sum() >= 20
    assert min(values) > 1e-3 / len(values)


def test_false_alarms_come_as_seldom_as_promised(sample: Sample) -> None:
    confidence = sample.estimator.confidence
    limit = stats.chi2.ppf(confidence, sample.estimator.degrees)
    alarms = int((sample.states.objective > limit).sum())
    assert stats.binomtest(alarms, DRAWS, 1 - confidence).pvalue > 1e-3
    # residuals depend on each other, so that there are fewer alarms than for independent ones
    largest = int((sample.states.largest > sample.estimator.limit).sum())
    assert largest < DRAWS * (1 - confidence) * 1.5


def test_drawn_standard_deviations_are_the_calculated_ones(sample: Sample) -> None:
    gain = Gain(sample.placed.setting, sample.truth)
    exact, drawn = Covariance(gain), Covariance(gain, exact_states=0)
    rows = real_rows(sample.placed.ground.whole.admittance.copy())
    free = exact.variance(rows) > 1e-12  # the rest is rounding: nodes that withdraw nothing
    ratio = np.sqrt(drawn.variance(rows)[free] / exact.variance(rows)[free])
    assert np.abs(ratio - 1).max() < 5 * 0.0316
    assert np.abs(drawn.left - exact.left).max() < 0.25
    worst = int(np.argmax(exact.left))
    assert drawn.left_of(np.array([worst])) == pytest.approx(exact.left[[worst]], abs=1e-6)


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
    found = estimate(case.ground, case.measurements)
    monkeypatch.setattr(Covariance.__init__, "__defaults__", (0,))
    drawn = estimate(case.ground, case.measurements)
    for each in (found, drawn):
        assert [(bad.readings[0].measurement, bad.is_removed) for bad in each.bad] == [(name, True)]
    assert not drawn.uncertainty.is_exact
    assert drawn.bad[0].normalised == pytest.approx(found.bad[0].normalised, rel=1e-6)


def _fields(message: Any) -> dict[str, Any]:
    return {name: getattr(message, name) for name in message.__struct_fields__}
