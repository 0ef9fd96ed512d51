"""The routes by which who runs a server adds and removes parties, /api/identity/parties."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from platone.identity.service.parties import ManageParties
from platone.infra.http.problem import tells
from platone.infra.http.security import Principal, require
from platone.infra.http.wire import answer, body, documented
from platone.kernel.errors import NotOwner
from platone.messages.base import Role
from platone.messages.identity import ClientCredentials, PartyOrder, PartyPage, PartyView

_RUNNING = require(
    Role.MARKET_OPERATOR,
    Role.SYSTEM_OPERATOR,
    Role.METERED_DATA_ADMINISTRATOR,
    Role.FLEXIBILITY_SERVICE_PROVIDER,
)
"""A caller with a role of those who may run a server."""


def party_router(manage: ManageParties, administrator: str) -> APIRouter:
    """Make the routes of a server's parties.

    Args:
        manage: Adds and removes them.
        administrator: The party that runs the server, and may do so.
    """
    router = APIRouter(tags=["identity"])

    @tells(NotOwner)
    async def check(principal: Annotated[Principal, Depends(_RUNNING)]) -> None:
        if principal.party_id != administrator:
            raise NotOwner(f"Only {administrator}, who runs this server, may do this.")

    only_administrator = [Depends(check)]

    @router.get(
        "/api/identity/parties", dependencies=only_administrator, **documented(gives=PartyPage)
    )
    async def get_parties() -> Response:
        """List the parties that are at home here, and their roles."""
        found = await manage.all()
        shown = [PartyView(party_id=each.party_id, roles=list(each.roles)) for each in found]
        return answer(PartyPage(parties=shown))

    @router.post(
        "/api/identity/parties",
        dependencies=only_administrator,
        **documented(PartyOrder, ClientCredentials, status=201),
    )
    async def post_party(order: Annotated[PartyOrder, body(PartyOrder)]) -> Response:
        """Add a party, and tell its client's secret, which nobody can read again.

        Partners take its tokens once they have a file that tells of it (`platone partner export`).
        """
        return answer(await manage.add(order.party_id, tuple(order.roles)), 201)

    @router.post(
        "/api/identity/parties/{party_id}/secret",
        dependencies=only_administrator,
        **documented(gives=ClientCredentials, status=201),
    )
    async def post_secret(party_id: str) -> Response:
        """Give a party's client a new secret, told here only; the old one is void at once."""
        return answer(await manage.rotate(party_id), 201)

    @router.delete(
        "/api/identity/parties/{party_id}",
        dependencies=only_administrator,
        **documented(status=204),
    )
    async def delete_party(party_id: str) -> Response:
        """Remove a party with its client and people; its last token ends within minutes."""
        await manage.remove(party_id)
        return Response(status_code=204)

    return router
