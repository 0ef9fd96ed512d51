"""Measurements of SCADA, meters and phasor measurement units, with their standard deviations.

One form for all of them, inside and on the wire. Power is withdrawn: by a consumer or bus from the
grid, or by a branch from the bus at one of its ends; so are currents. Voltages are line-to-line.
A standard deviation is that of the error, one sigma.
"""

from enum import StrEnum
from typing import Annotated, Literal

import msgspec

from platone.messages.base import Identifier, Instant, Message

_BOUND = 1e12
"""Largest number of any unit that a message may hold: beyond it squares lose all digits."""
_Value = Annotated[float, msgspec.Meta(ge=-_BOUND, le=_BOUND)]
_Std = Annotated[float, msgspec.Meta(gt=0, le=_BOUND)]
End = Literal["from", "to"]


class Origin(StrEnum):
    """The origin of a measurement."""

    SCADA = "scada"
    METER = "meter"
    PMU = "pmu"
    PSEUDO = "pseudo"
    """Not measured: what is expected, such as by a load profile."""


class Quantity(StrEnum):
    """The quantity of one number of a measurement; bad data is judged number by number."""

    VOLTAGE = "voltage"
    ANGLE = "angle"
    P = "p"
    Q = "q"
    CURRENT = "current"
    CURRENT_ANGLE = "currentAngle"


class _Measurement(Message):
    """The fields that all kinds of measurements share.

    Attributes:
        id: Its own identifier, unique in the set.
        source: Where it comes from.
        at: When it was taken; none: at the instant of the set.
    """

    id: Identifier
    source: Origin = Origin.SCADA
    at: Instant | None = None


class VoltageMeasurement(_Measurement, tag="voltage", tag_field="kind"):
    """The magnitude of the voltage of a bus, and of a phasor also its angle.

    Attributes:
        bus: The bus.
        voltage_kv: Line-to-line, kV.
        std_kv: Its standard deviation.
        angle_deg: Angle of a synchronised phasor; none: only the magnitude was measured.
        std_deg: Its standard deviation.
    """

    bus: Identifier
    voltage_kv: _Value
    std_kv: _Std
    angle_deg: _Value | None = None
    std_deg: _Std | None = None


class BranchPower(_Measurement, tag="branchPower", tag_field="kind"):
    """The power that enters a branch at one end; one of its parts may be missing.

    Attributes:
        branch: The line, transformer or winding.
        end: Its first or second end; a winding's only end is "from", at its bus.
        p_kw: Active power.
        q_kvar: Reactive power.
        std_kw: Standard deviation of the active power.
        std_kvar: Standard deviation of the reactive power.
    """

    branch: Identifier
    end: End
    p_kw: _Value | None = None
    std_kw: _Std | None = None
    q_kvar: _Value | None = None
    std_kvar: _Std | None = None


class BranchCurrent(_Measurement, tag="branchCurrent", tag_field="kind"):
    """The current that enters a branch at one end, and of a phasor also its angle.

    Attributes:
        branch: The line, transformer or winding.
        end: Its first or second end.
        current_a: Its magnitude, A.
        std_a: Standard deviation of the magnitude.
        angle_deg: Angle of a synchronised phasor, of the same clock as voltage angles; none: only
            the magnitude was measured.
        std_deg: Its standard deviation.
    """

    branch: Identifier
    end: End
    current_a: _Value
    std_a: _Std
    angle_deg: _Value | None = None
    std_deg: _Std | None = None


class Injection(_Measurement, tag="injection", tag_field="kind"):
    """The power that a consumer (load or PoD) or a whole bus withdraws; a part may be missing.

    Shunts of a bus, which the network file tells, are no part of it; in the result they are.

    Attributes:
        element: The load, PoD or bus.
        p_kw: Active power, below 0 where it generates.
        q_kvar: Reactive power.
        std_kw: Standard deviation of the active power.
        std_kvar: Standard deviation of the reactive power.
    """

    element: Identifier
    p_kw: _Value | None = None
    std_kw: _Std | None = None
    q_kvar: _Value | None = None
    std_kvar: _Std | None = None


Measurement = VoltageMeasurement | BranchPower | BranchCurrent | Injection


class Reading(Message):
    """One number of a measurement.

    Attributes:
        measurement: The measurement's identifier.
        quantity: Which of its numbers.
    """

    measurement: str
    quantity: Quantity
