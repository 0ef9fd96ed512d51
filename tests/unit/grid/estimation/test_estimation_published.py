"""The published tests of bad data against an independent calculation with dense matrices.

Beside the estimator stands a small model of its own: nodal equations of the network file, scipy's
least squares in polar coordinates, derivatives by differences, covariances by inverting matrices.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy import optimize, stats

from platone.grid.array import Floats
from platone.grid.estimation.bad_data import (
    CRITICAL_SHARE,
    Residuals,
    chi_square_test,
    find_suspects,
    residual_limit,
)
from platone.grid.estimation.estimate import estimate
from platone.grid.estimation.measurement import (
    BranchPower,
    Injection,
    Measurement,
    VoltageMeasurement,
)
from platone.grid.estimation.network_model import NetworkModel
from platone.grid.estimation.result import EstimationOptions
from platone.grid.file.network_source import read_network_content
from platone.grid.result.estimate import to_estimate

NETWORK = Path(__file__).parents[3] / "data" / "grid" / "estimation" / "network.json"
AT = datetime(2026, 6, 23, 10, 30, tzinfo=UTC)
KV, HERTZ = 20.0, 50.0
IDLE = 2
"""The bus at which nothing is connected: its power is exactly 0."""
ERROR_KW = 400.0
EXACTLY: dict[str, Any] = {"xtol": 1e-15, "ftol": 1e-15, "gtol": 1e-15, "x_scale": "jac"}


class Sensor(NamedTuple):
    """A number that is measured: kW or kvar into a bus or a line, or kV."""

    kind: str
    place: int
    part: str
    std: float


SENSORS = [
    *(Sensor("v", bus, "v", 0.02) for bus in (0, 1, 3, 4)),
    *(Sensor("line", line, part, 10.0) for line in (0, 2, 4) for part in "pq"),
    *(Sensor("bus", bus, part, 20.0) for bus in (1, 3, 4) for part in "pq"),
]


class Model:
    """The nodal equations of the network file, in kV, kW and kvar."""

    def __init__(self) -> None:
        content = json.loads(NETWORK.read_bytes())
        self.lines = []
        for line in content["lines"]:
            km = line["lengthKm"]
            ohm = km * complex(line["resistanceOhmPerKm"], line["reactanceOhmPerKm"])
            charging = 2j * np.pi * HERTZ * line["capacitanceNfPerKm"] * 1e-9 * km
            ends = (int(line["from"][1:]), int(line["to"][1:]))
            self.lines.append((*ends, 1 / ohm, charging / 2))
        self.matrix = np.zeros((5, 5), complex)
        for one, other, series, half in self.lines:
            self.matrix[[one, other], [one, other]] += series + half
            self.matrix[[one, other], [other, one]] -= series

    @staticmethod
    def voltage(state: Floats) -> Any:
        """Magnitudes of all buses, kV, then angles of all but the first."""
        return state[:5] * np.exp(1j * np.append(0.0, state[5:]))

    def withdrawn(self, state: Floats) -> Any:
        """kVA out of the grid at each bus."""
        v = self.voltage(state)
        return -v * np.conj(self.matrix @ v) * 1e3

    def values(self, state: Floats) -> Floats:
        """What all sensors would measure."""
        v, withdrawn = self.voltage(state), self.withdrawn(state)
        found = []
        for sensor in SENSORS:
            if sensor.kind == "v":
                found.append(abs(v[sensor.place]))
                continue
            if sensor.kind == "bus":
                power = withdrawn[sensor.place]
            else:
                one, other, series, half = self.lines[sensor.place]
                current = series * (v[one] - v[other]) + half * v[one]
                power = v[one] * np.conj(current) * 1e3
            found.append(power.real if sensor.part == "p" else power.imag)
        return np.array(found)

    def idle(self, state: Floats) -> Floats:
        """What is exactly 0."""
        power = self.withdrawn(state)[IDLE]
        return np.array([power.real, power.imag])


def derivatives(function: Any, state: Floats) -> Floats:
    steps = np.eye(len(state)) * 1e-6
    return np.stack([(function(state + h) - function(state - h)) / 2e-6 for h in steps], axis=1)


class Reference:
    """Least squares of the numbers, and the covariance of its residuals."""

    def __init__(self, numbers: Floats, used: list[int]) -> None:
        model, std = Model(), np.array([each.std for each in SENSORS])[used]

        def weighted(state: Floats) -> Floats:
            residual = (model.values(state)[used] - numbers[used]) / std
            return np.append(residual, 1e4 * model.idle(state))

        start = np.append(np.full(5, KV), np.zeros(4))
        fit = optimize.least_squares(weighted, start, **EXACTLY)
        self.voltage = Model.voltage(fit.x) / KV
        h, c = derivatives(model.values, fit.x)[used], derivatives(model.idle, fit.x)
        free = np.linalg.svd(c)[2][2:].T  # directions that keep the idle bus idle
        slope = h @ free
        covariance = slope @ np.linalg.inv(slope.T @ (slope / std[:, None] ** 2)) @ slope.T
        left = std**2 - np.diag(covariance)
        residual = numbers[used] - model.values(fit.x)[used]
        self.degrees = len(used) - slope.shape[1]
        self.objective = float(((residual / std) ** 2).sum())
        self.normalised = residual / np.sqrt(left)
        self.error_std = residual * std / left
        self.share = left / std**2


def measured(numbers: Floats) -> list[Measurement]:
    by_place: dict[tuple[str, int], dict[str, float]] = {}
    for sensor, number in zip(SENSORS, numbers.tolist(), strict=True):
        by_place.setdefault((sensor.kind, sensor.place), {})[sensor.part] = number
    names, found = ["l0", "l1", "l2", "l3", "ring"], list[Measurement]()
    for (kind, place), parts in by_place.items():
        name = f"{kind}{place}"
        if kind == "v":
            found.append(
                VoltageMeasurement(id=name, bus=f"b{place}", voltage_kv=parts["v"], std_kv=0.02)
            )
            continue
        std = 10.0 if kind == "line" else 20.0
        power: dict[str, Any] = {
            "p_kw": parts["p"],
            "q_kvar": parts["q"],
            "std_kw": std,
            "std_kvar": std,
        }
        if kind == "bus":
            found.append(Injection(id=name, element=f"b{place}", **power))
        else:
            found.append(BranchPower(id=name, branch=names[place], end="from", **power))
    return found


def place_of(reading: Any) -> int:
    """Return the place among the sensors of a reading's name in the message."""
    names = [each.kind + str(each.place) for each in SENSORS]
    parts = ["voltage" if each.part == "v" else each.part for each in SENSORS]
    return list(zip(names, parts, strict=True)).index((reading.measurement, reading.quantity))


@pytest.fixture(scope="module")
def numbers() -> Floats:
    """Measurements of one state with errors, one of them gross."""
    model, wanted = Model(), np.array([800 + 200j, 0, 1200 + 300j, -500])

    def missing(state: Floats) -> Floats:
        power = model.withdrawn(state)[1:] - wanted
        return np.concatenate([[state[0] - 20.4], power.real, power.imag])

    start = np.append(np.full(5, KV), np.zeros(4))
    truth = optimize.least_squares(missing, start, **EXACTLY).x
    std = np.array([each.std for each in SENSORS])
    noisy = model.values(truth) + std * np.random.default_rng(8).standard_normal(len(std))
    noisy[SENSORS.index(Sensor("line", 2, "p", 10.0))] += ERROR_KW
    return noisy


def test_published_numbers_are_those_of_dense_matrices(numbers: Floats) -> None:
    network = read_network_content("network.json", NETWORK.read_bytes())
    options = EstimationOptions(pseudo="never", most_removed=0)
    found = estimate(NetworkModel(network), measured(numbers), None, options)
    told = to_estimate(found, AT)
    ours = Reference(numbers, list(range(len(SENSORS))))
    for bus, voltage in zip(told.buses, ours.voltage, strict=True):
        assert bus.voltage_pu == pytest.approx(abs(voltage), abs=1e-7)
    test = told.quality.first_test
    assert test.degrees_of_freedom == ours.degrees == 9
    assert test.objective == pytest.approx(ours.objective, rel=1e-5)
    assert test.limit == pytest.approx(stats.chi2.ppf(0.99, ours.degrees), rel=1e-9)
    assert test.probability == pytest.approx(stats.chi2.sf(ours.objective, 9), rel=1e-3)
    assert not test.is_passed
    places = [place_of(each.readings[0]) for each in told.measurements]
    assert sorted(places) == list(range(len(SENSORS)))
    residuals = np.array([each.normalised_residual for each in told.measurements])
    np.testing.assert_allclose(residuals, ours.normalised[places], rtol=1e-3, atol=1e-4)
    (suspect,) = told.quality.suspects
    worst = int(np.argmax(np.abs(ours.normalised)))
    assert place_of(suspect.readings[0]) == worst
    assert suspect.normalised_residual == pytest.approx(ours.normalised[worst], rel=1e-4)
    assert suspect.error_in_std == pytest.approx(ours.error_std[worst], rel=1e-3)
    assert suspect.error_in_std * 10.0 == pytest.approx(ERROR_KW, rel=0.2)
    one = 0.99 ** (1 / len(SENSORS))
    assert told.quality.residual_limit == pytest.approx(stats.norm.ppf((1 + one) / 2), rel=1e-9)


def test_after_removal_the_rest_is_published(numbers: Floats) -> None:
    """As if the number had never been measured."""
    network = read_network_content("network.json", NETWORK.read_bytes())
    found = estimate(NetworkModel(network), measured(numbers), None, EstimationOptions("never"))
    told = to_estimate(found, AT)
    wrong = SENSORS.index(Sensor("line", 2, "p", 10.0))
    ours = Reference(numbers, [row for row in range(len(SENSORS)) if row != wrong])
    assert [each.is_removed for each in told.quality.suspects] == [True]
    assert len(told.measurements) == len(SENSORS) - 1
    assert told.quality.test.degrees_of_freedom == ours.degrees == 8
    assert told.quality.test.objective == pytest.approx(ours.objective, rel=1e-5)
    assert told.quality.test.is_passed
    largest = max(abs(each.normalised_residual or 0.0) for each in told.measurements)
    assert largest == pytest.approx(np.abs(ours.normalised).max(), rel=1e-3)


def test_the_worst_of_the_candidates_is_suspect_above_the_limit_only(numbers: Floats) -> None:
    network = read_network_content("network.json", NETWORK.read_bytes())
    options = EstimationOptions(pseudo="never", most_removed=0)
    found = estimate(NetworkModel(network), measured(numbers), None, options)
    share = found.covariance.residual_share
    size = np.abs(found.weighted) / np.sqrt(share)
    order = np.argsort(-size)
    every = np.arange(len(size))
    largest = float(size[order[0]])
    calculated = find_suspects(found.weighted, every, found.covariance, 0.0).normalised
    assert calculated == pytest.approx(largest, rel=1e-9)
    assert find_suspects(found.weighted, every, found.covariance, calculated).rows == ()
    below = calculated * (1 - 1e-9)
    assert find_suspects(found.weighted, every, found.covariance, below).rows == (order[0],)
    rest = np.sort(order[1:])
    second = find_suspects(found.weighted, rest, found.covariance, 0.0)
    assert second.rows == (order[1],)
    assert second.normalised == pytest.approx(float(size[order[1]]), rel=1e-9)


def test_what_rounding_alone_tells_apart_is_suspect_together(numbers: Floats) -> None:
    """Residuals that differ by less than their rounding, which is large for small shares."""
    network = read_network_content("network.json", NETWORK.read_bytes())
    options = EstimationOptions(pseudo="never", most_removed=0)
    covariance = estimate(NetworkModel(network), measured(numbers), None, options).covariance
    every = np.arange(len(SENSORS))
    share = covariance.residual_share_of(every)
    small, large = int(share.argmin()), int(share.argmax())
    assert share[small] < 0.35
    assert share[large] > 0.6
    blur = 1e-6 + 1e-7 / share[small]
    for first, second in ((small, large), (large, small)):
        for part, is_same in ((0.95, True), (1.05, False)):
            weighted = np.zeros(len(SENSORS))
            weighted[first] = 10 * np.sqrt(share[first])
            weighted[second] = -10 * (1 - part * blur) * np.sqrt(share[second])
            found = find_suspects(weighted, every, covariance, 5.0)
            assert found.rows == ((min(first, second), max(first, second)) if is_same else (first,))
            assert found.normalised == pytest.approx(10, rel=1e-9)


@pytest.mark.parametrize("confidence", [0.9, 0.99, 0.999])
@pytest.mark.parametrize("degrees", [1, 9, 400])
def test_chi_square_is_the_distribution(degrees: int, confidence: float) -> None:
    limit = float(stats.chi2.ppf(confidence, degrees))
    for objective in (0.0, 0.5 * limit, 2 * limit):
        found = chi_square_test(objective, degrees, confidence)
        assert found.limit == pytest.approx(limit, rel=1e-9)
        assert found.probability == pytest.approx(stats.chi2.sf(objective, degrees), rel=1e-9)
        assert found.is_passed == (objective < limit)
        assert (found.objective, found.degrees) == (objective, degrees)
        assert found.confidence == confidence
    at_limit = chi_square_test(found.limit, degrees, confidence)
    assert at_limit.is_passed
    assert not chi_square_test(found.limit * (1 + 1e-12), degrees, confidence).is_passed


@pytest.mark.parametrize("degrees", [0, -2])
def test_without_degrees_of_freedom_there_is_nothing_to_test(degrees: int) -> None:
    found = chi_square_test(3e-17, degrees, 0.99)
    assert found.is_passed
    assert (found.degrees, found.limit, found.probability) == (0, 0.0, 1.0)


@pytest.mark.parametrize("count", [0, 1, 2, 410])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.99])
def test_the_limit_is_passed_as_seldom_as_said(count: int, confidence: float) -> None:
    limit = residual_limit(count, confidence)
    one_stays = stats.norm.cdf(limit) - stats.norm.cdf(-limit)
    assert one_stays ** max(count, 1) == pytest.approx(confidence, rel=1e-9)


def test_what_nothing_else_tells_of_has_no_normalised_residual() -> None:
    share = np.array([0.0, CRITICAL_SHARE * 0.99, CRITICAL_SHARE, 0.25, 1.0])
    found = Residuals(np.array([2.0, 2.0, 2.0, -2.0, 3.0]), share)
    assert found.is_critical.tolist() == [True, True, False, False, False]
    np.testing.assert_allclose(found.normalised, [0.0, 0.0, 2e3, -4.0, 3.0])
