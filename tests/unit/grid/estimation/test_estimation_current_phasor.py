"""Phasors of currents against an independent solution: magnitudes and angles, by scipy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import pytest
from scipy.optimize import least_squares

from platone.grid.array import Complexes, Floats
from platone.grid.estimation.estimate import estimate
from platone.grid.estimation.measurement import (
    BranchCurrent,
    Injection,
    Measurement,
    Origin,
    VoltageMeasurement,
)
from platone.grid.estimation.network_model import NetworkModel
from platone.grid.estimation.result import Estimation, EstimationOptions
from platone.grid.network.branch import Line
from platone.grid.network.check import check
from platone.grid.network.element import Bus, Load, Source
from platone.grid.network.model import Network

KV, OHM, NF = 20.0, 0.3 + 0.25j, 240.0
PAIRS = (0, 1), (1, 2), (2, 3), (3, 0), (2, 4), (4, 5)
NODES = 6
STD_KV, STD_KW, STD_A, STD_DEG, CLOCK_DEG = 0.04, 8.0, 0.6, 0.25, 0.02


@dataclass(frozen=True)
class Reading:
    """One number: what it is as a function of voltages (line to line, kV), and its error."""

    of: Callable[[Complexes], float]
    value: float
    std: float
    turn: float = np.inf


class Ring:
    """Six buses at 20 kV, and a state of them that was drawn, not calculated by a power flow."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.km = self.random.uniform(0.5, 4.0, len(PAIRS))
        size = KV * (1 + 0.01 * self.random.standard_normal(NODES))
        self.state: Complexes = size.astype(complex) * np.exp(
            1j * np.deg2rad(40 + 0.6 * self.random.standard_normal(NODES))
        )
        self.measurements: list[Measurement] = []
        self.readings: list[Reading] = []

    @property
    def network(self) -> Network:
        lines = [
            Line(
                id=f"l{row}",
                from_bus=f"b{a}",
                to_bus=f"b{b}",
                resistance_ohm=OHM.real * km,
                reactance_ohm=OHM.imag * km,
                capacitance_nf=NF * km,
                limit_a=None,
            )
            for row, ((a, b), km) in enumerate(zip(PAIRS, self.km, strict=True))
        ]
        buses = tuple(
            Bus(id=f"b{node}", nominal_kv=KV, min_pu=None, max_pu=None) for node in range(NODES)
        )
        loads = tuple(
            Load(id=f"c{node}", bus=f"b{node}", p_kw=1.0, q_kvar=1.0) for node in range(1, NODES)
        )
        source = (Source(id="s", bus="b0", voltage_pu=1.0),)
        return check(
            Network(
                id="ring",
                version="1",
                buses=buses,
                sources=source,
                lines=tuple(lines),
                transformers=(),
                loads=loads,
            )
        )

    def current(self, row: int, near: int, far: int, voltage: Complexes) -> complex:
        """Return the current that enters a line, kA times the square root of three."""
        half = 0.5j * 2 * np.pi * 50 * NF * 1e-9 * self.km[row]
        drop = (voltage[near] - voltage[far]) / (OHM * self.km[row])
        return complex(drop + half * voltage[near])

    def drawn(self, node: int, voltage: Complexes) -> complex:
        """Return the power that a node withdraws, MVA."""
        fed = sum(
            self.current(row, node, b if node == a else a, voltage)
            for row, (a, b) in enumerate(PAIRS)
            if node in {a, b}
        )
        return complex(-voltage[node] * np.conj(fed))

    def read(self, of: Callable[[Complexes], float], std: float, turn: float = np.inf) -> float:
        value = of(self.state) + std * self.random.standard_normal()
        self.readings.append(Reading(of, value, std, turn))
        return float(value)

    def voltage(self, node: int, std_deg: float | None = None) -> None:
        kv = self.read(lambda v: abs(v[node]), STD_KV)
        deg = None
        if std_deg is not None:
            deg = self.read(lambda v: np.angle(v[node], deg=True), std_deg, 360.0)
        self.measurements.append(
            VoltageMeasurement(
                id=f"v{node}", bus=f"b{node}", voltage_kv=kv, std_kv=STD_KV,
                angle_deg=deg, std_deg=std_deg,
            )
        )  # fmt: skip

    def meter(self, node: int) -> None:
        p = self.read(lambda v: self.drawn(node, v).real * 1e3, STD_KW)
        q = self.read(lambda v: self.drawn(node, v).imag * 1e3, STD_KW)
        self.measurements.append(
            Injection(
                id=f"m{node}", element=f"c{node}", p_kw=p, q_kvar=q, std_kw=STD_KW, std_kvar=STD_KW
            )
        )

    def phasor(self, row: int, *, is_from: bool) -> None:
        near, far = PAIRS[row] if is_from else PAIRS[row][::-1]
        amperes = self.read(lambda v: abs(self.current(row, near, far, v)) / 3**0.5 * 1e3, STD_A)
        deg = self.read(
            lambda v: np.angle(self.current(row, near, far, v), deg=True), STD_DEG, 360.0
        )
        self.measurements.append(
            BranchCurrent(
                id=f"i{row}", branch=f"l{row}", end="from" if is_from else "to", source=Origin.PMU,
                current_a=amperes, std_a=STD_A, angle_deg=(deg + 180) % 360 - 180, std_deg=STD_DEG,
            )
        )  # fmt: skip

    def everything(self) -> "Ring":
        """A clock, a meter at each consumer, two voltages, and phasors at both kinds of ends."""
        self.voltage(0, CLOCK_DEG)
        self.voltage(4)
        for node in range(1, NODES):
            self.meter(node)
        for row, is_from in ((0, True), (2, False), (3, True), (4, False), (5, True)):
            self.phasor(row, is_from=is_from)
        return self

    def solved_by_scipy(self) -> tuple[Complexes, Floats]:
        """The least squares over magnitudes and angles; the covariance of angles, then sizes."""

        def voltage(state: Floats) -> Complexes:
            return np.asarray(state[NODES:] * np.exp(1j * state[:NODES]))

        def residual(state: Floats) -> Floats:
            found = []
            for each in self.readings:
                off = each.of(voltage(state)) - each.value
                off -= each.turn * np.round(off / each.turn) if np.isfinite(each.turn) else 0.0
                found.append(off / each.std)
            return np.array(found)

        start = np.concatenate([np.full(NODES, np.deg2rad(40.0)), np.full(NODES, KV)])
        best = least_squares(residual, start, "3-point", xtol=1e-15, ftol=1e-15, gtol=1e-12)
        return voltage(best.x), np.linalg.inv(best.jac.T @ best.jac)


def ours(ring: Ring, measurements: Sequence[Measurement]) -> Estimation:
    return estimate(
        NetworkModel(ring.network), measurements, None, EstimationOptions(pseudo="never")
    )


@pytest.mark.parametrize("seed", range(8))
def test_states_and_their_uncertainty_agree(seed: int) -> None:
    ring = Ring(seed).everything()
    found = ours(ring, ring.measurements)
    expected, covariance = ring.solved_by_scipy()
    std = np.sqrt(np.diag(covariance))
    assert not found.is_unobservable.any()
    size, angle = np.abs(found.voltage), np.angle(found.voltage / expected)
    # ours takes a phasor along and across what was measured:
    # the same but for squares of its error, some hundredths of a standard deviation here
    assert (np.abs(size - np.abs(expected) / KV) / (std[NODES:] / KV)).max() < 0.05
    assert (np.abs(angle) / std[:NODES]).max() < 0.05
    assert found.uncertainty.voltage_pu == pytest.approx(std[NODES:] / KV, rel=0.01)
    assert found.uncertainty.angle_rad == pytest.approx(std[:NODES], rel=0.01)


@pytest.mark.parametrize("field", ["current_a", "angle_deg"])
def test_both_numbers_of_a_phasor_count(field: str) -> None:
    """Ten standard deviations more in either move the state, and are found."""
    ring = Ring(3).everything()
    add = {"current_a": 10 * STD_A, "angle_deg": 10 * STD_DEG}[field]
    wrong = [
        msgspec.structs.replace(each, **{field: getattr(each, field) + add})
        if each.id == "i0"
        else each
        for each in ring.measurements
    ]
    found = ours(ring, wrong)
    assert [each.readings[0].measurement for each in found.bad] == ["i0"]
    quantity = {"current_a": "current", "angle_deg": "currentAngle"}[field]
    assert found.bad[0].readings[0].quantity == quantity
    assert found.bad[0].error_std == pytest.approx(10.0, abs=3.5)


def test_phasors_of_one_current_that_contradict_each_other_are_told() -> None:
    """By their angles, also where these lie at both sides of half a turn."""
    ring = Ring(5).everything()
    (one,) = [each for each in ring.measurements if each.id == "i0"]
    clock = ring.measurements[0]
    assert isinstance(one, BranchCurrent)
    assert isinstance(clock, VoltageMeasurement)
    assert one.angle_deg is not None
    assert clock.angle_deg is not None
    turned = [
        msgspec.structs.replace(clock, id="before", angle_deg=179.995),
        msgspec.structs.replace(clock, id="behind", angle_deg=-179.995),
    ]
    assert ours(ring, turned).conflicts == ()
    apart: list[Measurement] = [
        msgspec.structs.replace(clock, id="ahead", angle_deg=clock.angle_deg + 0.5),
        msgspec.structs.replace(one, id="other", angle_deg=one.angle_deg + 3.0),
    ]
    found = ours(ring, [*ring.measurements, *apart])
    names = [{(each.measurement, each.quantity.value) for each in same} for same in found.conflicts]
    assert names == [
        {("v0", "angle"), ("ahead", "angle")},
        {("i0", "currentAngle"), ("other", "currentAngle")},
    ]
