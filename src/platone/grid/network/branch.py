"""Lines, transformers and switches."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
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
        limit_a: Greatest current that is allowed, A; none: not watched.
        from_closed: Whether it is switched on at its first end.
        to_closed: Whether it is switched on at its second end.
        conductance_us: Shunt conductance of the whole length, microsiemens.
        zero_resistance_ohm: Series resistance of the zero sequence; none where it is not known.
        zero_reactance_ohm: Series reactance of the zero sequence.
        zero_capacitance_nf: Shunt capacitance of the zero sequence.
        zero_conductance_us: Shunt conductance of the zero sequence; none: as that of the positive.
    """

    id: str
    name: str = ""
    from_bus: str
    to_bus: str
    resistance_ohm: float
    reactance_ohm: float
    capacitance_nf: float
    limit_a: float | None
    from_closed: bool = True
    to_closed: bool = True
    conductance_us: float = 0.0
    zero_resistance_ohm: float | None = None
    zero_reactance_ohm: float | None = None
    zero_capacitance_nf: float | None = None
    zero_conductance_us: float | None = None


Magnetising = Literal["pi", "t", "from", "to"]
"""Where the no-load admittance lies: half at each end, in the middle, or all at one end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transformer:
    """A transformer with two windings.

    Attributes:
        id: Its identifier.
        name: What people call it.
        from_bus: The bus of its first winding.
        to_bus: The bus of its second winding.
        from_kv: Rated voltage of the first winding, kV.
        to_kv: Rated voltage of the second winding, kV.
        rated_kva: Rated power.
        short_circuit_percent: Short-circuit voltage, % of rated; below 0: its reactance is, as that
            of one branch of a star may be.
        copper_loss_kw: Loss in the windings at rated current.
        no_load_percent: No-load current, % of rated; below 0 where its reactive part is capacitive.
        iron_loss_kw: Loss without load.
        phase_shift_deg: By how much the second winding's voltage lags the first's.
        tap_side: The winding whose turns the tap changer changes.
        tap_position: Where it stands.
        tap_step_percent: Change of that winding's voltage by one step.
        from_closed: Whether it is switched on at its first winding.
        to_closed: Whether it is switched on at its second winding.
        tap_step_deg: Angle at which a step's voltage is added: 0 in phase, 90 in quadrature.
        tap_neutral: The position of the rated ratio.
        tap_min: Its least position; none where it is not known.
        tap_max: Its greatest position.
        limit_percent: Greatest current that is allowed, % of rated; none: not watched.
        magnetising: Where the no-load admittance lies.
        vector_group: Such as ``Dyn5``, for unbalanced calculations; empty where not known.
        zero_short_circuit_percent: Short-circuit voltage of the zero sequence; none: as that of
            the positive sequence.
        zero_copper_percent: Its active part, % of rated; none: as that of the positive sequence.
        zero_magnetising_percent: Magnetising impedance of the zero sequence, % of its short-circuit
            impedance; none: infinite.
        zero_magnetising_rx: Its resistance by its reactance.
        zero_from_share: Share of the first winding in the short-circuit impedance of the zero
            sequence.
        from_neutral_resistance_ohm: Resistance between the first winding's star point and earth,
            where that is earthed.
        from_neutral_reactance_ohm: Reactance there.
        to_neutral_resistance_ohm: Resistance between the second winding's star point and earth.
        to_neutral_reactance_ohm: Reactance there.
    """

    id: str
    name: str = ""
    from_bus: str
    to_bus: str
    from_kv: float
    to_kv: float
    rated_kva: float
    short_circuit_percent: float
    copper_loss_kw: float
    no_load_percent: float
    iron_loss_kw: float
    phase_shift_deg: float = 0.0
    tap_side: Literal["from", "to"] = "from"
    tap_position: int = 0
    tap_step_percent: float = 0.0
    from_closed: bool = True
    to_closed: bool = True
    tap_step_deg: float = 0.0
    tap_neutral: int = 0
    tap_min: int | None = None
    tap_max: int | None = None
    limit_percent: float | None = 100.0
    magnetising: Magnetising = "pi"
    vector_group: str = ""
    zero_short_circuit_percent: float | None = None
    zero_copper_percent: float | None = None
    zero_magnetising_percent: float | None = None
    zero_magnetising_rx: float = 0.0
    zero_from_share: float = 0.5
    from_neutral_resistance_ohm: float = 0.0
    from_neutral_reactance_ohm: float = 0.0
    to_neutral_resistance_ohm: float = 0.0
    to_neutral_reactance_ohm: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Winding:
    """One of a transformer's three windings, between its bus and the star point.

    Attributes:
        id: Its identifier; results are reported under it.
        bus: Its bus.
        rated_kv: Rated voltage, kV.
        rated_kva: Rated power.
        resistance_ohm: Resistance of its branch of the star, at its own rated voltage.
        reactance_ohm: Reactance of its branch of the star; it may be below 0.
        conductance_us: Its share of the no-load admittance at its own rated voltage, microsiemens.
        susceptance_us: The same, reactive; below 0: it withdraws reactive power.
        phase_shift_deg: By how much the star point's voltage lags this winding's.
        tap_position: Where its tap changer stands.
        tap_neutral: The position of the rated ratio.
        tap_step_percent: Change of its voltage by one step.
        tap_step_deg: Angle at which a step's voltage is added.
        limit_percent: Greatest current that is allowed, % of rated; none: not watched.
        magnetising: Where the no-load admittance lies: "from" at its bus, "to" at the star point.
        closed: Whether it is switched on.
        connection: ``D``, ``Y``, ``YN`` or ``Z``, for unbalanced calculations; empty where not
            known.
        zero_resistance_ohm: Resistance of its branch of the star in the zero sequence; none: as
            that of the positive sequence.
        zero_reactance_ohm: Reactance of it.
        neutral_resistance_ohm: Resistance between its star point and earth, where that is earthed.
        neutral_reactance_ohm: Reactance there.
        uncounted_hour: Hour of its clock that its phase shift leaves out: its voltage lags by 30
            degrees each, in unbalanced calculations alone.
    """

    id: str
    bus: str
    rated_kv: float
    rated_kva: float
    resistance_ohm: float
    reactance_ohm: float
    conductance_us: float = 0.0
    susceptance_us: float = 0.0
    phase_shift_deg: float = 0.0
    tap_position: int = 0
    tap_neutral: int = 0
    tap_step_percent: float = 0.0
    tap_step_deg: float = 0.0
    limit_percent: float | None = 100.0
    magnetising: Magnetising = "from"
    closed: bool = True
    connection: str = ""
    zero_resistance_ohm: float | None = None
    zero_reactance_ohm: float | None = None
    neutral_resistance_ohm: float = 0.0
    neutral_reactance_ohm: float = 0.0
    uncounted_hour: int = 0

    @property
    def name(self) -> str:
        """The identifier: people name the transformer, not the winding."""
        return self.id

    @property
    def from_bus(self) -> str:
        """The bus; its other end is the star point, which is no bus."""
        return self.bus


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreeWindingTransformer:
    """A transformer with three windings, as a star.

    Attributes:
        id: Its identifier.
        name: What people call it.
        windings: The first is that of the highest voltage; the star point has its rated voltage.
    """

    id: str
    name: str = ""
    windings: tuple[Winding, Winding, Winding]


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """A switch without impedance.

    Attributes:
        id: Its identifier.
        name: What people call it.
        bus: The bus at one side.
        other: What is at its other side: a bus, or a line, transformer or winding that is
            connected to ``bus`` through it.
        closed: Whether it is switched on.
    """

    id: str
    name: str = ""
    bus: str
    other: str
    closed: bool = True
