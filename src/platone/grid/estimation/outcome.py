"""What an estimate says of each number that was measured."""

from dataclasses import dataclass

import numpy as np

from platone.grid.array import Floats
from platone.grid.estimation.estimation import Estimation
from platone.grid.estimation.measurement import Reading
from platone.grid.network.two_port import BASE_MVA


@dataclass(frozen=True, slots=True)
class RowResult:
    """A number as it was measured and as it is estimated.

    Attributes:
        readings: What was measured; several where only their sum is known.
        measured: In the unit below.
        estimated: In the unit below.
        std: Standard deviation of the measurement.
        unit: kV, deg, kW, kvar or A.
        normalised: The residual by its own standard deviation; none where it is always 0.
    """

    readings: tuple[Reading, ...]
    measured: float
    estimated: float
    std: float
    unit: str
    normalised: float | None


def row_results(estimation: Estimation) -> list[RowResult]:
    """The numbers that count, in the model's order."""
    placed, setting = estimation.placed, estimation.placed.setting
    linear = setting.rows.at(estimation.voltage)
    measured, estimated = placed.value.copy(), placed.value - linear.residual(placed.value)
    base, unit = _units(estimation)
    along, across = setting.rows.blocks[5:]
    std = setting.std * base
    # a phasor's second number is its angle, turned back from across the phasor
    size = np.maximum(np.abs(estimated[along]), 1e-12)
    turn = -np.rad2deg(np.angle(setting.rows.turn))
    std[across] = np.rad2deg(setting.std[across] / size)
    estimated[across] = turn + np.rad2deg(np.arctan2(estimated[across], estimated[along]))
    measured[across] = turn
    rows = np.flatnonzero(estimation.kept)
    left, normalised = estimation.residuals.critical, estimation.residuals.normalised
    return [
        RowResult(
            readings=placed.readings[row],
            measured=float(measured[row] * base[row]),
            estimated=float(estimated[row] * base[row]),
            std=float(std[row]),
            unit=unit[row],
            normalised=None if is_critical else float(own),
        )
        for row, is_critical, own in zip(
            rows.tolist(), left.tolist(), normalised.tolist(), strict=True
        )
    ]


def _units(estimation: Estimation) -> tuple[Floats, list[str]]:
    """What a number of the model is in the unit of its row, and that unit."""
    ground, placed = estimation.ground, estimation.placed
    rows, circuit = placed.setting.rows, ground.circuit
    magnitude, angle, active, reactive, ampere, along, _ = rows.blocks
    base, unit = np.ones(rows.count), [""] * rows.count
    base[magnitude] = circuit.node_kv[ground.fed][rows.voltage]
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
