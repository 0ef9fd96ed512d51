"""Transformers with two windings in the zero sequence.

One is a T of its windings' shares of the short-circuit impedance and of its magnetising impedance,
closed or open at each end as its winding is connected (J. J. Grainger, W. D. Stevenson, Power
System Analysis, 1994, chapter 11). The current of an earthed star point is three times that of the
zero sequence: what lies between it and earth counts three times.
"""

import cmath
import math
from collections.abc import Iterator
from dataclasses import dataclass

from platone.grid.network.branch import Transformer
from platone.grid.network.two_port import Pi, tapped
from platone.grid.network.vector_group import Connection, inverts, vector_group
from platone.grid.problem.network import Fault, FaultKind

NO_PATH = Pi(complex(math.inf), 0j, 0j)
"""A branch that carries nothing of the zero sequence."""


def faults_of_transformer(unit: Transformer) -> Iterator[Fault]:
    """Yield the faults of a transformer that lacks or contradicts data of the zero sequence."""
    if not unit.vector_group:
        yield Fault(unit.id, FaultKind.MISSING_DATA, "its vector group is missing")
        return
    try:
        vector_group(unit)
    except ValueError as error:
        yield Fault(unit.id, FaultKind.UNSUPPORTED, str(error))
        return
    percent, active = zero_short_circuit_percent(unit)
    if not (percent and abs(active) <= abs(percent)):
        reason = f"its zero-sequence copper loss is outside 0 to {percent:g} %"
        yield Fault(unit.id, FaultKind.OUT_OF_RANGE, reason)
    if not 0 < unit.zero_from_share < 1:
        reason = "the first winding's share of its zero-sequence impedance is outside 0 to 1"
        yield Fault(unit.id, FaultKind.OUT_OF_RANGE, reason)
    magnetising = unit.zero_magnetising_percent
    if magnetising is not None and magnetising <= 0:
        reason = "its zero-sequence magnetising impedance is not above 0"
        yield Fault(unit.id, FaultKind.OUT_OF_RANGE, reason)


def zero_short_circuit_percent(unit: Transformer) -> tuple[float, float]:
    """Return short-circuit voltage of the zero sequence and its active part, %."""
    active = unit.copper_loss_kw / unit.rated_kva * 100
    if not unit.zero_short_circuit_percent:
        return unit.short_circuit_percent, active
    given = unit.zero_copper_percent
    return unit.zero_short_circuit_percent, active if given is None else given


@dataclass(frozen=True, slots=True)
class _End:
    """A winding: its connection, its impedance, and three times that of its star point, ohm."""

    connection: Connection
    ohm: complex
    neutral: complex


def pi_of_transformer(unit: Transformer) -> Pi:
    """Return the T of a transformer in ohm of its second side, as seen from the buses."""
    group = vector_group(unit)
    from_kv, to_kv, _ = tapped(unit)
    turns = from_kv / to_kv
    percent, active = zero_short_circuit_percent(unit)
    reactive = math.copysign(math.sqrt(percent**2 - active**2), percent)
    ohm = complex(active, reactive) * to_kv**2 / (unit.rated_kva / 10)
    share = unit.zero_from_share
    from_neutral = complex(unit.from_neutral_resistance_ohm, unit.from_neutral_reactance_ohm)
    to_neutral = complex(unit.to_neutral_resistance_ohm, unit.to_neutral_reactance_ohm)
    first = _End(group.first, ohm * share, 3 * from_neutral / turns**2)
    second = _End(group.second, ohm * (1 - share), 3 * to_neutral)
    to_earth = _magnetising(unit, abs(ohm))
    # an inner point apart from the buses' phase shift
    lag_deg = unit.phase_shift_deg + group.uncounted_deg
    uncounted = cmath.rect(turns, -math.radians(group.uncounted_deg))
    ratio = -uncounted if inverts(lag_deg) else uncounted
    if not group.passes:
        own = _to_earth(first, second, to_earth), _to_earth(second, first, to_earth)
        return Pi(NO_PATH.series, *own, ratio)
    near, far = first.ohm + first.neutral, second.ohm + second.neutral
    if math.isinf(to_earth.imag):
        return Pi(near + far, 0j, 0j, ratio)
    delta = near * far + far * to_earth + near * to_earth
    return Pi(delta / to_earth, far / delta, near / delta, ratio)


def _magnetising(unit: Transformer, ohm: float) -> complex:
    if unit.zero_magnetising_percent is None:
        return complex(0.0, math.inf)
    reactance = ohm * unit.zero_magnetising_percent / 100 / math.hypot(1, unit.zero_magnetising_rx)
    return complex(unit.zero_magnetising_rx * reactance, reactance)


def _to_earth(own: _End, other: _End, magnetising: complex) -> complex:
    """Return the admittance to earth of a winding where the other one carries nothing on."""
    if not own.connection.is_earthed:
        return 0j
    ohm = own.ohm + own.neutral
    if own.connection is Connection.EARTHED_ZIGZAG:  # its two halves balance within it
        return 1 / (ohm + other.ohm)
    endless = math.isinf(magnetising.imag)
    if other.connection is Connection.DELTA:  # current circulates in the delta
        shorted = other.ohm if endless else 1 / (1 / other.ohm + 1 / magnetising)
        return 1 / (ohm + shorted)
    return 0j if endless else 1 / (ohm + magnetising)
