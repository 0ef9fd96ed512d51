"""The network model: frozen values, independent of the form it was imported from.

Power follows the load convention (positive is withdrawn from the grid); identifiers are the
source's own and unique over the whole network.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

QUARTER_HOURS_OF_A_PROFILE = 96
MAX_ELEMENTS = 1_000_000


@dataclass(frozen=True, slots=True)
class Bus:
    """A node where elements are connected.

    Attributes:
        id: Its identifier.
        name: What people call it.
        nominal_kv: Nominal line-to-line voltage, kV.
        min_pu: Least voltage that is allowed, per unit of nominal.
        max_pu: Greatest voltage that is allowed, per unit of nominal.
    """

    id: str
    name: str
    nominal_kv: float
    min_pu: float
    max_pu: float


@dataclass(frozen=True, slots=True)
class Source:
    """A connection point to the transmission grid, taken as an ideal voltage source.

    Attributes:
        id: Its identifier; it is the point of measurement (PoM) of what it feeds.
        bus: The bus it holds at its voltage.
        voltage_pu: That voltage, per unit of nominal.
        angle_deg: Its angle, degrees.
    """

    id: str
    bus: str
    voltage_pu: float
    angle_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """An overhead line or cable, as a pi circuit.

    Attributes:
        id: Its identifier.
        name: What people call it.
        from_bus: The bus at its first end.
        to_bus: The bus at its second end.
        resistance_ohm: Series resistance of the whole length.
        reactance_ohm: Series reactance of the whole length.
        capacitance_nf: Shunt capacitance of the whole length.
        limit_a: Greatest current that is allowed, A.
        from_closed: Whether it is switched on at its first end.
        to_closed: Whether it is switched on at its second end.
    """

    id: str
    name: str
    from_bus: str
    to_bus: str
    resistance_ohm: float
    reactance_ohm: float
    capacitance_nf: float
    limit_a: float
    from_closed: bool = True
    to_closed: bool = True


@dataclass(frozen=True, slots=True)
class Transformer:
    """A transformer with two windings, as a pi circuit.

    Attributes:
        id: Its identifier.
        name: What people call it.
        from_bus: The bus of its first winding.
        to_bus: The bus of its second winding.
        from_kv: Rated voltage of the first winding, kV.
        to_kv: Rated voltage of the second winding, kV.
        rated_kva: Rated power; its currents' limits follow from it.
        short_circuit_percent: Short-circuit voltage, % of rated.
        copper_loss_kw: Loss in the windings at rated current.
        no_load_percent: No-load current, % of rated.
        iron_loss_kw: Loss without load.
        clock: Vector group's phase shift in steps of 30 degrees, 0 to 11.
        tap_side: The winding whose turns the tap changer changes.
        tap_position: Steps from the rated ratio, as it stands.
        tap_step_percent: Change of that winding's voltage by one step.
        from_closed: Whether it is switched on at its first winding.
        to_closed: Whether it is switched on at its second winding.
    """

    id: str
    name: str
    from_bus: str
    to_bus: str
    from_kv: float
    to_kv: float
    rated_kva: float
    short_circuit_percent: float
    copper_loss_kw: float
    no_load_percent: float
    iron_loss_kw: float
    clock: int = 0
    tap_side: Literal["from", "to"] = "from"
    tap_position: int = 0
    tap_step_percent: float = 0.0
    from_closed: bool = True
    to_closed: bool = True

    @property
    def from_limit_a(self) -> float:
        """Rated current of the first winding, A."""
        return self.rated_kva / (3**0.5 * self.from_kv)

    @property
    def to_limit_a(self) -> float:
        """Rated current of the second winding, A."""
        return self.rated_kva / (3**0.5 * self.to_kv)


@dataclass(frozen=True, slots=True)
class Load:
    """Customers without a meter of their own in the market: constant power.

    Attributes:
        id: Its identifier.
        name: What people call it.
        bus: Where it is connected.
        p_kw: Active power at a profile factor of 1.
        q_kvar: Reactive power at a profile factor of 1.
        profile: The profile that scales both; none: constant.
    """

    id: str
    name: str
    bus: str
    p_kw: float
    q_kvar: float
    profile: str | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """A daily course of load.

    Attributes:
        id: Its identifier.
        factors: 96 factors, one for each quarter-hour on the zone's clocks from 00:00.
    """

    id: str
    factors: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ConnectionPoint:
    """Where a point of delivery (PoD) is connected.

    Attributes:
        pod_id: The PoD.
        bus: Its bus.
    """

    pod_id: str
    bus: str


Branch = Line | Transformer
Element = Bus | Source | Line | Transformer | Load | Profile


@dataclass(frozen=True, eq=False)
class Network:
    """A network; compared by identity, because it is large and never changes.

    Order matters: arrays over buses follow ``buses``, over branches ``branches`` (lines, then
    transformers), over consumers ``consumers`` (loads, then connection points).
    """

    id: str
    name: str
    version: str
    description: str = ""
    buses: tuple[Bus, ...] = ()
    sources: tuple[Source, ...] = ()
    lines: tuple[Line, ...] = ()
    transformers: tuple[Transformer, ...] = ()
    loads: tuple[Load, ...] = ()
    connection_points: tuple[ConnectionPoint, ...] = ()
    profiles: tuple[Profile, ...] = field(default=())

    @cached_property
    def branches(self) -> tuple[Branch, ...]:
        """Lines, then transformers."""
        return (*self.lines, *self.transformers)

    @cached_property
    def consumers(self) -> tuple[Load | ConnectionPoint, ...]:
        """Loads, then connection points."""
        return (*self.loads, *self.connection_points)

    @cached_property
    def bus_position(self) -> dict[str, int]:
        """Each bus's place in ``buses``."""
        return {bus.id: place for place, bus in enumerate(self.buses)}

    @cached_property
    def pod_position(self) -> dict[str, int]:
        """Each PoD's place in ``consumers``."""
        start = len(self.loads)
        return {point.pod_id: start + i for i, point in enumerate(self.connection_points)}

    def elements(self) -> Iterator[Element]:
        """Everything that carries an identifier of its own."""
        yield from self.buses
        yield from self.sources
        yield from self.branches
        yield from self.loads
        yield from self.profiles
