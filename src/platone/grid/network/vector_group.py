"""Connections of a transformer's windings by its vector group (IEC 60076-1, clause 7)."""

import re
from dataclasses import dataclass
from enum import Enum

from platone.grid.network.branch import Transformer

_FORM = re.compile(r"(YN|Y|D|ZN|Z)(yn|y|d|zn|z)(\d{1,2})?")
CLOCK_DEG = 30.0
"""An hour of the clock."""
_TURN_DEG = 360.0
"""A whole turn, degrees."""
_SIXTH_DEG = 60.0
"""Two hours of the clock, degrees: lags of stars against stars are whole multiples."""


class Connection(Enum):
    """A winding's connection."""

    STAR = "Y"
    EARTHED_STAR = "YN"
    DELTA = "D"
    ZIGZAG = "Z"
    EARTHED_ZIGZAG = "ZN"

    @property
    def is_earthed(self) -> bool:
        """Its star point: true where that is earthed and carries current."""
        return self in {Connection.EARTHED_STAR, Connection.EARTHED_ZIGZAG}


@dataclass(frozen=True, slots=True)
class VectorGroup:
    """The connections of a transformer with two windings.

    Attributes:
        first: Connection of its first winding.
        second: Connection of its second winding.
        uncounted_deg: By how much its second winding lags besides its phase shift: balanced
            calculations often leave the clock out, where it changes no magnitude.
    """

    first: Connection
    second: Connection
    uncounted_deg: float = 0.0

    @property
    def passes(self) -> bool:
        """True where the zero sequence passes from one side to the other."""
        return self.first is self.second is Connection.EARTHED_STAR


def vector_group(unit: Transformer) -> VectorGroup:
    """Return the connections that a transformer's vector group tells.

    The symbol in capitals is that of the winding with the higher voltage, which may be the second.
    Where its phase shift is about 0 its clock counts besides.

    Raises:
        ValueError: It is none that is known, or its clock contradicts the phase shift.
    """
    match = _FORM.fullmatch(unit.vector_group)
    if match is None:
        raise ValueError(f"its vector group {unit.vector_group!r} is not known")
    high, low, clock = match.groups()
    sign = 1 if unit.from_kv >= unit.to_kv else -1
    first, second = (Connection(each.upper()) for each in (high, low)[::sign])
    lag_deg = sign * unit.phase_shift_deg
    clock_deg = lag_deg if clock is None else int(clock) * CLOCK_DEG
    if _is_about(clock_deg, lag_deg):
        found = VectorGroup(first, second)
    elif _is_about(lag_deg, 0.0):
        found = VectorGroup(first, second, sign * clock_deg)
    else:
        raise ValueError(
            f"its vector group {unit.vector_group!r} contradicts its phase shift of "
            f"{unit.phase_shift_deg:g} degrees"
        )
    if found.passes and clock is not None and int(clock) % 2:
        raise ValueError(f"its vector group {unit.vector_group!r}: two stars have an even hour")
    return found


def _is_about(one_deg: float, other_deg: float) -> bool:
    """Return whether two angles are within half an hour of the clock."""
    apart = (one_deg - other_deg + _TURN_DEG / 2) % _TURN_DEG - _TURN_DEG / 2
    return abs(apart) <= CLOCK_DEG / 2


def inverts(lag_deg: float) -> bool:
    """Return whether the zero sequence is turned round between two stars, one lagging the other.

    Every 60 degrees are the windings' other ends, which turn it round, and an exchange of phases,
    which does not: hours 2, 6 and 10 invert it, 0, 4 and 8 do not.
    """
    return round(lag_deg / _SIXTH_DEG) % 2 == 1
