"""Grid results: power flow, alarms (see the reference page on interfaces)."""

import msgspec

from platone.messages.base import Instant, ListPart, Message


class PhaseVoltage(Message):
    """Voltage between a phase and neutral, per unit of nominal voltage / sqrt(3).

    Attributes:
        phase: A, B or C.
        voltage_pu: Magnitude, per unit.
        angle_deg: Angle, degrees.
    """

    phase: str
    voltage_pu: float
    angle_deg: float


class BusResult(Message, omit_defaults=True):
    """State of a bus; power is what the bus withdraws from the grid.

    Attributes:
        id: The bus.
        name: What people call it.
        nominal_kv: Nominal voltage between phases.
        voltage_pu: Its voltage; of an unbalanced state that of the positive sequence.
        angle_deg: The voltage's angle.
        p_kw: Active power of all phases.
        q_kvar: Reactive power of all phases.
        phases: The voltage of each phase, in an unbalanced state.
        unbalance_percent: Negative over positive sequence of the voltage, in an unbalanced state.
    """

    id: str
    name: str
    nominal_kv: float
    voltage_pu: float
    angle_deg: float
    p_kw: float
    q_kvar: float
    phases: list[PhaseVoltage] | None = None
    unbalance_percent: float | None = None


class PhaseCurrent(Message):
    """Current and power of one phase at a branch's two ends; power enters the branch there.

    Attributes:
        phase: A, B or C.
        from_a: Current at the first end, A.
        to_a: Current at the second end, A.
        from_kw: Active power at the first end.
        from_kvar: Reactive power at the first end.
        to_kw: Active power at the second end.
        to_kvar: Reactive power at the second end.
    """

    phase: str
    from_a: float
    to_a: float
    from_kw: float
    from_kvar: float
    to_kw: float
    to_kvar: float


class BranchResult(Message, omit_defaults=True):
    """State of a branch.

    Attributes:
        id: The branch.
        name: What people call it.
        from_a: Current at its first end, A; of an unbalanced state that of the greatest phase.
        to_a: Current at its second end.
        limit_a: What it may be.
        loading_percent: The greatest current, % of its limit.
        from_kw: Active power of all phases that enters it at its first end.
        from_kvar: Reactive power of all phases that enters it there.
        to_kw: Active power that enters it at its second end: below 0 where it leaves there.
        to_kvar: Reactive power that enters it there.
        loss_kw: Active power lost in it, of all phases: the sum of both ends.
        phases: The currents of each phase, in an unbalanced state.
        neutral_a: The greater of the ends' currents in neutral and earth, in an unbalanced state.
    """

    id: str
    name: str
    from_a: float
    to_a: float
    limit_a: float | None
    loading_percent: float | None
    from_kw: float
    from_kvar: float
    to_kw: float
    to_kvar: float
    loss_kw: float
    phases: list[PhaseCurrent] | None = None
    neutral_a: float | None = None


class Alarm(Message, omit_defaults=True):
    """A limit that is broken, or consumers without supply.

    Attributes:
        element: The branch or bus.
        kind: "current" or "voltage"; in unbalanced states also "unbalance"; "unsupplied": no
            source feeds the bus, and the value is what its consumers want.
        value: What it is estimated to be.
        limit: What it may be.
        unit: A, pu, % or kW.
        at: Start of the quarter-hour.
        phase: The phase in which, A, B or C; none in a balanced state, and of an unbalance.
        name: What people call the branch or bus; empty where its network tells no name.
    """

    element: str
    kind: str
    value: float
    limit: float
    unit: str
    at: Instant
    phase: str | None = None
    name: str = ""


class Losses(Message):
    """Losses of the network.

    Attributes:
        p_kw: Active losses, kW.
        q_kvar: Reactive losses, kvar.
    """

    p_kw: float
    q_kvar: float


class PhasePower(Message):
    """Power of one phase; of a source what it feeds into the network.

    Attributes:
        phase: A, B or C.
        p_kw: Active power, kW.
        q_kvar: Reactive power, kvar.
    """

    phase: str
    p_kw: float
    q_kvar: float


class SourceResult(Message, omit_defaults=True):
    """Power that a source feeds into the network: positive from the source into the network.

    Attributes:
        id: The source, which is a point of measurement.
        name: What people call it.
        p_kw: Active power of all phases.
        q_kvar: Reactive power of all phases.
        phases: The power of each phase, in an unbalanced state.
    """

    id: str
    name: str
    p_kw: float
    q_kvar: float
    phases: list[PhasePower] | None = None


class FileStateDifference(Message):
    """The distance of a calculated state from the solved state in the network's file.

    Attributes:
        voltage_pu: Largest difference of a bus's voltage, per unit of nominal.
        voltage_bus: The bus where it is.
        angle_deg: Largest difference of a bus's angle, degrees; none where the file has no angles.
        angle_bus: The bus where it is.
        buses: How many buses have a voltage in the file.
    """

    voltage_pu: float
    voltage_bus: str
    angle_deg: float | None
    angle_bus: str | None
    buses: int


class Unwatched(Message):
    """A count of what no limit watches: it raises no alarm, whatever its state.

    Attributes:
        buses: How many buses have no limit of their voltage.
        branches: How many branches have no limit of their current.
    """

    buses: int
    branches: int


class GridState(Message, omit_defaults=True):
    """The network in one instant.

    Attributes:
        at: The instant.
        buses: What the buses withdraw, and their voltages.
        branches: Currents and powers at the branches' ends.
        sources: What the sources feed in; they give what buses and branches take.
        alarms: Broken limits, the worst first.
        losses: Losses of all branches.
        file_state: How far this is from the solved state in the network's file, where that has
            one, and where this is its state.
        unwatched: What no limit watches, where this is the only state; else the run says it.
    """

    at: Instant
    buses: list[BusResult]
    branches: list[BranchResult]
    sources: list[SourceResult]
    alarms: list[Alarm]
    losses: Losses
    file_state: FileStateDifference | None = None
    unwatched: Unwatched | None = None


class GridRun(Message):
    """The network over several instants.

    Attributes:
        results: Its states.
        alarms: The alarms of all of them in order of severity.
        remarks: What typical days stand in for: missing baselines, the loads of the network file.
        unwatched: What no limit watches; null where it was not counted.
    """

    results: list[GridState]
    alarms: list[Alarm] = msgspec.field(default_factory=list)
    remarks: list[str] = msgspec.field(default_factory=list)
    unwatched: Unwatched | None = None


class Alarms(ListPart):
    """Alarms in order of severity.

    Attributes:
        alarms: Those in this part of the list.
    """

    alarms: list[Alarm]


class Need(Message):
    """A change of power that is asked of a group in one quarter-hour.

    Attributes:
        at: Start of the quarter-hour.
        elements: The group: points of delivery, or loads by the network file's identifiers.
        baseline_kw: What they withdraw without a change.
        change_kw: The change that is asked, negative: withdraw less.
        change_kvar: The change of reactive power that is asked.
        limit_eur_per_kwh: The price of the dearest member that the change needs, if it is bought
            in merit order, where there are prices.
        limit_eur_per_kvarh: The same of reactive power.
    """

    at: Instant
    elements: list[str]
    baseline_kw: float
    change_kw: float
    change_kvar: float = 0.0
    limit_eur_per_kwh: float | None = None
    limit_eur_per_kvarh: float | None = None


class RequestCost(Message):
    """The cost of a quarter-hour's request, euro an hour; without prices, kW and kvar.

    Attributes:
        at: Start of the quarter-hour.
        asked: The cost of what is asked, if each group is bought in merit order.
        least: The cost of the single consumers' changes, for a buyer that knows places.
    """

    at: Instant
    asked: float
    least: float


class Incurable(Message):
    """The rest of an alarm that nothing flexible can cure, with the reason."""

    alarm: Alarm
    reason: str


class RequestRun(Message):
    """A flexibility request calculated on a file.

    Attributes:
        alarms: What is broken without it, the worst first.
        needs: What is asked.
        incurable: What it leaves.
        costs: What it costs, beside the least.
        unwatched: What no limit watches, and for which nothing is asked.
    """

    alarms: list[Alarm]
    needs: list[Need]
    incurable: list[Incurable]
    costs: list[RequestCost]
    unwatched: Unwatched | None = None


class CutReason(Message):
    """A limit for which a trade is cut: the value that all trades together would bring."""

    element: str
    kind: str
    value: float
    limit: float
    unit: str


class ValidatedTrade(Message):
    """A trade and what of it the grid can take."""

    at: Instant
    element: str
    change_kw: float
    accepted_kw: float
    cuts: list[CutReason]


class ValidationRun(Message):
    """A technical validation calculated on a file.

    Attributes:
        trades: The trades, in the file's order.
        alarms: What all trades together would break.
        left: What stays broken, because it is broken without them.
        unwatched: What no limit watches, and for which nothing is cut.
    """

    trades: list[ValidatedTrade]
    alarms: list[Alarm]
    left: list[Alarm]
    unwatched: Unwatched | None = None
