"""Calls to the customer database and the ledger."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from platone.infra.http.client import PartyClient
from platone.kernel.market_time import MarketDay
from platone.market.service.record import Curves
from platone.messages.ledger import SettlementOrder, SettlementReceipt
from platone.messages.registry import Measurement, MeasurementBatch, SeriesBatch

_PODS_IN_QUERY = 200  # keeps a URL under 8 kB


class RestPartners:
    """Other parties' systems over REST.

    Args:
        client: The market operator's calls.
    """

    def __init__(self, client: PartyClient) -> None:
        self._client = client

    async def baselines(self, pod_ids: Sequence[str], day: MarketDay) -> Curves:
        """Baselines for a market day, where there are whole ones."""
        found: Curves = {}
        for params in _queries(pod_ids, day.start, day.end):
            batch = await self._client.get("/api/scd/baselines", SeriesBatch, params)
            for series in batch.series:
                whole = len(series.values) == day.quarter_hours
                if series.start_time == day.start and whole:
                    found[series.pod_id] = series.values
        return found

    async def measurements(
        self, pod_ids: Sequence[str], start: datetime, end: datetime
    ) -> list[Measurement]:
        """Certified readings within a half-open period."""
        found: list[Measurement] = []
        for params in _queries(pod_ids, start, end):
            batch = await self._client.get("/api/scd/measurements", MeasurementBatch, params)
            found += batch.measurements
        return found

    async def pay(self, order: SettlementOrder) -> SettlementReceipt:
        """Pay lines under their agreements; the same order is paid once only."""
        return await self._client.post("/api/contracts/settlements", order, SettlementReceipt)


def _queries(
    pod_ids: Sequence[str], start: datetime, end: datetime
) -> Iterator[dict[str, str | list[str]]]:
    for first in range(0, len(pod_ids), _PODS_IN_QUERY):
        yield {
            "podId": list(pod_ids[first : first + _PODS_IN_QUERY]),
            "from": start.isoformat(),
            "to": end.isoformat(),
        }
