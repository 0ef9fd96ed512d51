"""Requests and offers after their submission: withdrawn, and their history read."""

from typing import Annotated

from fastapi import APIRouter, Response

from platone.infra.http.listing import asked_part
from platone.infra.http.wire import answer, documented
from platone.infra.listing import Part
from platone.market.api.query import viewer_of
from platone.market.api.role import Participant, Player
from platone.market.service.read_market import ReadMarket
from platone.market.service.withdraw_service import WithdrawService
from platone.messages.base import Submission
from platone.messages.market import ServiceHistory

_PAGE = 100
"""Most versions in one answer; fewer where they are long."""


def order_routes(router: APIRouter, read: ReadMarket, withdraw: WithdrawService) -> None:
    """Add the routes of a request or offer that was submitted."""

    @router.delete("/api/flexibilityService/{service_id:path}", **documented(gives=Submission))
    async def withdraw_service(principal: Player, service_id: str) -> Response:
        """Withdraw the caller's request or offer, until the gate closes.

        The same again answers `alreadySubmitted`. A higher revision submits it anew.
        """
        return answer(await withdraw(service_id, principal.party_id))

    @router.get("/api/flexibilityService/{service_id:path}", **documented(gives=ServiceHistory))
    async def get_history(
        principal: Participant, service_id: str, part: Annotated[Part, asked_part(_PAGE)]
    ) -> Response:
        """Show all versions of the caller's request or offer; overseers see every party's."""
        found = await read.service_history(service_id, viewer_of(principal), part)
        return answer(ServiceHistory(versions=found.items, next=found.next))
