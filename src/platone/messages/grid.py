"""Grid results: power flow, alarms (see the reference page on interfaces)."""

from platone.messages.base import Instant, Message


class BusResult(Message):
    """State of a bus; power is what the bus withdraws from the grid."""

    id: str
    name: str
    nominal_kv: float
    voltage_pu: float
    angle_deg: float
    p_kw: float
    q_kvar: float


class BranchResult(Message):
    """State of a branch; currents at both ends, A."""

    id: str
    name: str
    from_a: float
    to_a: float
    limit_a: float | None
    loading_percent: float | None
    loss_kw: float


class Alarm(Message):
    """A limit that is broken.

    Attributes:
        element: The branch or bus.
        kind: "current" or "voltage".
        value: What it is estimated to be.
        limit: What it may be.
        unit: A or pu.
        at: Start of the quarter-hour.
    """

    element: str
    kind: str
    value: float
    limit: float
    unit: str
    at: Instant


class Losses(Message):
    """Losses of the network."""

    p_kw: float
    q_kvar: float


class GridState(Message):
    """The network in one instant."""

    at: Instant
    buses: list[BusResult]
    branches: list[BranchResult]
    alarms: list[Alarm]
    losses: Losses


class GridRun(Message):
    """The network over several instants."""

    results: list[GridState]


class Alarms(Message):
    """Alarms in order of severity."""

    alarms: list[Alarm]
