"""Properties that unbalanced calculations need (profile ShortCircuit of CGMES)."""

import math

from platone.grid.file.cim.short_circuit import MOST_VOLTAGE
from platone.grid.file.cim.xml_writer import Member, Value
from platone.grid.network.branch import ThreeWindingTransformer, Transformer, Winding
from platone.grid.network.element import Generator, Source
from platone.grid.network.vector_group import CLOCK_DEG, vector_group
from platone.grid.network.zero_transformer import zero_short_circuit_percent
from platone.grid.problem.network import Fault, FaultKind, NetworkInvalid

_HOURS = 12
_MACHINE_MVA = 100.0
"""Rated power in place of one that the network model has not; impedances are told by it."""
_NO_REACTANCE = 1e12
"""Ratio R to X written where X is 0: read again, X is below any digit of the impedance."""
Values = dict[str, Value]


def ends_of_two(unit: Transformer) -> tuple[Values, Values]:
    """Return connections, impedances and star points of a transformer's two windings."""
    try:
        group = vector_group(unit)
    except ValueError:  # none, or one that no calculation uses
        return {}, {}
    hours = (unit.phase_shift_deg + group.uncounted_deg) / CLOCK_DEG
    from_neutral = complex(unit.from_neutral_resistance_ohm, unit.from_neutral_reactance_ohm)
    to_neutral = complex(unit.to_neutral_resistance_ohm, unit.to_neutral_reactance_ohm)
    first = _connected(group.first.value, 0.0, from_neutral)
    second = _connected(group.second.value, hours, to_neutral)
    if unit.zero_short_circuit_percent is None and unit.zero_magnetising_percent is None:
        return first, second
    percent, active = zero_short_circuit_percent(unit)
    base_ohm = unit.from_kv**2 / (unit.rated_kva / 1e3) / 100
    reactive = math.copysign(math.sqrt(max(percent**2 - active**2, 0.0)), percent)
    ohm, share = complex(active, reactive) * base_ohm, unit.zero_from_share
    turns = unit.from_kv / unit.to_kv
    first |= _impedance(ohm * share) | _admittance(unit, abs(ohm))
    return first, second | _impedance(ohm * (1 - share) / turns**2)


def end_of_three(unit: ThreeWindingTransformer, winding: Winding) -> Values:
    """Return connection, impedance and star point of one of three windings."""
    if not winding.connection:
        return {}
    lag_deg = unit.windings[0].phase_shift_deg - winding.phase_shift_deg
    hours = lag_deg / CLOCK_DEG + winding.uncounted_hour - unit.windings[0].uncounted_hour
    neutral = complex(winding.neutral_resistance_ohm, winding.neutral_reactance_ohm)
    found = _connected(winding.connection, hours, neutral)
    r, x = winding.zero_resistance_ohm, winding.zero_reactance_ohm
    if r is None and x is None:
        return found
    own = winding.resistance_ohm if r is None else r, winding.reactance_ohm if x is None else x
    return found | _impedance(complex(*own))


def _connected(kind: str, hours: float, neutral: complex) -> Values:
    earthed = kind.endswith("N")
    found: Values = {
        "PowerTransformerEnd_connectionKind": Member(f"WindingConnection.{kind.capitalize()}"),
        "TransformerEnd_grounded": earthed,
        "PowerTransformerEnd_phaseAngleClock": round(hours) % _HOURS,
    }
    if earthed:
        found |= {"TransformerEnd_rground": neutral.real, "TransformerEnd_xground": neutral.imag}
    return found


def _impedance(ohm: complex) -> Values:
    return {"PowerTransformerEnd_r0": ohm.real, "PowerTransformerEnd_x0": ohm.imag}


def _admittance(unit: Transformer, short_circuit_ohm: float) -> Values:
    if unit.zero_magnetising_percent is None:
        return {"PowerTransformerEnd_g0": 0.0, "PowerTransformerEnd_b0": 0.0}
    turned = complex(unit.zero_magnetising_rx, 1.0)
    ohm = turned / abs(turned) * short_circuit_ohm * unit.zero_magnetising_percent / 100
    return {"PowerTransformerEnd_g0": (1 / ohm).real, "PowerTransformerEnd_b0": (1 / ohm).imag}


def behind_source(source: Source, kv: float) -> Values:
    """Return the short-circuit current of the grid behind a source, and its impedances' ratios.

    Raises:
        NetworkInvalid: It has an impedance of the zero sequence alone, which CGMES cannot say.
    """
    negative, zero = _ohms(source)
    if not negative and zero:
        reason = "CGMES cannot say an impedance of the zero sequence without the negative one"
        raise NetworkInvalid([Fault(source.id, FaultKind.UNSUPPORTED, reason)])
    if not negative:
        return {}
    return {
        "ExternalNetworkInjection_ikSecond": False,
        "ExternalNetworkInjection_voltageFactor": MOST_VOLTAGE,
        "ExternalNetworkInjection_maxInitialSymShCCurrent": MOST_VOLTAGE
        * kv
        * 1e3
        / (math.sqrt(3) * abs(negative)),
        "ExternalNetworkInjection_maxR1ToX1Ratio": _ratio(negative),
        "ExternalNetworkInjection_maxZ0ToZ1Ratio": abs(zero / negative),
        "ExternalNetworkInjection_maxR0ToX0Ratio": _ratio(zero),
    }


def _ratio(ohm: complex) -> float:
    """Return resistance by reactance; a large number where there is no reactance."""
    return ohm.real / ohm.imag if ohm.imag else (_NO_REACTANCE if ohm else 0.0)


def behind_generator(generator: Generator, kv: float) -> Values:
    """Return the impedances of a machine, per unit of its rating."""
    negative, zero = _ohms(generator)
    if not negative and not zero:
        return {}
    base_ohm = kv**2 / _MACHINE_MVA
    return {
        "RotatingMachine_ratedS": _MACHINE_MVA,
        "RotatingMachine_ratedU": kv,
        "SynchronousMachine_r2": negative.real / base_ohm,
        "SynchronousMachine_x2": negative.imag / base_ohm,
        "SynchronousMachine_r0": zero.real / base_ohm,
        "SynchronousMachine_x0": zero.imag / base_ohm,
        "SynchronousMachine_earthing": bool(zero),
    }


def _ohms(machine: Source | Generator) -> tuple[complex, complex]:
    return (
        complex(machine.negative_resistance_ohm or 0.0, machine.negative_reactance_ohm or 0.0),
        complex(machine.zero_resistance_ohm or 0.0, machine.zero_reactance_ohm or 0.0),
    )
