"""Requests and offers after their submission: withdrawn, and their history read."""

from fastapi import APIRouter, Response

from platone.infra.http.wire import answer, documented
from platone.market.api.query import viewer_of
from platone.market.api.role import Participant, Player
from platone.market.service.read_market import ReadMarket
from platone.market.service.withdraw_service import WithdrawService
from platone.messages.base import Submission
from platone.messages.market import ServiceHistory


def order_routes(router: APIRouter, read: ReadMarket, withdraw: WithdrawService) -> None:
    """Add the routes of a request or offer that was submitted."""

    @router.delete("/api/flexibilityService/{service_id:path}", **documented(gives=Submission))
    async def withdraw_service(principal: Player, service_id: str) -> Response:
        """Withdraw the caller's request or offer, until the gate closes.

        The same again answers `alreadySubmitted`. A higher revision submits it anew.
        """
        return answer(await withdraw(service_id, principal.party_id))

    @router.get("/api/flexibilityService/{service_id:path}", **documented(gives=ServiceHistory))
    async def get_history(principal: Participant, service_id: str) -> Response:
        """Show all versions of the caller's request or offer; overseers see every party's."""
        versions = await read.service_history(service_id, viewer_of(principal))
        return answer(ServiceHistory(versions=versions))
