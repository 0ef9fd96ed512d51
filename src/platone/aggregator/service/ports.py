"""Ports of the aggregator platform: the market, as one party sees it."""

from typing import Protocol

from platone.messages.base import Submission
from platone.messages.market import FlexibilityService


class Market(Protocol):
    """The market platform, as one party sees it."""

    async def offer(self, offer: FlexibilityService) -> Submission:
        """Send an offer; the answer says accepted, alreadySubmitted, or refused and why.

        Raises:
            PlatoneError: The market does not answer now.
        """
        ...
