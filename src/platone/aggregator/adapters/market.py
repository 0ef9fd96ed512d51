"""The market platform over REST."""

from datetime import datetime
from urllib.parse import quote

from platone.infra.http.client import PartyClient
from platone.infra.http.partner_problem import PartnerRefused, PartnerTooEarly
from platone.kernel.errors import PlatoneError
from platone.messages.base import Submission, SubmissionStatus
from platone.messages.dispute import Dispute, DisputePage
from platone.messages.market import (
    FlexibilityService,
    FlexibilityServicePage,
    MarketSession,
    MarketSessionPage,
    RecordedService,
)

_PATH = "/api/flexibilityService"


class RestMarket:
    """The market platform over REST, as one party calls it.

    Args:
        client: The party's calls.
    """

    def __init__(self, client: PartyClient) -> None:
        self._client = client

    async def offer(self, offer: FlexibilityService) -> Submission:
        """Send an offer; a refusal is returned as an answer with the market's problem.

        So is "too early": the problem's status says that the same may be sent again.
        """
        try:
            return await self._client.post(_PATH, offer, Submission)
        except (PartnerRefused, PartnerTooEarly) as refusal:
            return _refused(offer.player_service_id, refusal)

    async def withdraw(self, player_service_id: str) -> Submission:
        """Withdraw an offer; a refusal is returned as an answer with the market's problem."""
        try:
            return await self._client.delete(f"{_PATH}/{player_service_id}", Submission)
        except (PartnerRefused, PartnerTooEarly) as refusal:
            return _refused(player_service_id, refusal)

    async def sessions(self, since: datetime) -> list[MarketSession]:
        """Return the sessions that deliver from an instant on, as they stand."""
        query: dict[str, str | list[str]] = {"from": since.isoformat()}
        return (await self._client.get("/api/marketSession", MarketSessionPage, query)).sessions

    async def services(self, session_id: str) -> list[RecordedService]:
        """Return the party's own offers that stand in a session."""
        path = f"/api/marketSession/{quote(session_id, safe='')}/services"
        return (await self._client.get(path, FlexibilityServicePage)).flexibility_services

    async def disputes(self) -> list[Dispute]:
        """Return the disputes that concern the party."""
        page = await self._client.get("/api/settlementDispute", DisputePage)
        return page.disputes


def _refused(identifier: str, refusal: PlatoneError) -> Submission:
    said = refusal.fields.get("partnerProblem")
    problem = said if isinstance(said, dict) and said else {"detail": refusal.detail}
    return Submission(id=identifier, status=SubmissionStatus.REFUSED, problem=problem)
