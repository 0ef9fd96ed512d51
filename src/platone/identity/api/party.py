"""The routes of parties, of their clients' secrets, and of the log of changes."""

from collections import Counter
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from platone.identity.api.people import in_words
from platone.identity.domain.party import Party
from platone.identity.domain.problem import PartyUnknown
from platone.identity.records.change import ChangeRecords
from platone.identity.service.invitation import check_roles
from platone.identity.service.own_people import OwnPeople
from platone.identity.service.party import ManageParties
from platone.infra.http.change import record_change
from platone.infra.http.security import Principal, caller, require
from platone.infra.http.wire import answer, body, documented
from platone.messages.base import Role
from platone.messages.people import Changes, ClientSecret, Parties, PartyOrder, PartyView

_PAGE = 200
"""Most changes in one answer."""
_NEWEST = 2**53
"""A number above all changes'."""
Caller = Annotated[Principal, Depends(caller)]
Operator = Annotated[Principal, Depends(require(Role.MARKET_OPERATOR))]
Overseer = Annotated[
    Principal,
    Depends(require(Role.MARKET_OPERATOR, Role.DATA_PROTECTION_OFFICER, Role.AUDITOR)),
]


def party_router(parties: ManageParties, people: OwnPeople) -> APIRouter:
    """Return the routes of parties."""
    router = APIRouter(prefix="/api/identity/parties", tags=["identity"])

    @router.get("", **documented(gives=Parties))
    async def get_parties(principal: Caller) -> Response:
        """List the caller's party; the market operator sees all."""
        clients = await parties.clients.of_party()
        count = Counter(each.person.party.party_id for each in await people.people.all())
        found = [
            PartyView(
                party_id=each.party_id,
                roles=list(each.roles),
                clients=clients.get(each.party_id, []),
                people=count[each.party_id],
            )
            for each in await parties.clients.parties()
            if principal.has(Role.MARKET_OPERATOR) or each.party_id == principal.party_id
        ]
        return answer(Parties(parties=found))

    @router.post("", **documented(PartyOrder, status=204))
    async def post_party(
        request: Request, principal: Operator, wanted: Annotated[PartyOrder, body(PartyOrder)]
    ) -> Response:
        """Add a party, for which people can be invited then; the same again changes nothing."""
        party = Party(wanted.party_id, tuple(dict.fromkeys(wanted.roles)))
        if await parties.add(party):
            told = {"roles": in_words(party.roles)}
            await record_change(request, principal, ("party", party.party_id), {}, told)
        return Response(status_code=204)

    @router.delete("/{party_id}", **documented(status=204))
    async def delete_party(request: Request, principal: Operator, party_id: str) -> Response:
        """Remove a party with its clients and people; what it did stays on record."""
        gone = await parties.remove(party_id, principal.party_id)
        told = {"roles": in_words(gone.roles)}
        await record_change(request, principal, ("party", party_id), told)
        return Response(status_code=204)

    return router


def secret_router(parties: ManageParties) -> APIRouter:
    """Return the route of clients' secrets."""
    router = APIRouter(tags=["identity"])

    @router.post("/api/identity/clients/{client_id}/secret", **documented(gives=ClientSecret))
    async def post_secret(request: Request, principal: Caller, client_id: str) -> Response:
        """Make the secret of the caller's party's client anew; the one before is void at once.

        The client is named as its party; one that is not there yet is made. Whoever asks has all
        roles of the party.
        """
        if client_id != principal.party_id:
            raise PartyUnknown(f"You have no client {client_id[:60]}.")
        party = await parties.find(principal.party_id)
        check_roles(party, list(party.roles), principal)
        secret = await parties.new_secret(party)
        now = {"secret": "made anew"}
        await record_change(request, principal, ("clientSecret", client_id), {}, now)
        made = answer(ClientSecret(client_id=client_id, client_secret=secret))
        made.headers["Cache-Control"] = "no-store"
        return made

    return router


def change_router(changes: ChangeRecords) -> APIRouter:
    """Return the route of the log of changes."""
    router = APIRouter(tags=["identity"])

    @router.get("/api/identity/changes", **documented(gives=Changes))
    async def get_changes(
        _principal: Overseer,
        kind: Annotated[str | None, Query(max_length=40)] = None,
        before: Annotated[int, Query(ge=1, le=_NEWEST)] = _NEWEST,
        limit: Annotated[int, Query(ge=1, le=_PAGE)] = _PAGE,
    ) -> Response:
        """Tell who changed what, from what to what, the newest first."""
        return answer(Changes(changes=await changes.select(kind, before, limit)))

    return router
