"""The routes of a person's own sign-ins, /api/identity/signIns, and the end of one by its token."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from platone.identity.domain.person import SignedIn, person_of
from platone.identity.domain.problem import SignInUnknown
from platone.identity.records.sign_in import SignInRecords
from platone.infra.http.listing import asked_part
from platone.infra.http.security import Principal, caller
from platone.infra.http.wire import answer, documented
from platone.infra.listing import Part
from platone.messages.identity import SignIns, SignInView

_PAGE = 200
"""Most sign-ins in one answer: some 50 kB."""


def sign_in_router(sign_ins: SignInRecords) -> APIRouter:
    """Make the routes by which people see and end their sign-ins."""
    router = APIRouter(tags=["identity"])

    @router.get("/api/identity/signIns", **documented(gives=SignIns))
    async def get_sign_ins(
        principal: Annotated[Principal, Depends(caller)], part: Annotated[Part, asked_part(_PAGE)]
    ) -> Response:
        """List where the caller is signed in; a client that is no person has no sign-ins."""
        found = await sign_ins.of_person(person_of(principal.client_id), part)
        shown = found.of(lambda each: _view(each, principal.sign_in_id))
        return answer(SignIns(sign_ins=shown.items, next=found.next))

    @router.delete("/api/identity/signIns", **documented(status=204))
    async def delete_sign_ins(
        principal: Annotated[Principal, Depends(caller)],
        others: bool = False,  # noqa: FBT001, FBT002 - a parameter of the address
    ) -> Response:
        """End all sign-ins of the caller, or all but the one that this call is made by."""
        keeps = principal.sign_in_id if others else ""
        await sign_ins.end_all(person_of(principal.client_id), keeps)
        return Response(status_code=204)

    @router.delete("/api/identity/signIns/{sign_in_id}", **documented(status=204))
    async def delete_sign_in(
        principal: Annotated[Principal, Depends(caller)], sign_in_id: str
    ) -> Response:
        """End a sign-in of the caller: it gives no more tokens; its last one ends in minutes."""
        if not await sign_ins.end(person_of(principal.client_id), sign_in_id):
            raise SignInUnknown(f"There is no sign-in {sign_in_id} of the caller.")
        return Response(status_code=204)

    return router


def _view(found: SignedIn, current: str) -> SignInView:
    return SignInView(
        id=found.id,
        began=found.began,
        used=found.used,
        ends=found.ends,
        agent=found.agent,
        is_current=found.id == current,
    )
