"""Files of the simulated transmission system operator: what it asks for, and what came of it."""

from typing import Annotated

import msgspec

from platone.messages.base import Message, Submission
from platone.messages.market import FlexibilityService, MarketSession
from platone.messages.outcome import ValidatedOutcome
from platone.messages.settlement import Settlement


class TsoRequests(Message):
    """The requests that an operator sends, each when its session is open.

    Attributes:
        requests: The requests; each names its session.
    """

    requests: Annotated[list[FlexibilityService], msgspec.Meta(min_length=1, max_length=1000)]


class TsoReport(Message):
    """The answers to an operator's requests, and what it bought and pays.

    Attributes:
        submissions: The market's answers, in the requests' order.
        sessions: The sessions as they ended.
        outcomes: The operator's part of their final trades.
        settlements: Its part of what was settled.
    """

    submissions: list[Submission]
    sessions: list[MarketSession]
    outcomes: list[ValidatedOutcome]
    settlements: list[Settlement]
