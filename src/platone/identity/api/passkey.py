"""The routes of a person's own passkeys, /api/identity/passkeys."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from platone.identity.domain.passkey import Passkey
from platone.identity.domain.person import person_of
from platone.identity.service.passkeys import Passkeys
from platone.infra.http.change import record_change
from platone.infra.http.security import Principal, caller
from platone.infra.http.wire import answer, body, documented
from platone.messages.passkey import PasskeyOrder, PasskeyQuestion, PasskeyView
from platone.messages.passkey import Passkeys as PasskeyList

_CREATED = 201
"""HTTP status of a passkey that was added."""
Caller = Annotated[Principal, Depends(caller)]


def passkey_router(passkeys: Passkeys) -> APIRouter:
    """Make the routes by which people see, add and remove their passkeys.

    Args:
        passkeys: The people's passkeys.
    """
    router = APIRouter(prefix="/api/identity/passkeys", tags=["identity"])

    @router.get("", **documented(gives=PasskeyList))
    async def get_passkeys(principal: Caller) -> Response:
        """List the caller's passkeys, and whether one is to be offered."""
        found = await passkeys.seen(principal)
        told = PasskeyList(
            passkeys=[_view(each) for each in found],
            is_possible=await passkeys.is_possible(principal),
            is_offered=await passkeys.is_offered(principal),
        )
        return answer(told)

    @router.post("/question", **documented(gives=PasskeyQuestion))
    async def post_question(principal: Caller) -> Response:
        """Ask for a new passkey of the caller, who has signed in within the last ten minutes."""
        return answer(PasskeyQuestion(public_key=await passkeys.options(principal)))

    @router.post("", **documented(PasskeyOrder, PasskeyView, status=_CREATED))
    async def post_passkey(
        request: Request, principal: Caller, made: Annotated[PasskeyOrder, body(PasskeyOrder)]
    ) -> Response:
        """Add the passkey that a device has made for the question; it stands for both factors."""
        added = await passkeys.add(principal, made)
        await _record(request, principal, {}, {"device": added.agent})
        return answer(_view(added), _CREATED)

    @router.delete("/{passkey_id}", **documented(status=204))
    async def delete_passkey(request: Request, principal: Caller, passkey_id: str) -> Response:
        """Remove a passkey of the caller: it lets nobody in any more."""
        gone = await passkeys.remove(principal, passkey_id)
        await _record(request, principal, {"device": gone.agent}, {})
        return Response(status_code=204)

    return router


async def _record(
    request: Request, principal: Principal, before: dict[str, str], after: dict[str, str]
) -> None:
    name = person_of(principal.client_id)
    await record_change(request, principal, ("passkey", name), before, after)


def _view(found: Passkey) -> PasskeyView:
    return PasskeyView(id=found.id, agent=found.agent, made=found.made, used=found.used)
