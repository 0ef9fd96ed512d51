"""The route of auditors' accesses, GET /api/identity/accesses."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from platone.identity.domain.access import RecordedAccess
from platone.infra.http.security import Principal, require
from platone.infra.http.wire import answer, documented
from platone.messages.access import Accesses, AccessView
from platone.messages.base import Role

_PAGE = 1000
"""Most accesses in one answer: some 200 kB of JSON."""

_reader = require(Role.DATA_PROTECTION_OFFICER, Role.MARKET_OPERATOR, Role.AUDITOR)
Select = Callable[[str | None, str | None, int, int], Awaitable[Sequence[RecordedAccess]]]


def access_router(select: Select) -> APIRouter:
    """Make the route of accesses.

    Args:
        select: Returns accesses of a party and a case, after a number, so many at most.
    """
    router = APIRouter(tags=["identity"])

    @router.get("/api/identity/accesses", **documented(gives=Accesses))
    async def get_accesses(
        principal: Annotated[Principal, Depends(_reader)],
        case: Annotated[str | None, Query(max_length=100)] = None,
        after: Annotated[int, Query(ge=0, le=2**62)] = 0,
        limit: Annotated[int, Query(ge=1, le=_PAGE)] = _PAGE,
    ) -> Response:
        """List what auditors read, and for which case; an auditor sees its own accesses."""
        sees_all = principal.has(Role.DATA_PROTECTION_OFFICER, Role.MARKET_OPERATOR)
        found = await select(None if sees_all else principal.party_id, case, after, limit)
        return answer(Accesses(accesses=[_view(each) for each in found]))

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
