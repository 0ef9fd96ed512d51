"""Branches as two-ports: their admittances between the buses' complex voltages, per unit.

Currents into the branch are I_from = y_ff V_from + y_ft V_to and I_to = y_tf V_from + y_tt V_to
on a base of 1 MVA and the buses' nominal voltages. Lines and transformers are pi circuits, the
transformer's impedance lying on its second side behind an ideal ratio
(H. W. Dommel, Electromagnetic Transients Program Theory Book, 1986, chapters 4 and 6; the model of
power-grid-model's documentation, "Components").
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from platone.dso.domain.network.model import Line, Network, Transformer

BASE_MVA = 1.0
_OMEGA = 2 * np.pi * 50.0
_HALF_TURN_STEPS = np.pi / 6


@dataclass(frozen=True, slots=True)
class TwoPorts:
    """The two-ports of a network's branches, arrays in the order of its branches.

    Attributes:
        from_bus: Place of the bus at the first end.
        to_bus: Place of the bus at the second end.
        y_ff: Admittance seen from the first end, pu.
        y_ft: Transfer admittance from second to first end, pu.
        y_tf: Transfer admittance from first to second end, pu.
        y_tt: Admittance seen from the second end, pu.
        from_base_a: Amperes of 1 pu of current at the first end.
        to_base_a: Amperes of 1 pu of current at the second end.
    """

    from_bus: NDArray[np.int64]
    to_bus: NDArray[np.int64]
    y_ff: NDArray[np.complex128]
    y_ft: NDArray[np.complex128]
    y_tf: NDArray[np.complex128]
    y_tt: NDArray[np.complex128]
    from_base_a: NDArray[np.float64]
    to_base_a: NDArray[np.float64]


def two_ports(network: Network) -> TwoPorts:
    """The two-ports of a checked network."""
    places = network.bus_position
    from_bus = np.array([places[each.from_bus] for each in network.branches], dtype=np.int64)
    to_bus = np.array([places[each.to_bus] for each in network.branches], dtype=np.int64)
    kv = np.array([bus.nominal_kv for bus in network.buses])
    series, shunt, ratio = _circuits(network, kv[from_bus], kv[to_bus])
    closed = np.array([[b.from_closed, b.to_closed] for b in network.branches]).reshape(-1, 2)
    both = closed.all(axis=1)
    half = shunt / 2
    # a branch that is open at one end still draws its charging or no-load current at the other
    with np.errstate(divide="ignore", invalid="ignore"):
        tail = np.where(half == 0, 0, 1 / (1 / series + 1 / half))
    y_from = np.where(both, series + half, np.where(closed[:, 0], half + tail, 0))
    y_to = np.where(both, series + half, np.where(closed[:, 1], half + tail, 0))
    y_between = np.where(both, -series, 0j)
    return TwoPorts(
        from_bus=from_bus,
        to_bus=to_bus,
        y_ff=y_from / np.abs(ratio) ** 2,
        y_ft=np.asarray(y_between / np.conj(ratio), np.complex128),
        y_tf=y_between / ratio,
        y_tt=y_to,
        from_base_a=BASE_MVA * 1e3 / (np.sqrt(3) * kv[from_bus]),
        to_base_a=BASE_MVA * 1e3 / (np.sqrt(3) * kv[to_bus]),
    )


def _circuits(
    network: Network, from_kv: NDArray[np.float64], to_kv: NDArray[np.float64]
) -> tuple[NDArray[np.complex128], NDArray[np.complex128], NDArray[np.complex128]]:
    """Series and shunt admittance (pu of the second side) and the ideal ratio of each branch."""
    rows = [_line(line) for line in network.lines]
    base = list(to_kv**2 / BASE_MVA)
    series = [y * base[i] for i, (y, _) in enumerate(rows)]
    shunt = [y * base[i] for i, (_, y) in enumerate(rows)]
    ratio = [1 + 0j] * len(rows)
    for place, unit in enumerate(network.transformers, start=len(rows)):
        y_series, y_shunt, turns = _transformer(unit)
        series.append(y_series * base[place])
        shunt.append(y_shunt * base[place])
        ratio.append(turns * to_kv[place] / from_kv[place])
    return np.array(series, complex), np.array(shunt, complex), np.array(ratio, complex)


def _line(line: Line) -> tuple[complex, complex]:
    """Series and shunt admittance, siemens."""
    series = 1 / complex(line.resistance_ohm, line.reactance_ohm)
    return series, complex(0, _OMEGA * line.capacitance_nf * 1e-9)


def _transformer(unit: Transformer) -> tuple[complex, complex, complex]:
    """Series and shunt admittance in siemens of the second side, and the turns ratio."""
    tap = 1 + unit.tap_position * unit.tap_step_percent / 100
    from_kv = unit.from_kv * (tap if unit.tap_side == "from" else 1)
    to_kv = unit.to_kv * (tap if unit.tap_side == "to" else 1)
    mva = unit.rated_kva / 1e3
    z = unit.short_circuit_percent / 100 * to_kv**2 / mva
    r = unit.copper_loss_kw / 1e3 / mva * to_kv**2 / mva
    y = unit.no_load_percent / 100 * mva / to_kv**2
    g = unit.iron_loss_kw / 1e3 / to_kv**2
    series = 1 / complex(r, np.sqrt(max(z * z - r * r, 0.0)))
    shunt = complex(g, -np.sqrt(max(y * y - g * g, 0.0)))
    turns = from_kv / to_kv * np.exp(1j * _HALF_TURN_STEPS * unit.clock)
    return series, shunt, complex(turns)
