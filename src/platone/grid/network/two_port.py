"""Branches as two-ports: their admittances between their ends' complex voltages, per unit.

Currents into the branch are I_from = y_ff V_from + y_ft V_to and I_to = y_tf V_from + y_tt V_to
on a base of 1 MVA and the buses' nominal voltages. Each branch is a pi circuit behind an ideal
complex ratio at its first end; a transformer's impedance lies on its second side
(H. W. Dommel, Electromagnetic Transients Program Theory Book, 1986, chapters 4 and 6; the model of
power-grid-model's documentation, "Components"). A magnetising branch in the middle ("t") is turned
into the equivalent pi.
"""

import cmath
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from platone.grid.array import Complexes, Floats, Places
from platone.grid.network.branch import Line, Magnetising, Transformer, Winding

BASE_MVA = 1.0
"""Base of the per-unit system, MVA: any does; that of power-grid-model."""


@dataclass(frozen=True, slots=True)
class Pi:
    """A branch between its two ends, in ohm and siemens of its second side.

    Attributes:
        series: Series impedance, ohm.
        from_shunt: Admittance to earth at the first end, S.
        to_shunt: Admittance to earth at the second end, S.
        ratio: Voltage of the first end by that of the second without load; its angle is by how
            much the second lags.
    """

    series: complex
    from_shunt: complex
    to_shunt: complex
    ratio: complex = 1.0 + 0.0j


def pi_of_line(line: Line, omega: float) -> Pi:
    """Return the pi circuit of a line; ``omega`` is the angular frequency, rad/s."""
    half = complex(line.conductance_us * 1e-6, omega * line.capacitance_nf * 1e-9) / 2
    return Pi(complex(line.resistance_ohm, line.reactance_ohm), half, half)


def pi_of_transformer(unit: Transformer) -> Pi:
    """Return the pi circuit of a transformer with two windings, as its tap changer stands."""
    from_kv, to_kv, shift = tapped(unit)
    mva = unit.rated_kva / 1e3
    z = unit.short_circuit_percent / 100 * to_kv**2 / mva
    r = unit.copper_loss_kw / 1e3 / mva * to_kv**2 / mva
    y = unit.no_load_percent / 100 * mva / to_kv**2
    g = unit.iron_loss_kw / 1e3 / to_kv**2
    series = complex(r, math.copysign(math.sqrt(max(z * z - r * r, 0.0)), z))
    shunt = complex(g, -math.copysign(math.sqrt(max(y * y - g * g, 0.0)), y))
    return _pi(series, shunt, unit.magnetising, cmath.rect(from_kv / to_kv, shift))


def tapped(unit: Transformer) -> tuple[float, float, float]:
    """Return its windings' voltages, kV, and the second's lag, rad, as its tap changer stands."""
    steps = unit.tap_position - unit.tap_neutral
    tap = _tap(steps, unit.tap_step_percent, unit.tap_step_deg)
    from_kv, to_kv = unit.from_kv, unit.to_kv
    shift = math.radians(unit.phase_shift_deg)
    if unit.tap_side == "from":
        return from_kv * abs(tap), to_kv, shift + cmath.phase(tap)
    return from_kv, to_kv * abs(tap), shift - cmath.phase(tap)


def pi_of_winding(winding: Winding, star_kv: float) -> Pi:
    """Return the pi circuit of a winding up to the star point of rated voltage ``star_kv``."""
    tap = _tap(
        winding.tap_position - winding.tap_neutral, winding.tap_step_percent, winding.tap_step_deg
    )
    shift = math.radians(winding.phase_shift_deg) + cmath.phase(tap)
    turns = winding.rated_kv / star_kv
    series = complex(winding.resistance_ohm, winding.reactance_ohm) / turns**2
    shunt = complex(winding.conductance_us, winding.susceptance_us) * 1e-6 * turns**2
    return _pi(series, shunt, winding.magnetising, cmath.rect(turns * abs(tap), shift))


def _tap(steps: int, step_percent: float, step_deg: float) -> complex:
    return 1 + cmath.rect(steps * step_percent / 100, math.radians(step_deg))


def _pi(series: complex, shunt: complex, magnetising: Magnetising, ratio: complex) -> Pi:
    if magnetising == "from":
        return Pi(series, shunt, 0j, ratio)
    if magnetising == "to":
        return Pi(series, 0j, shunt, ratio)
    if magnetising == "t" and shunt:
        # star of series/2, series/2 and 1/shunt as the equivalent delta
        product = series * (1 + series * shunt / 4)
        half = shunt / 2 / (1 + series * shunt / 4)
        return Pi(product, half, half, ratio)
    return Pi(series, shunt / 2, shunt / 2, ratio)


@dataclass(frozen=True, slots=True)
class TwoPorts:
    """The two-ports of a network's branches, arrays in the order of its branches, per unit.

    Attributes:
        from_node: Place of the node at the first end.
        to_node: Place of the node at the second end.
        closed: Whether it is switched on at its first and second end, shape (branches, 2).
        series: Series admittance, of the second side.
        from_shunt: Admittance to earth at the first end, of the second side.
        to_shunt: Admittance to earth at the second end.
        ratio: Ideal ratio at the first end.
        y_ff: Admittance seen from the first end.
        y_ft: Transfer admittance from second to first end.
        y_tf: Transfer admittance from first to second end.
        y_tt: Admittance seen from the second end.
        from_base_a: Amperes of 1 pu of current at the first end.
        to_base_a: Amperes of 1 pu of current at the second end.
    """

    from_node: Places
    to_node: Places
    closed: NDArray[np.bool_]
    series: Complexes
    from_shunt: Complexes
    to_shunt: Complexes
    ratio: Complexes
    y_ff: Complexes
    y_ft: Complexes
    y_tf: Complexes
    y_tt: Complexes
    from_base_a: Floats
    to_base_a: Floats


def two_ports(
    pis: Sequence[Pi],
    from_node: Places,
    to_node: Places,
    closed: NDArray[np.bool_],
    node_kv: Floats,
) -> TwoPorts:
    """Return the two-ports of branches between nodes of nominal voltages ``node_kv``."""
    from_kv, to_kv = node_kv[from_node], node_kv[to_node]
    base_ohm = to_kv**2 / BASE_MVA
    series = base_ohm / np.array([pi.series for pi in pis], complex)
    from_shunt = base_ohm * np.array([pi.from_shunt for pi in pis], complex)
    to_shunt = base_ohm * np.array([pi.to_shunt for pi in pis], complex)
    ratio = np.asarray(np.array([pi.ratio for pi in pis], complex) * (to_kv / from_kv), complex)
    both = closed.all(axis=1)
    y_from = np.where(
        both, series + from_shunt, _open_end(closed[:, 0], series, from_shunt, to_shunt)
    )
    y_to = np.where(both, series + to_shunt, _open_end(closed[:, 1], series, to_shunt, from_shunt))
    y_between = np.where(both, -series, 0j)
    return TwoPorts(
        from_node=from_node,
        to_node=to_node,
        closed=closed,
        series=series,
        from_shunt=from_shunt,
        to_shunt=to_shunt,
        ratio=ratio,
        y_ff=y_from / np.abs(ratio) ** 2,
        y_ft=np.asarray(y_between / np.conj(ratio)),
        y_tf=np.asarray(y_between / ratio),
        y_tt=y_to,
        from_base_a=BASE_MVA * 1e3 / (np.sqrt(3) * from_kv),
        to_base_a=BASE_MVA * 1e3 / (np.sqrt(3) * to_kv),
    )


def _open_end(
    closed: NDArray[np.bool_], series: Complexes, near: Complexes, far: Complexes
) -> Complexes:
    """Return the admittance at the near end of a branch open at its far one: its charging."""
    tail = np.divide(series * far, series + far, out=np.zeros_like(far), where=far != 0)
    return np.where(closed, near + tail, 0j)
