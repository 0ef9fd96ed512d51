"""Calls to the customer database and the ledger."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar

from platone.infra.http.client import PartyClient
from platone.infra.http.partner_problem import PartnerRefused
from platone.kernel.market_time import QUARTER_HOUR, MarketDay
from platone.market.domain.recording import Curves
from platone.messages.ledger import Agreements, SettlementOrder, SettlementReceipt
from platone.messages.registry import Measurement, MeasurementBatch, SeriesBatch

T = TypeVar("T")

_log = logging.getLogger(__name__)
_PODS_IN_QUERY = 200
"""Points of delivery in one call: keeps its address under 8 kB."""
_VALUES_IN_ANSWER = 2_000
"""Quarter-hours that one answer tells of, or of a single point of delivery more: 0.8 MB, which who
answers makes in 10 to 30 ms, and who asked decodes in 5, while nobody else has a turn."""


class RestPartners:
    """The other parties' systems over REST.

    Args:
        client: The market operator's calls.
    """

    def __init__(self, client: PartyClient) -> None:
        self._client = client

    async def baselines(
        self, pod_ids: Sequence[str], day: MarketDay, as_of: datetime | None = None
    ) -> Curves:
        """Return the baselines of PoDs for a market day, where there are whole ones.

        Args:
            pod_ids: The PoDs.
            day: The market day.
            as_of: As they stood just before this instant; none for now.
        """
        path = "/api/scd/baselines"
        more = {} if as_of is None else {"asOf": as_of.isoformat()}
        length = day.quarter_hours
        return {
            series.pod_id: series.values
            for batch in await self._read(path, SeriesBatch, pod_ids, day.start, day.end, more)
            for series in batch.series
            if series.start_time == day.start and len(series.values) == length
        }

    async def measurements(
        self, pod_ids: Sequence[str], start: datetime, end: datetime
    ) -> list[Measurement]:
        """Return the certified readings of PoDs within a half-open period."""
        path = "/api/scd/measurements"
        batches = await self._read(path, MeasurementBatch, pod_ids, start, end)
        return [reading for batch in batches for reading in batch.measurements]

    async def agreed(self, pod_ids: Sequence[str], at: datetime) -> set[tuple[str, str]]:
        """Return aggregator and PoD of the agreements in force about PoDs at an instant."""
        found: set[tuple[str, str]] = set()
        for first in range(0, len(pod_ids), _PODS_IN_QUERY):
            named = list(pod_ids[first : first + _PODS_IN_QUERY])
            params: dict[str, str | list[str]] = {"podId": named, "asOf": at.isoformat()}
            told = await self._client.get("/api/contracts/agreements", Agreements, params)
            found |= {(each.aggregator_id, each.pod) for each in told.agreements}
        return found

    async def pay(self, order: SettlementOrder) -> SettlementReceipt:
        """Pay lines under their agreements; the same order is paid once only."""
        return await self._client.post("/api/contracts/settlements", order, SettlementReceipt)

    async def _read(
        self,
        path: str,
        kind: type[T],
        pod_ids: Sequence[str],
        start: datetime,
        end: datetime,
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> list[T]:
        """Return series of PoDs in a half-open period, in parts.

        The database refuses a whole call for one PoD that it does not know (any more): that one
        is found by halving and left out, so that it stops no other.
        """
        found: list[T] = []
        quarters = max(1, (end - start) // QUARTER_HOUR)
        at_once = min(_PODS_IN_QUERY, max(1, _VALUES_IN_ANSWER // quarters))
        waiting = [pod_ids[first : first + at_once] for first in range(0, len(pod_ids), at_once)]
        while waiting:
            part = waiting.pop()
            await asyncio.sleep(0)  # a partner of the same process may answer without a pause
            params: dict[str, str | list[str]] = {
                "podId": list(part),
                "from": start.isoformat(),
                "to": end.isoformat(),
                **more,
            }
            try:
                found.append(await self._client.get(path, kind, params))
            except PartnerRefused as refusal:
                if len(part) == 1:
                    _log.warning("No series of %s: %s", part[0], refusal.detail)
                    continue
                half = len(part) // 2
                waiting += [part[:half], part[half:]]
        return found
