"""The phasors and powers of a component that a phasor measurement unit measures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from platone.kernel.errors import PlatoneError
from platone.messages.phasor import AngleUnit, Phase

PHASES = (Phase.A, Phase.B, Phase.C)


@dataclass(frozen=True, slots=True)
class DeviceRule:
    """A rule for reading a device's messages.

    Attributes:
        angle_unit: The unit of its angles.
        voltage_of: For a component with a current, the component whose voltage stands there;
            one that is not named has its own.
        reversed_currents: Components whose current is counted out of them, towards the grid.
    """

    angle_unit: AngleUnit = AngleUnit.DEGREE
    voltage_of: Mapping[str, str] = field(default_factory=dict)
    reversed_currents: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ComponentPhasors:
    """The phasors and powers of a component by phase; unknown phases are left out.

    Attributes:
        id: The grid element's identifier.
        voltages: Phasors of the voltage to ground, RMS, V.
        currents: Phasors of the current, RMS, A, positive into the component (load convention).
        powers: Complex power P + jQ, W and var, positive: withdrawn from the grid.
    """

    id: str
    voltages: Mapping[Phase, complex]
    currents: Mapping[Phase, complex]
    powers: Mapping[Phase, complex]

    @property
    def total(self) -> complex | None:
        """Return the power of the three phases, W and var; none where one of them is unknown."""
        if len(self.powers) < len(PHASES):
            return None
        return sum(self.powers.values(), 0j)


@dataclass(frozen=True, slots=True)
class PhasorMeasurement:
    """The measurement of a device in one instant.

    Attributes:
        device: Its name.
        at: The instant.
        components: What of each component could be made of the readings.
        problems: What could not, each naming its reading or component.
    """

    device: str
    at: datetime
    components: list[ComponentPhasors]
    problems: list[PlatoneError]
