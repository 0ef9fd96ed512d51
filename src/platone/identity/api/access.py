"""The route of auditors' accesses, GET /api/identity/accesses."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from platone.identity.domain.access import RecordedAccess
from platone.infra.http.listing import asked_part
from platone.infra.http.security import Principal, require
from platone.infra.http.wire import answer, documented
from platone.infra.listing import Listed, Part
from platone.messages.access import Accesses, AccessView
from platone.messages.base import Role

_PAGE = 1000
"""Most accesses in one answer: some 200 kB of JSON."""

_reader = require(Role.DATA_PROTECTION_OFFICER, Role.MARKET_OPERATOR, Role.AUDITOR)
Select = Callable[[str | None, str | None, Part], Awaitable[Listed[RecordedAccess]]]


def access_router(select: Select) -> APIRouter:
    """Make the route of accesses.

    Args:
        select: Returns accesses of a party and a case.
    """
    router = APIRouter(tags=["identity"])

    @router.get("/api/identity/accesses", **documented(gives=Accesses))
    async def get_accesses(
        principal: Annotated[Principal, Depends(_reader)],
        part: Annotated[Part, asked_part(_PAGE)],
        case: Annotated[str | None, Query(max_length=100)] = None,
    ) -> Response:
        """List what auditors read, and for which case; an auditor sees its own accesses."""
        sees_all = principal.has(Role.DATA_PROTECTION_OFFICER, Role.MARKET_OPERATOR)
        found = await select(None if sees_all else principal.party_id, case, part)
        return answer(Accesses(accesses=found.of(_view).items, next=found.next))

    return router


def _view(access: RecordedAccess) -> AccessView:
    return AccessView(
        number=access.number,
        at=access.at,
        party_id=access.party_id,
        client_id=access.client_id,
        case=access.case,
        call=access.call,
    )
