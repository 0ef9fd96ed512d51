"""Calls to the customer database, the access layer and the market, over REST."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from platone.dso.service.ports import PODS_PER_CALL
from platone.infra.http.client import PartyClient
from platone.infra.http.partner_problem import PartnerRefused
from platone.kernel.errors import PlatoneError
from platone.kernel.market_time import MarketDay
from platone.messages.base import Submission
from platone.messages.clearing import GridLimits
from platone.messages.market import FlexibilityService
from platone.messages.metering import EnrolledDevices
from platone.messages.registry import (
    PodPage,
    PointOfDelivery,
    PomAssociation,
    Series,
    SeriesBatch,
)

_ACTIVE = "active"
_ALL_PODS = {"ended": "true", "limit": "10000"}
"""The question for all points of delivery, as many in an answer as there may be."""


class RestPartners:
    """A client of the other parties' systems, in the DSO's name.

    Args:
        party: The DSO's client.
    """

    def __init__(self, party: PartyClient) -> None:
        self._party = party

    async def pods(self) -> list[PointOfDelivery]:
        """Return all points of delivery; ``action_type`` is ``delete`` where one has ended."""
        return (await self._party.get("/api/scd/pods", PodPage, _ALL_PODS)).pods

    async def customer(self, pod_id: str) -> str | None:
        """Return the customer who is supplied at a point of delivery; None where none is known."""
        try:
            pod = await self._party.get(f"/api/scd/pods/{quote(pod_id, safe='')}", PointOfDelivery)
        except PartnerRefused:
            return None
        return pod.customer_id

    async def baselines(
        self, pod_ids: Sequence[str], day: MarketDay, as_of: datetime | None = None
    ) -> list[Series]:
        """Return the known baselines of points of delivery on a market day.

        Args:
            pod_ids: The points of delivery.
            day: The market day.
            as_of: As they stood just before this instant; none for now.
        """
        found: list[Series] = []
        span = {"from": day.start.isoformat(), "to": day.end.isoformat()}
        if as_of is not None:
            span["asOf"] = as_of.isoformat()
        for start in range(0, len(pod_ids), PODS_PER_CALL):
            part = list(pod_ids[start : start + PODS_PER_CALL])
            query: dict[str, str | list[str]] = {"podId": part, **span}
            found += (await self._party.get("/api/scd/baselines", SeriesBatch, query)).series
        return found

    async def associate(self, pod_id: str, pom_id: str) -> PlatoneError | None:
        """Tell which point of measurement feeds a PoD; return the problem if it is refused."""
        message = PomAssociation(po_m_id=pom_id)
        try:
            await self._party.put(f"/api/scd/pods/{pod_id}/pom", message, Submission)
        except PartnerRefused as refusal:
            return refusal
        return None

    async def devices(self) -> dict[str, str]:
        """Return the active node of each PoD that has one; of several the first by address."""
        page = await self._party.get("/api/access/devices", EnrolledDevices)
        active = [device for device in page.devices if device.status == _ACTIVE]
        found: dict[str, str] = {}
        for device in sorted(active, key=lambda each: each.device):
            found.setdefault(device.pod_id, device.device)
        return found

    async def submit(self, service: FlexibilityService) -> Submission:
        """Send a request for flexibility."""
        return await self._party.post("/api/flexibilityService", service, Submission)

    async def tell_limits(self, limits: GridLimits) -> Submission:
        """Tell the limits that a session's clearing is to keep."""
        return await self._party.post("/api/gridLimits", limits, Submission)
