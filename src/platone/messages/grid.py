"""Grid results: power flow, alarms (see the reference page on interfaces)."""

import msgspec

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
    """The network over several instants.

    Attributes:
        results: Its states.
        alarms: The alarms of all of them in order of severity.
    """

    results: list[GridState]
    alarms: list[Alarm] = msgspec.field(default_factory=list)


class Alarms(Message):
    """Alarms in order of severity."""

    alarms: list[Alarm]


class Need(Message):
    """What is asked of a group in one quarter-hour; see the request's reference page.

    Attributes:
        at: Start of the quarter-hour.
        elements: The group: points of delivery, or loads by the network file's identifiers.
        baseline_kw: What they withdraw without a change.
        change_kw: The change that is asked, negative: withdraw less.
        change_kvar: The change of reactive power that is asked.
    """

    at: Instant
    elements: list[str]
    baseline_kw: float
    change_kw: float
    change_kvar: float = 0.0


class Incurable(Message):
    """What remains of an alarm because nothing flexible can cure it, and why."""

    alarm: Alarm
    reason: str


class RequestRun(Message):
    """A flexibility request calculated on a file.

    Attributes:
        alarms: What is broken without it, the worst first.
        needs: What is asked.
        incurable: What it leaves.
    """

    alarms: list[Alarm]
    needs: list[Need]
    incurable: list[Incurable]


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
    """

    trades: list[ValidatedTrade]
    alarms: list[Alarm]
    left: list[Alarm]
