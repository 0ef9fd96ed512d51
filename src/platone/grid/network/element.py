"""Buses and what is connected to one of them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Bus:
    """A node where elements are connected.

    Attributes:
        id: Its identifier.
        name: What people call it.
        nominal_kv: Nominal line-to-line voltage, kV.
        min_pu: Least voltage that is allowed, per unit of nominal; none: not watched.
        max_pu: Greatest voltage that is allowed, per unit of nominal; none: not watched.
        position: Where it stands, for pictures: longitude and latitude, degrees, or x and y.
    """

    id: str
    name: str = ""
    nominal_kv: float
    min_pu: float | None
    max_pu: float | None
    position: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A connection point to the transmission grid, taken as an ideal voltage source.

    The impedances count in unbalanced calculations alone: the grid behind it holds the positive
    sequence of its bus, and opposes them to currents of the others. None: it holds all three.

    Attributes:
        id: Its identifier; it is the point of measurement (PoM) of what it feeds.
        bus: The bus it holds at its voltage.
        voltage_pu: That voltage, per unit of nominal.
        angle_deg: Its angle, degrees.
        closed: Whether it is switched on.
        negative_resistance_ohm: Resistance of the negative sequence.
        negative_reactance_ohm: Reactance of the negative sequence.
        zero_resistance_ohm: Resistance of the zero sequence.
        zero_reactance_ohm: Reactance of the zero sequence.
    """

    id: str
    bus: str
    voltage_pu: float
    angle_deg: float = 0.0
    closed: bool = True
    negative_resistance_ohm: float | None = None
    negative_reactance_ohm: float | None = None
    zero_resistance_ohm: float | None = None
    zero_reactance_ohm: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shunt:
    """A capacitor, reactor or other constant impedance to earth.

    Attributes:
        id: Its identifier.
        name: What people call it.
        bus: Where it is connected.
        p_kw: Active power that it withdraws at nominal voltage.
        q_kvar: Reactive power that it withdraws; below 0 for a capacitor.
        closed: Whether it is switched on.
    """

    id: str
    name: str = ""
    bus: str
    p_kw: float
    q_kvar: float
    closed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Generator:
    """A machine that holds the voltage of its bus by its reactive power.

    In unbalanced calculations it holds that of the positive sequence; what it carries of the others
    its impedances tell. None: nothing.

    Attributes:
        id: Its identifier.
        name: What people call it.
        bus: Where it is connected.
        p_kw: Active power that it withdraws: below 0 while it generates.
        voltage_pu: The voltage that it holds.
        closed: Whether it is switched on.
        negative_resistance_ohm: Resistance of the negative sequence.
        negative_reactance_ohm: Reactance of the negative sequence.
        zero_resistance_ohm: Resistance of the zero sequence, earthing included.
        zero_reactance_ohm: Reactance of the zero sequence.
    """

    id: str
    name: str = ""
    bus: str
    p_kw: float
    voltage_pu: float
    closed: bool = True
    negative_resistance_ohm: float | None = None
    negative_reactance_ohm: float | None = None
    zero_resistance_ohm: float | None = None
    zero_reactance_ohm: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Customers, or plants that hold no voltage: constant power, below 0 where it generates.

    Attributes:
        id: Its identifier.
        name: What people call it.
        bus: Where it is connected.
        p_kw: Active power at a profile factor of 1.
        q_kvar: Reactive power at a profile factor of 1.
        profile: The profile that scales both; none: constant.
        closed: Whether it is switched on.
        phase_kw: Its active power in the phases A, B and C; none: a third each.
        phase_kvar: Its reactive power in them.
    """

    id: str
    name: str = ""
    bus: str
    p_kw: float
    q_kvar: float
    profile: str | None = None
    closed: bool = True
    phase_kw: tuple[float, float, float] | None = None
    phase_kvar: tuple[float, float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A daily course of load.

    Attributes:
        id: Its identifier.
        factors: 96 factors, one for each quarter-hour on the zone's clocks from 00:00.
    """

    id: str
    factors: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionPoint:
    """A point of delivery (PoD), connected to a bus.

    Attributes:
        pod_id: The PoD.
        bus: Its bus.
        phases: The phases it is connected to, of ``ABC``.
    """

    pod_id: str
    bus: str
    phases: str = "ABC"

    @property
    def id(self) -> str:
        """The identifier of the PoD."""
        return self.pod_id


NO_VOLTAGE_LIMITS = "has no voltage limits: its voltage is not watched"
"""Reason of the remark on a bus whose file gives no band; a study may give one."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A note of an importer or of the check; it does not keep the network from being calculated.

    Attributes:
        element: Identifier of the element.
        reason: One sentence.
    """

    element: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SolvedVoltage:
    """The voltage of a bus in the solved state that a network's file carries.

    It is what another program once calculated: nothing here is calculated from it.

    Attributes:
        bus: The bus.
        voltage_pu: Magnitude, per unit of nominal.
        angle_deg: Angle, degrees; none where the file does not say it.
    """

    bus: str
    voltage_pu: float
    angle_deg: float | None
