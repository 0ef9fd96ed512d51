"""Delivery of what a portfolio sold: dispatch, alarms, and lines that are not paid."""

from datetime import date
from enum import Enum

from platone.messages.base import (
    Identifier,
    Instant,
    ListPart,
    Message,
    PodId,
    SlotIndex,
)
from platone.messages.plan import AssetShare


class LineState(Enum):
    """The states of a trade of which the money has not come."""

    WAITING = "waiting"
    """It is not settled yet."""
    MISSING_MEASUREMENT = "missingMeasurement"
    """It waits for the reading of what was delivered."""
    NOT_PAID = "notPaid"
    """The ledger refused to pay it."""
    DISPUTED = "disputed"
    """Somebody disputes it, and it is not decided."""


class OpenLine(Message):
    """A trade that is not paid, or whose payment is disputed.

    Attributes:
        pod_id: The point of delivery.
        market_outcome: The outcome, or the settlement's outcome, that it stands in.
        start_time: Start of its quarter-hour.
        change_p: Ordered change, kW.
        price_p: Its price, EUR/kWh.
        request_player_id: Who asked.
        state: What it waits for.
        line_id: Its identifier on the ledger, once it is settled.
        dispute: The dispute about it.
    """

    pod_id: PodId
    market_outcome: Identifier
    start_time: Instant
    change_p: float
    price_p: float
    request_player_id: Identifier
    state: LineState
    line_id: str | None = None
    dispute: str | None = None


class OpenLinePage(ListPart):
    """Lines of the caller that are open, by start of delivery.

    Attributes:
        lines: Those in this part of the list.
    """

    lines: list[OpenLine]


class DispatchState(Enum):
    """The states of a sold quarter-hour."""

    AHEAD = "ahead"
    """It is not over yet."""
    AWAITED = "awaited"
    """It is over; its measurement has not come."""
    DELIVERED = "delivered"
    """It was measured as it was ordered."""
    DEVIATES = "deviates"
    """It was measured otherwise."""


class DispatchedQuarter(Message):
    """A sold quarter-hour of a point of delivery, with what each asset is to give of it.

    Attributes:
        index: The quarter-hour of the market day.
        state: How far it is.
        ordered_kw: Total power that was ordered.
        change_kw: Change from the baseline that was sold, load convention.
        shares: What each asset is to change, cheapest first; none of one that is over.
        uncovered_kw: What no asset can give of it, as their states are told now, without a sign.
        measured_kw: Total power that was measured.
    """

    index: SlotIndex
    state: DispatchState
    ordered_kw: float
    change_kw: float
    shares: tuple[AssetShare, ...] = ()
    uncovered_kw: float = 0.0
    measured_kw: float | None = None


class PodDispatch(Message):
    """The dispatch of a point of delivery on a market day.

    Attributes:
        pod_id: The point of delivery.
        day: The market day.
        quarters: The quarter-hours in which it sold something.
    """

    pod_id: PodId
    day: date
    quarters: tuple[DispatchedQuarter, ...]


class DispatchPage(ListPart):
    """The dispatch of the points of delivery that the caller may see.

    Attributes:
        pods: Those in this part of the list.
    """

    pods: list[PodDispatch]


class DispatchDays(ListPart):
    """Market days for which the caller sold something.

    Attributes:
        days: Those in this part of the list.
    """

    days: list[date]


class AlarmKind(Enum):
    """The reasons for which a delivery is in danger."""

    DEVIATES = "deviates"
    """Something else was measured than was ordered."""
    UNCOVERED = "uncovered"
    """The assets cannot give all that was sold."""


class DeliveryAlarm(Message):
    """A delivery that failed or is going to.

    Attributes:
        pod_id: The point of delivery.
        start_time: Start of the quarter-hour.
        kind: Why.
        ordered_kw: Total power that was ordered.
        missing_kw: Measured less ordered; of what is to come, what no asset gives, without a sign.
        noticed_at: When it was first noticed.
    """

    pod_id: PodId
    start_time: Instant
    kind: AlarmKind
    ordered_kw: float
    missing_kw: float
    noticed_at: Instant


class DeliveryAlarmPage(ListPart):
    """Alarms of the points of delivery that the caller may see, the newest first.

    Attributes:
        alarms: Those in this part of the list.
    """

    alarms: list[DeliveryAlarm]
