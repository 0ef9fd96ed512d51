"""How a transformer's windings are connected, by its vector group (IEC 60076-1, clause 7)."""

import re
from dataclasses import dataclass
from enum import Enum

from platone.dso.domain.network.branch import Transformer

_FORM = re.compile(r"(YN|Y|D|ZN|Z)(yn|y|d|zn|z)(\d{1,2})?")
_CLOCK_DEG = 30.0
_HALF_DEG = _CLOCK_DEG / 2
_TURN_DEG = 360.0


class Connection(Enum):
    """A winding's connection."""

    STAR = "Y"
    EARTHED_STAR = "YN"
    DELTA = "D"
    ZIGZAG = "Z"
    EARTHED_ZIGZAG = "ZN"

    @property
    def is_earthed(self) -> bool:
        """Whether its star point carries current."""
        return self in {Connection.EARTHED_STAR, Connection.EARTHED_ZIGZAG}


@dataclass(frozen=True, slots=True)
class VectorGroup:
    """The connections of a transformer with two windings.

    Attributes:
        first: Connection of its first winding.
        second: Connection of its second winding.
    """

    first: Connection
    second: Connection


def vector_group(unit: Transformer) -> VectorGroup:
    """The connections that a transformer's vector group tells.

    The symbol in capitals is that of the winding with the higher voltage, which may be the second.

    Raises:
        ValueError: It is none that is known, or its clock contradicts the phase shift.
    """
    match = _FORM.fullmatch(unit.vector_group)
    if match is None:
        raise ValueError(f"its vector group {unit.vector_group!r} is not known")
    high, low, clock = match.groups()
    downwards = unit.from_kv >= unit.to_kv
    lag_deg = unit.phase_shift_deg if downwards else -unit.phase_shift_deg
    if clock is not None:
        apart = (lag_deg - int(clock) * _CLOCK_DEG + _TURN_DEG / 2) % _TURN_DEG - _TURN_DEG / 2
        if abs(apart) > _HALF_DEG:
            raise ValueError(
                f"its vector group {unit.vector_group!r} contradicts its phase shift of "
                f"{unit.phase_shift_deg:g} degrees"
            )
    ends = Connection(high), Connection(low.upper())
    return VectorGroup(*(ends if downwards else ends[::-1]))
