"""Ports of the aggregator platform: the other parties, as one party sees them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from platone.grid.profile.meter_row import MeterRows
from platone.messages.base import Submission
from platone.messages.dispute import Dispute
from platone.messages.market import FlexibilityService, MarketSession, RecordedService


class Market(Protocol):
    """The market platform, as one party sees it."""

    async def offer(self, offer: FlexibilityService) -> Submission:
        """Send an offer; the answer says accepted, alreadySubmitted, or refused and why.

        Raises:
            PlatoneError: The market does not answer now.
        """
        ...

    async def withdraw(self, player_service_id: str) -> Submission:
        """Withdraw an offer; the answer says whether that was done, or refused and why.

        Raises:
            PlatoneError: The market does not answer now.
        """
        ...

    async def sessions(self, since: datetime) -> list[MarketSession]:
        """Return the sessions that deliver from an instant on, as they stand.

        Raises:
            PlatoneError: The market does not answer now.
        """
        ...

    async def services(self, session_id: str) -> list[RecordedService]:
        """Return the party's own offers that stand in a session.

        Raises:
            PlatoneError: The market does not answer now.
        """
        ...

    async def disputes(self) -> list[Dispute]:
        """Return the disputes that concern the party.

        Raises:
            PlatoneError: The market does not answer now.
        """
        ...


class MeteringSource(Protocol):
    """The measurements of points of delivery, as one party sees them."""

    async def rows(self, pod_ids: Sequence[str], start: datetime, end: datetime) -> MeterRows:
        """Return the readings of good quality from ``start`` to before ``end``.

        Raises:
            PlatoneError: The customer database does not answer now.
        """
        ...
