"""Branches of the zero sequence, and what of them a network does not tell.

The equal parts of the three phases' currents flow together through lines and earthed star points
and return through neutral and earth. A transformer is a T of its windings' shares of the
short-circuit impedance and of its magnetising impedance, closed or open at each end as its winding
is connected (J. J. Grainger, W. D. Stevenson, Power System Analysis, 1994, chapter 11).
"""

import cmath
import math
from collections.abc import Iterator

from platone.dso.domain.array import Flags
from platone.dso.domain.network.branch import Line, Transformer, Winding
from platone.dso.domain.network.fault import Fault, FaultKind, NetworkInvalid
from platone.dso.domain.network.model import Branch, Network
from platone.dso.domain.network.two_port import Pi, tapped
from platone.dso.domain.network.vector_group import Connection, VectorGroup, vector_group

NO_PATH = Pi(complex(math.inf), 0j, 0j)
"""A branch that carries nothing of the zero sequence."""
_RIGHT_ANGLE = math.pi / 2
_LEAST_IMPEDANCE_OHM = 1e-9


class UnbalancedDataInvalid(NetworkInvalid):
    """The unbalanced power flow needs data that the network lacks, or that contradict each other.

    `faults` names each element and the reason: zero-sequence data of a line, the vector group of
    a transformer, the phases of a point of delivery. Nothing is guessed: add them and store the
    network as a new version. The balanced power flow works without them.
    """

    slug = "unbalanced-data-invalid"
    title = "The network does not hold what the unbalanced power flow needs"


def zero_pis(network: Network, live: Flags) -> list[Pi]:
    """The zero sequence's branches, in the network's order.

    Args:
        network: A checked network.
        live: Whether a branch carries current at all; the others need no data.

    Raises:
        UnbalancedDataInvalid: With every element whose data are missing or cannot be used.
    """
    omega = 2 * math.pi * network.frequency_hz
    faults: list[Fault] = []
    pis = []
    for branch, lives in zip(network.branches, live.tolist(), strict=True):
        found = list(_faults(branch)) if lives else []
        faults += found
        pis.append(NO_PATH if found or not lives else _pi(branch, omega))
    if faults:
        raise UnbalancedDataInvalid(faults)
    return pis


def _faults(branch: Branch) -> Iterator[Fault]:
    if isinstance(branch, Winding):
        reason = "unbalanced calculations know no transformers with three windings"
        yield Fault(branch.id, FaultKind.UNSUPPORTED, reason)
    elif isinstance(branch, Transformer):
        yield from _of_transformer(branch)
    elif branch.zero_resistance_ohm is None or branch.zero_reactance_ohm is None:
        reason = "its zero-sequence resistance or reactance is missing"
        yield Fault(branch.id, FaultKind.MISSING_DATA, reason)
    elif branch.zero_capacitance_nf is None and branch.capacitance_nf > 0:
        yield Fault(branch.id, FaultKind.MISSING_DATA, "its zero-sequence capacitance is missing")
    elif abs(complex(branch.zero_resistance_ohm, branch.zero_reactance_ohm)) < _LEAST_IMPEDANCE_OHM:
        yield Fault(branch.id, FaultKind.ZERO_IMPEDANCE, "its zero-sequence impedance is zero")


def _of_transformer(unit: Transformer) -> Iterator[Fault]:
    if not unit.vector_group:
        yield Fault(unit.id, FaultKind.MISSING_DATA, "its vector group is missing")
        return
    try:
        vector_group(unit)
    except ValueError as error:
        yield Fault(unit.id, FaultKind.UNSUPPORTED, str(error))
        return
    percent, active = _short_circuit_percent(unit)
    if not 0 <= active <= percent:
        reason = f"its zero-sequence copper loss is outside 0 to {percent:g} %"
        yield Fault(unit.id, FaultKind.OUT_OF_RANGE, reason)
    if not 0 < unit.zero_from_share < 1:
        reason = "the first winding's share of its zero-sequence impedance is outside 0 to 1"
        yield Fault(unit.id, FaultKind.OUT_OF_RANGE, reason)
    magnetising = unit.zero_magnetising_percent
    if magnetising is not None and magnetising <= 0:
        reason = "its zero-sequence magnetising impedance is not above 0"
        yield Fault(unit.id, FaultKind.OUT_OF_RANGE, reason)


def _pi(branch: Branch, omega: float) -> Pi:
    if isinstance(branch, Line):
        farad = (branch.zero_capacitance_nf or 0.0) * 1e-9
        half = complex(branch.conductance_us * 1e-6, omega * farad) / 2
        ohm = complex(branch.zero_resistance_ohm or 0.0, branch.zero_reactance_ohm or 0.0)
        return Pi(ohm, half, half)
    return _pi_of_transformer(branch) if isinstance(branch, Transformer) else NO_PATH


def _short_circuit_percent(unit: Transformer) -> tuple[float, float]:
    """Short-circuit voltage of the zero sequence and its active part; by default the positive's."""
    active = unit.copper_loss_kw / unit.rated_kva * 100
    if not unit.zero_short_circuit_percent:
        return unit.short_circuit_percent, active
    given = unit.zero_copper_percent
    return unit.zero_short_circuit_percent, active if given is None else given


def _pi_of_transformer(unit: Transformer) -> Pi:
    """The T of a transformer in ohm of its second side, as seen from the buses."""
    group = vector_group(unit)
    from_kv, to_kv, lag = tapped(unit)
    percent, active = _short_circuit_percent(unit)
    ohm = complex(active, math.sqrt(percent**2 - active**2)) * to_kv**2 / (unit.rated_kva / 10)
    near, far = ohm * unit.zero_from_share, ohm * (1 - unit.zero_from_share)
    to_earth = _magnetising(unit, abs(ohm))
    # an inner point apart from the buses' phase shift; windings turned by half a turn invert it
    inverts = abs((lag + cmath.pi) % (2 * cmath.pi) - cmath.pi) > _RIGHT_ANGLE
    ratio = complex(-from_kv / to_kv if inverts else from_kv / to_kv)
    if group == VectorGroup(Connection.EARTHED_STAR, Connection.EARTHED_STAR):
        if math.isinf(to_earth.imag):
            return Pi(ohm, 0j, 0j, ratio)
        delta = near * far + far * to_earth + near * to_earth
        return Pi(delta / to_earth, far / delta, near / delta, ratio)
    return Pi(
        NO_PATH.series,
        _to_earth(group.first, near, group.second, far, to_earth),
        _to_earth(group.second, far, group.first, near, to_earth),
        ratio,
    )


def _magnetising(unit: Transformer, ohm: float) -> complex:
    if unit.zero_magnetising_percent is None:
        return complex(0.0, math.inf)
    reactance = ohm * unit.zero_magnetising_percent / 100 / math.hypot(1, unit.zero_magnetising_rx)
    return complex(unit.zero_magnetising_rx * reactance, reactance)


def _to_earth(
    own: Connection, own_ohm: complex, other: Connection, other_ohm: complex, magnetising: complex
) -> complex:
    """Admittance to earth that a winding shows where the other one carries nothing on."""
    if not own.is_earthed:
        return 0j
    if own is Connection.EARTHED_ZIGZAG:  # its two halves balance within it
        return 1 / (own_ohm + other_ohm)
    endless = math.isinf(magnetising.imag)
    if other is Connection.DELTA:  # current circulates in the delta
        shorted = other_ohm if endless else 1 / (1 / other_ohm + 1 / magnetising)
        return 1 / (own_ohm + shorted)
    return 0j if endless else 1 / (own_ohm + magnetising)
