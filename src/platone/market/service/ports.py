"""Calls to other parties' systems that the market's use cases need."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from platone.kernel.market_time import MarketDay
from platone.market.domain.recording import Curves
from platone.messages.ledger import SettlementOrder, SettlementReceipt
from platone.messages.registry import Measurement


class Partners(Protocol):
    """Other parties' systems."""

    async def baselines(
        self, pod_ids: Sequence[str], day: MarketDay, as_of: datetime | None = None
    ) -> Curves:
        """Return the baselines of PoDs for a market day, where there are whole ones.

        Args:
            pod_ids: The PoDs.
            day: The market day.
            as_of: As they stood just before this instant; none for now.
        """
        ...

    async def measurements(
        self, pod_ids: Sequence[str], start: datetime, end: datetime
    ) -> list[Measurement]:
        """Return the certified readings of PoDs within a half-open period."""
        ...

    async def agreed(self, pod_ids: Sequence[str], at: datetime) -> set[tuple[str, str]]:
        """Return aggregator and PoD of the agreements in force about PoDs at an instant."""
        ...

    async def pay(self, order: SettlementOrder) -> SettlementReceipt:
        """Pay lines under their agreements; the same order is paid once only."""
        ...
