"""Transformers in the zero sequence: connections, impedances, earthed star points.

CIM gives each winding its own part of the impedance, its magnetising admittance, and what lies
between its star point and earth (profile ShortCircuit).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from platone.grid.file.cim.model import Model
from platone.grid.file.cim.winding import CimWinding

_KINDS = {"Y": "Y", "Yn": "YN", "D": "D", "Z": "Z", "Zn": "ZN", "A": "A"}
_EARTHED = "TransformerEnd.grounded"
_SAME_SHARE = 0.01
"""Imaginary part of a winding's share that needs no remark: 1 %, about what ratings are good to."""
_ROUND = 1 + 1e-12
"""Against rounding: no part of an impedance exceeds its magnitude."""
_HOURS = 12
"""Hours of the clock that a vector group is told on."""
_HOUR_DEG = 30.0
"""An hour of that clock, degrees."""


def connection(winding: CimWinding) -> str:
    """Return a winding's connection: D, Y, YN, Z or ZN; empty where the files do not say."""
    kind = _KINDS.get(winding.record.member("PowerTransformerEnd.connectionKind"), "")
    earthed = winding.record.values.get(_EARTHED)
    if kind in {"Y", "Z"} and earthed and winding.record.flag(_EARTHED, default=False):
        return f"{kind}N"
    if kind in {"YN", "ZN"} and not winding.record.flag(_EARTHED, default=True):
        return kind[0]  # its star point is brought out, and open
    return kind


def hour(winding: CimWinding) -> int:
    """Return the hours of the clock by which a winding lags behind the first."""
    return winding.record.whole("PowerTransformerEnd.phaseAngleClock", 0) % _HOURS


def vector_group(first: CimWinding, second: CimWinding) -> str:
    """Return a vector group such as Dyn5: the higher voltage in capitals, the hour last."""
    kinds = [connection(first), connection(second)]
    if not all(kinds):
        return ""
    lag = hour(second) - hour(first)
    if first.kv < second.kv:
        kinds.reverse()
        lag = -lag
    return f"{kinds[0]}{kinds[1].lower()}{lag % _HOURS}"


def neutral_ohm(winding: CimWinding) -> complex:
    """Return the impedance between a winding's star point and earth, ohm."""
    if not connection(winding).endswith("N"):
        return 0j
    r, x = (winding.record.maybe(f"TransformerEnd.{part}ground") for part in "rx")
    return complex(r or 0.0, x or 0.0)


def zero_ohm(winding: CimWinding) -> complex | None:
    """Return a winding's impedance in the zero sequence, ohm; none where the files do not say."""
    r, x = (winding.record.maybe(f"PowerTransformerEnd.{part}0") for part in "rx")
    return None if r is None and x is None else complex(r or 0.0, x or 0.0)


def zero_siemens(winding: CimWinding) -> complex:
    """Return a winding's magnetising admittance in the zero sequence, siemens."""
    g, b = (winding.record.maybe(f"PowerTransformerEnd.{part}0") for part in "gb")
    return complex(g or 0.0, b or 0.0)


@dataclass(frozen=True, slots=True)
class _Total:
    """The zero-sequence impedances and magnetising admittance of two windings, from the first."""

    ohm: complex
    share: float
    siemens: complex


def zero_of_two(
    model: Model, unit: str, first: CimWinding, second: CimWinding, base_ohm: float
) -> dict[str, Any]:
    """Return the fields of a transformer with two windings that describe its zero sequence."""
    neutral = neutral_ohm(first), neutral_ohm(second)
    found: dict[str, Any] = {
        "vector_group": vector_group(first, second),
        "from_neutral_resistance_ohm": neutral[0].real,
        "from_neutral_reactance_ohm": neutral[0].imag,
        "to_neutral_resistance_ohm": neutral[1].real,
        "to_neutral_reactance_ohm": neutral[1].imag,
    }
    total = _total(model, unit, (first, second))
    if total is None:
        return found
    percent = math.copysign(abs(total.ohm) * _ROUND / base_ohm * 100, total.ohm.imag)
    found |= {
        "zero_short_circuit_percent": percent,
        "zero_copper_percent": total.ohm.real / base_ohm * 100,
        "zero_from_share": total.share,
    }
    if not total.siemens:
        return found
    if total.siemens.imag >= 0 or total.siemens.real < 0:
        reason = "its zero-sequence magnetising admittance is no reactor's: it is left out"
        model.remark(unit, reason)
        return found
    magnetising = 1 / total.siemens
    return found | {
        "zero_magnetising_percent": abs(magnetising) / abs(total.ohm) * 100,
        "zero_magnetising_rx": magnetising.real / magnetising.imag,
    }


def _total(model: Model, unit: str, windings: Sequence[CimWinding]) -> _Total | None:
    first, second = windings
    given = [zero_ohm(winding) for winding in windings]
    turns = first.kv / second.kv
    near, far = given[0] or 0j, (given[1] or 0j) * turns**2
    if not near + far:
        return None
    siemens = zero_siemens(first) + zero_siemens(second) / turns**2
    if not near or not far:  # the sum stands at one winding: how they share it is not told
        return _Total(near + far, 0.5, siemens)
    share = near / (near + far)
    if siemens and abs(share.imag) > _SAME_SHARE:
        reason = "its windings' zero-sequence impedances differ in angle: their magnitudes count"
        model.remark(unit, reason)
    return _Total(near + far, abs(near) / (abs(near) + abs(far)), siemens)


def zero_of_winding(
    model: Model, winding: CimWinding, first: CimWinding, fixed_turn: float, lag_deg: float
) -> dict[str, Any]:
    """Return the fields of one of three windings that describe its zero sequence.

    Args:
        model: For what is noticed.
        winding: The winding.
        first: The winding of the highest voltage.
        fixed_turn: What fixed tap changers make of the winding's voltage.
        lag_deg: By how much it lags behind the first by its phase shift.
    """
    ohm, neutral = zero_ohm(winding), neutral_ohm(winding)
    if zero_siemens(winding):
        reason = "its zero-sequence magnetising admittance is left out: the star has none"
        model.remark(winding.record.id, reason)
    found: dict[str, Any] = {
        "connection": connection(winding),
        "neutral_resistance_ohm": neutral.real,
        "neutral_reactance_ohm": neutral.imag,
        "uncounted_hour": _uncounted_hour(model, winding, first, lag_deg),
    }
    if ohm:
        turned = ohm * fixed_turn**2
        found |= {"zero_resistance_ohm": turned.real, "zero_reactance_ohm": turned.imag}
    return found


def _uncounted_hour(model: Model, winding: CimWinding, first: CimWinding, lag_deg: float) -> int:
    """Return the hour of its clock behind the first winding that its phase shift leaves out."""
    told, counted = (hour(winding) - hour(first)) % _HOURS, round(lag_deg / _HOUR_DEG) % _HOURS
    if counted not in {0, told}:
        reason = f"its hour {told} contradicts its phase shift of {lag_deg:g} degrees, which counts"
        model.remark(winding.record.id, reason)
    return told if counted == 0 else 0
