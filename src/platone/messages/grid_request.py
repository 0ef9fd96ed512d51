"""Requests of the DSO that a session's grid is sized for, and what came of them."""

from typing import Annotated

import msgspec

from platone.messages.base import Instant, MarketType, Message, Submission
from platone.messages.clearing import GridLimits
from platone.messages.grid import Alarm
from platone.messages.market import FlexibilityService

DEFAULT_PRICE_LIMIT_EUR_PER_KWH = 0.1
"""Price limit of a request that names none, EUR/kWh: that of the deliverable's example."""


class RequestQuestion(Message):
    """A session, and the most that the DSO pays.

    Attributes:
        market_type: The session's kind.
        start_time: Start of its delivery.
        price_limit_eur_per_kwh: Price limit of the request.
    """

    market_type: MarketType
    start_time: Instant
    price_limit_eur_per_kwh: Annotated[float, msgspec.Meta(ge=0, le=100_000)] = (
        DEFAULT_PRICE_LIMIT_EUR_PER_KWH
    )


class LimitsQuestion(RequestQuestion):
    """A session, the most that the DSO pays, and what its market trades.

    Attributes:
        reactive: Whether it trades reactive power: limits then tell its effects, too.
    """

    reactive: bool = False


class IncurableAlarm(Message):
    """The rest of an alarm, which no flexible point of delivery can cure.

    Attributes:
        alarm: The alarm.
        reason: Why no flexibility cures it.
    """

    alarm: Alarm
    reason: str


class RequestAnswer(Message):
    """The broken limits that were found, and the request that was made.

    Attributes:
        alarms: Broken limits at the baselines, the worst first.
        request: The request that was sent; none where nothing can be asked.
        submission: The market's answer to it.
        incurable: What it leaves.
        remarks: What typical days stand in for: missing baselines, the loads of the network file.
    """

    alarms: list[Alarm]
    request: FlexibilityService | None
    submission: Submission | None
    incurable: list[IncurableAlarm]
    remarks: list[str] = msgspec.field(default_factory=list)


class GridLimitsAnswer(Message):
    """The broken limits that were found, and the limits that the market was told.

    Attributes:
        alarms: Broken limits at the baselines, the worst first.
        told: The limits that were sent to the market.
        submission: The market's answer.
        remarks: What typical days stand in for: missing baselines, the loads of the network file.
    """

    alarms: list[Alarm]
    told: GridLimits
    submission: Submission
    remarks: list[str] = msgspec.field(default_factory=list)
