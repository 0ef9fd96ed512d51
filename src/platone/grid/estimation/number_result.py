"""Each measured number beside its estimate."""

from dataclasses import dataclass

import numpy as np

from platone.grid.array import Floats
from platone.grid.estimation.measurement import Reading
from platone.grid.estimation.result import Estimation
from platone.grid.network.two_port import BASE_MVA


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberResult:
    """A number as it was measured and as it is estimated.

    Attributes:
        readings: The readings it is made of; several where only their sum is known.
        measured: The measured value, in the unit below.
        estimated: The estimated value, in the unit below.
        std: Standard deviation of the measurement, in the unit below.
        unit: kV, deg, kW, kvar or A.
        normalised: The residual by its own standard deviation; none where it is always 0.
    """

    readings: tuple[Reading, ...]
    measured: float
    estimated: float
    std: float
    unit: str
    normalised: float | None


def number_results(estimation: Estimation) -> list[NumberResult]:
    """Return the numbers that count, in the order of the model's rows."""
    placed, sensors = estimation.placed, estimation.placed.sensors
    linear = sensors.rows.at(estimation.voltage)
    measured, estimated = placed.value.copy(), placed.value - linear.residual(placed.value)
    base, unit = _units(estimation)
    along, across = sensors.rows.blocks[5:]
    std = sensors.std * base
    # a phasor's second number is its angle, turned back from across the phasor
    size = np.maximum(np.abs(estimated[along]), 1e-12)
    turn = -np.rad2deg(np.angle(sensors.rows.turn))
    std[across] = np.rad2deg(sensors.std[across] / size)
    estimated[across] = turn + np.rad2deg(np.arctan2(estimated[across], estimated[along]))
    measured[across] = turn
    rows, residuals = np.flatnonzero(estimation.is_used), estimation.residuals
    is_critical, normalised = residuals.is_critical.tolist(), residuals.normalised.tolist()
    return [
        NumberResult(
            readings=placed.readings[row],
            measured=float(measured[row] * base[row]),
            estimated=float(estimated[row] * base[row]),
            std=float(std[row]),
            unit=unit[row],
            normalised=None if hides_error else own,
        )
        for row, hides_error, own in zip(rows.tolist(), is_critical, normalised, strict=True)
    ]


def _units(estimation: Estimation) -> tuple[Floats, list[str]]:
    """Return the size of the model's unit in the unit of each row, and the name of that unit."""
    model, placed = estimation.model, estimation.placed
    rows, circuit = placed.sensors.rows, model.circuit
    magnitude, angle, active, reactive, ampere, along, _ = rows.blocks
    base, unit = np.ones(rows.count), [""] * rows.count
    base[magnitude] = circuit.node_kv[model.fed][rows.voltage]
    base[angle] = np.rad2deg(1.0)
    base[active] = base[reactive] = BASE_MVA * 1e3
    ports = circuit.ports
    for block in (ampere, along):
        ends = placed.places[block, 1]
        amperes = np.where(ends % 2, ports.to_base_a[ends // 2], ports.from_base_a[ends // 2])
        base[block] = amperes
    names = "kV", "deg", "kW", "kvar", "A", "A", "deg"
    for name, block in zip(names, rows.blocks, strict=True):
        unit[block] = [name] * (block.stop - block.start)
    return base, unit
