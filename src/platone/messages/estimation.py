"""Results of state estimation: the grid's state with its uncertainty, and how it was found."""

from platone.messages.base import Instant, Message
from platone.messages.grid import Alarm, Losses, Unwatched
from platone.messages.phasor import Measurand, Phase


class BusEstimate(Message):
    """Estimated state of a bus; what is not observable is null.

    Attributes:
        id: The bus.
        name: What people call it.
        nominal_kv: Its nominal voltage.
        voltage_pu: Magnitude of its voltage; 0 where no source feeds it.
        angle_deg: Its angle.
        std_voltage_pu: Standard deviation of the magnitude.
        std_angle_deg: Standard deviation of the angle; 0 where it is the reference.
        p_kw: Active power that the bus withdraws from the grid.
        q_kvar: Reactive power.
        is_observable: Whether measurements alone determine it, without pseudo-measurements.
    """

    id: str
    name: str
    nominal_kv: float
    voltage_pu: float | None
    angle_deg: float | None
    std_voltage_pu: float | None
    std_angle_deg: float | None
    p_kw: float | None
    q_kvar: float | None
    is_observable: bool


class BranchEstimate(Message):
    """Estimated state of a branch; what is not observable is null.

    Attributes:
        id: The branch.
        name: What people call it.
        from_a: Current at its first end, A.
        to_a: Current at its second end.
        from_angle_deg: Angle of the current at its first end.
        std_from_a: Standard deviation of the first.
        std_to_a: Standard deviation of the second.
        from_kw: Active power that enters it at its first end.
        from_kvar: Reactive power that enters it there.
        limit_a: Greatest current that is allowed.
        loading_percent: The more loaded end, by its limit.
        loss_kw: Active power lost in it.
    """

    id: str
    name: str
    from_a: float | None
    to_a: float | None
    from_angle_deg: float | None
    std_from_a: float | None
    std_to_a: float | None
    from_kw: float | None
    from_kvar: float | None
    limit_a: float | None
    loading_percent: float | None
    loss_kw: float | None


class ReadingName(Message):
    """One number of a measurement.

    Attributes:
        measurement: The measurement.
        quantity: "voltage", "angle", "p", "q", "current" or "currentAngle".
        element: The bus, branch or consumer that it is of.
    """

    measurement: str
    quantity: str
    element: str = ""


class SuspectReading(Message):
    """Something that looks wrong.

    Attributes:
        readings: The number; several where they cannot be told from each other.
        normalised_residual: Its residual by the residual's own standard deviation.
        error_in_std: The error it is estimated to have, in its standard deviations.
        is_removed: Whether it does not count in the result.
    """

    readings: list[ReadingName]
    normalised_residual: float
    error_in_std: float
    is_removed: bool


class ChiSquareTest(Message):
    """The chi-square test of the weighted sum of squared residuals.

    Attributes:
        objective: The sum.
        degrees_of_freedom: Redundant numbers; 0: nothing can be tested.
        limit: What it passes by chance only with the probability 1 - confidence.
        confidence: Of the test.
        probability: Of so large a sum by chance.
        is_passed: Whether the measurements agree with each other.
    """

    objective: float
    degrees_of_freedom: int
    limit: float
    confidence: float
    probability: float
    is_passed: bool


class Quality(Message):
    """How well the measurements agree.

    Attributes:
        first_test: The test of all measurements.
        test: The test of those that count in the result.
        residual_limit: What no normalised residual passes but for bad data.
        suspects: What looked wrong, in the order in which it was found.
        conflicts: Numbers that measure the same and contradict each other.
    """

    first_test: ChiSquareTest
    test: ChiSquareTest
    residual_limit: float
    suspects: list[SuspectReading]
    conflicts: list[list[ReadingName]]


class Observability(Message):
    """The parts of the network that measurements determine.

    Attributes:
        is_observable: Whether they determine the whole state by themselves.
        unobservable_buses: Buses whose voltage they do not determine by themselves.
        unknown_buses: Those of them that are not determined in the result either.
        unfed_buses: Buses without voltage, because no source feeds them.
        pseudo_measurements: What was put in for what is not measured.
        critical: Numbers that nothing else tells of: their errors cannot be found.
        redundancy: Measured numbers and exact equations by unknowns.
        unused: Measurements that say nothing of the state, and why.
    """

    is_observable: bool
    unobservable_buses: list[str]
    unknown_buses: list[str]
    unfed_buses: list[str]
    pseudo_measurements: list[str]
    critical: list[ReadingName]
    redundancy: float
    unused: dict[str, str]


class MeasurementResult(Message):
    """A number that was measured, and what the result says of it.

    Attributes:
        readings: The number; several where their sum counts.
        measured: As it was measured, in the unit of `unit`.
        estimated: As it is estimated.
        std: Its standard deviation.
        unit: "kV", "deg", "kW", "kvar" or "A".
        normalised_residual: Null for critical numbers.
    """

    readings: list[ReadingName]
    measured: float
    estimated: float
    std: float
    unit: str
    normalised_residual: float | None


class EstimateDoubt(Message):
    """A reason to doubt an estimate, although its measurements may agree with each other.

    Attributes:
        element: The bus, branch or expected value that shows it most.
        reason: What it shows, and where to look.
    """

    element: str
    reason: str


class GridEstimate(Message):
    """An estimated state.

    Attributes:
        at: The instant.
        buses: The state vector with its uncertainty, and powers.
        branches: Currents and powers.
        alarms: Limits that the estimate breaks, the worst first.
        losses: Of the observable branches.
        quality: How well the measurements agree.
        observability: What they determine.
        measurements: Each number that counts, as measured and as estimated.
        is_uncertainty_exact: Whether standard deviations were calculated; in large networks they
            are drawn, and known to 3.2 % of themselves.
        unwatched: What no limit watches; none in estimates that an older version stored.
        doubts: What no grid in service shows, and what was expected and is set aside.
    """

    at: Instant
    buses: list[BusEstimate]
    branches: list[BranchEstimate]
    alarms: list[Alarm]
    losses: Losses
    quality: Quality
    observability: Observability
    measurements: list[MeasurementResult]
    is_uncertainty_exact: bool
    unwatched: Unwatched | None = None
    doubts: tuple[EstimateDoubt, ...] = ()


class EstimationRun(Message):
    """A stored state estimation.

    Attributes:
        id: Its identifier.
        network_id: The network.
        version: Its version.
        made_at: When it was made, on the market's clock.
        estimate: The state.
        left_out: What was gathered and does not fit the network, and why.
        remarks: What else is worth knowing: what says what is expected of how many consumers
            that nothing measures, and why nothing is expected of others.
    """

    id: str
    network_id: str
    version: str
    made_at: Instant
    estimate: GridEstimate
    left_out: dict[str, str]
    remarks: list[str]


class ComponentReading(Message):
    """One value of a component, in the units of the field's own services.

    Attributes:
        measurand: voltmagnitude (V, phase to ground, RMS), voltangle (degrees), currmagnitude (A),
            currangle (degrees), activepower (W) or reactivepower (var) of one phase.
        phase: The phase.
        data: The value.
    """

    measurand: Measurand
    phase: Phase
    data: float


class ComponentMessage(Message):
    """An estimated bus or branch, as state estimators publish it on the databus.

    Attributes:
        component: The element's own identifier.
        timestamp: The instant.
        readings: Its values.
    """

    component: str
    timestamp: Instant
    readings: list[ComponentReading]


class ComponentMessages(Message):
    """All of a state estimation's messages."""

    components: list[ComponentMessage]


class EstimationSummary(Message):
    """A summary that is published when a state estimation is done.

    Attributes:
        id: Its identifier, for GET /api/dso/stateEstimation/{id}.
        network_id: The network.
        version: Its version.
        at: The instant.
        quality: How well the measurements agree.
        is_observable: Whether measurements alone determine the state.
        alarms: Broken limits, the worst first.
    """

    id: str
    network_id: str
    version: str
    at: Instant
    quality: Quality
    is_observable: bool
    alarms: list[Alarm]
