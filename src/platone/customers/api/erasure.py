"""The routes of erasures: asked for by a customer or the data protection officer, and watched."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from platone.customers.domain.erasure import StoredErasure
from platone.customers.service.erasure import RequestErasure
from platone.infra.http.security import Principal, require
from platone.infra.http.wire import answer, body, documented
from platone.kernel.errors import NotOwner
from platone.messages.base import Role
from platone.messages.erasure import Erasure, ErasureRequest, Erasures

_ACCEPTED, _OK = 202, 200
"""HTTP statuses of a new erasure, and of one that is under way."""

_Asking = Annotated[Principal, Depends(require(Role.CUSTOMER, Role.DATA_PROTECTION_OFFICER))]
_Officer = Annotated[Principal, Depends(require(Role.DATA_PROTECTION_OFFICER))]
List = Callable[[], Awaitable[Sequence[StoredErasure]]]


def erasure_routes(erasures: RequestErasure, every: List) -> APIRouter:
    """Make the routes of erasures.

    Args:
        erasures: Takes requests, and finds them.
        every: Returns all erasures.
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
        return answer(_view(made), _ACCEPTED if is_new else _OK)

    @router.get("", **documented(gives=Erasures))
    async def get_erasures(_principal: _Officer) -> Response:
        """List all erasures, the latest first."""
        return answer(Erasures(erasures=[_view(each) for each in await every()]))

    @router.get("/{erasure_id}", **documented(gives=Erasure))
    async def get_erasure(_principal: _Asking, erasure_id: str) -> Response:
        """Show how far an erasure is; whoever asked for it knows its identifier."""
        return answer(_view(await erasures.find(erasure_id)))

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


def _view(made: StoredErasure) -> Erasure:
    return Erasure(
        id=made.id,
        state="waiting" if made.done_at is None else "done",
        requested_at=made.requested_at,
        done_at=made.done_at,
        parts=list(made.parts),
    )
