"""The routes of notices: which of a customer's browsers are told."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from platone.customers.service.notice import Notices
from platone.infra.http.security import Principal, require
from platone.infra.http.wire import answer, body, documented
from platone.messages.base import Role
from platone.messages.notice import NoticeEndpoint, NoticeState

_Customer = Annotated[Principal, Depends(require(Role.CUSTOMER))]


def notice_router(notices: Notices) -> APIRouter:
    """Make the routes of notices."""
    router = APIRouter(prefix="/api/scd", tags=["customers"])

    @router.get("/notices", **documented(gives=NoticeState))
    async def get_notices(principal: _Customer) -> Response:
        """Show which of the caller's browsers are told, and the key by which more can be."""
        return answer(await notices.state(principal.party_id))

    @router.put("/notices", **documented(NoticeEndpoint, NoticeState))
    async def put_notices(
        principal: _Customer, wanted: Annotated[NoticeEndpoint, body(NoticeEndpoint)]
    ) -> Response:
        """Tell a browser of the caller when its flexibility is sold, and when its plant is moved.

        Notices are encrypted for the browser (RFC 8291). One that its push service does not know
        any more is forgotten. A customer has ten at most; the first one makes room.
        """
        return answer(await notices.add(principal.party_id, wanted))

    @router.delete("/notices/{endpoint_id}", **documented(status=204))
    async def delete_notices(principal: _Customer, endpoint_id: str) -> Response:
        """Tell a browser of the caller nothing more."""
        await notices.remove(principal.party_id, endpoint_id)
        return Response(status_code=204)

    return router
