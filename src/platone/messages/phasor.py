"""Messages of phasor measurement units, and of the power made of them (D2.10, figure 2)."""

from enum import StrEnum
from typing import Annotated

import msgspec

from platone.messages.base import Identifier, Instant, Message

MAX_PHASOR_READINGS = 1000
"""Numbers of one message: ten devices of a hundred channels."""
_BOUND = 1e12
"""Largest magnitude of a value, in its unit: more than any grid has."""


class Measurand(StrEnum):
    """The quantity of a reading, as the field names it; all magnitudes are RMS values."""

    VOLTAGE_MAGNITUDE = "voltmagnitude"
    """Phase to ground, V."""
    VOLTAGE_ANGLE = "voltangle"
    """Degrees or radians, as the device is configured."""
    CURRENT_MAGNITUDE = "currmagnitude"
    """A."""
    CURRENT_ANGLE = "currangle"
    """Degrees or radians, as the device is configured."""
    ACTIVE_POWER = "activepower"
    """W, positive: withdrawn from the grid."""
    REACTIVE_POWER = "reactivepower"
    """var, positive: withdrawn from the grid (inductive)."""
    APPARENT_POWER = "apparentpower"
    """VA."""
    FREQUENCY = "frequency"
    """Hz."""


class Phase(StrEnum):
    """A phase, or all three; the latter as IEC 61970 (PhaseCode) names it."""

    A = "A"
    B = "B"
    C = "C"
    ALL = "ABC"
    """The total of the three phases."""


class AngleUnit(StrEnum):
    """The unit of a device's angles, which its messages do not tell."""

    DEGREE = "degree"
    RADIAN = "radian"


class PhasorReading(Message):
    """One value of a phasor message.

    Attributes:
        component: What it is of: the grid element's own identifier.
        measurand: Which quantity.
        phase: Which phase.
        data: The value, in the unit of its measurand.
    """

    component: Identifier
    measurand: Measurand
    phase: Phase
    data: Annotated[float, msgspec.Meta(ge=-_BOUND, le=_BOUND)]


class PhasorMessage(Message):
    """The readings of a phasor measurement unit in one instant.

    Attributes:
        device: The unit's name: the last level of the topic that it publishes to.
        timestamp: The instant.
        readings: The values, of one or many components.
    """

    device: Identifier
    timestamp: Instant
    readings: Annotated[
        list[PhasorReading], msgspec.Meta(min_length=1, max_length=MAX_PHASOR_READINGS)
    ]


class PhasorDevice(Message):
    """How a phasor measurement unit's readings are to be understood.

    Attributes:
        angle_unit: The unit of its angles.
        voltage_of: The component whose voltage stands at another component, whose current it
            sends: `{"LINE1": "BUS1"}`. A component that is not named has a voltage of its own.
        reversed_currents: Components whose current it counts out of them, towards the grid.
    """

    angle_unit: AngleUnit
    voltage_of: Annotated[
        dict[Identifier, Identifier], msgspec.Meta(max_length=MAX_PHASOR_READINGS)
    ] = msgspec.field(default_factory=dict)
    reversed_currents: Annotated[list[Identifier], msgspec.Meta(max_length=MAX_PHASOR_READINGS)] = (
        msgspec.field(default_factory=list)
    )
