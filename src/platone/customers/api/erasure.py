"""The routes of erasures: asked for by a customer or the data protection officer, and watched."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from platone.customers.domain.erasure import StoredErasure
from platone.customers.service.erasure import RequestErasure
from platone.infra.http.listing import asked_part
from platone.infra.http.security import Principal, require
from platone.infra.http.wire import answer, body, documented
from platone.infra.listing import Listed, Part
from platone.kernel.errors import NotOwner
from platone.messages.base import Role
from platone.messages.erasure import Erasure, ErasureRequest, Erasures

_ACCEPTED, _OK = 202, 200
"""HTTP statuses of a new erasure, and of one that is under way."""

_PAGE = 200
"""Most erasures in one answer, each with its contexts' parts: some 200 kB."""
_Asking = Annotated[Principal, Depends(require(Role.CUSTOMER, Role.DATA_PROTECTION_OFFICER))]
List = Callable[[Part, str | None], Awaitable[Listed[StoredErasure]]]


def erasure_routes(erasures: RequestErasure, every: List) -> APIRouter:
    """Make the routes of erasures.

    Args:
        erasures: Takes requests, and finds them.
        every: Returns a part of all erasures, or of those of one customer.
    """
    router = APIRouter(prefix="/api/scd/erasures", tags=["customers"])

    @router.post("", **documented(ErasureRequest, Erasure, status=_ACCEPTED, also={_OK: Erasure}))
    async def post_erasure(
        principal: _Asking, wanted: Annotated[ErasureRequest, body(ErasureRequest)]
    ) -> Response:
        """Erase a person's data in every context: a customer its own, the officer anyone's.

        The registrations end at once, devices are revoked, and each context erases what it keeps
        as soon as no open settlement and no law holds it up. The answer names the erasure, whose
        parts tell how far it is. Asked for again while it lasts: 200 with the same.
        """
        customer, pods = _whose(principal, wanted)
        made, is_new = await erasures(customer, pods, principal.party_id)
        return answer(_view(made, principal), _ACCEPTED if is_new else _OK)

    @router.get("", **documented(gives=Erasures))
    async def get_erasures(
        principal: _Asking, part: Annotated[Part, asked_part(_PAGE)]
    ) -> Response:
        """List all erasures to the officer, and to a customer its own, the latest first.

        Whose it was is not kept once it is done: a customer finds it by its identifier then.
        """
        sees_all = principal.has(Role.DATA_PROTECTION_OFFICER)
        found = await every(part, None if sees_all else principal.party_id)
        told = found.of(lambda made: _view(made, principal))
        return answer(Erasures(erasures=told.items, next=told.next))

    @router.get("/{erasure_id}", **documented(gives=Erasure))
    async def get_erasure(principal: _Asking, erasure_id: str) -> Response:
        """Show how far an erasure is; whoever asked for it knows its identifier."""
        return answer(_view(await erasures.find(erasure_id), principal))

    return router


def _whose(principal: Principal, wanted: ErasureRequest) -> tuple[str | None, list[str]]:
    """Return the person and the points of delivery that a caller may have erased.

    Raises:
        NotOwner: A customer names another one, or points of delivery.
    """
    if principal.has(Role.DATA_PROTECTION_OFFICER):
        return wanted.customer_id, wanted.pod_ids
    if wanted.customer_id not in {None, principal.party_id} or wanted.pod_ids:
        raise NotOwner(f"{principal.party_id} can have erased what is registered for it.")
    return principal.party_id, []


def _view(made: StoredErasure, principal: Principal) -> Erasure:
    """Return an erasure as a caller sees it: whose it is, only the officer and itself."""
    is_officer = principal.has(Role.DATA_PROTECTION_OFFICER)
    sees = is_officer or made.customer_id == principal.party_id
    return Erasure(
        id=made.id,
        state="waiting" if made.done_at is None else "done",
        requested_at=made.requested_at,
        done_at=made.done_at,
        due_at=made.due_at,
        parts=list(made.parts),
        customer_id=made.customer_id if sees else None,
        pod_ids=list(made.pod_ids) if sees else [],
    )
