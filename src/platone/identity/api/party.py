"""The routes of parties, of their clients' secrets, and of the log of changes."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from platone.identity.api.people import in_words
from platone.identity.domain.person import person_of
from platone.identity.records.change import ChangeRecords
from platone.identity.service.invitation import check_roles
from platone.identity.service.own_people import OwnPeople
from platone.identity.service.parties import ManageParties
from platone.infra.http.change import record_change
from platone.infra.http.listing import asked_part
from platone.infra.http.problem import tells
from platone.infra.http.security import Principal, caller, require
from platone.infra.http.wire import answer, body, documented
from platone.infra.listing import Part
from platone.kernel.errors import NotOwner
from platone.messages.base import Role
from platone.messages.identity import ClientCredentials
from platone.messages.people import Changes, Parties, PartyOrder, PartyView

_PAGE = 200
"""Most changes or parties in one answer: some 100 kB."""
_OWN_SHOWN = 20
"""Most changes that a person is told about itself: what a page shows at once."""
_NEWEST = 2**53
"""A number above all changes'."""
Caller = Annotated[Principal, Depends(caller)]
_RUNNERS = (
    Role.MARKET_OPERATOR,
    Role.SYSTEM_OPERATOR,
    Role.METERED_DATA_ADMINISTRATOR,
    Role.FLEXIBILITY_SERVICE_PROVIDER,
)
"""The roles of those who may run a server."""
Running = Annotated[Principal, Depends(require(*_RUNNERS))]
"""A caller who may run a server."""
Overseeing = Annotated[
    Principal,
    Depends(require(*_RUNNERS, Role.DATA_PROTECTION_OFFICER, Role.AUDITOR)),
]
"""A caller who oversees, or may run a server."""


def party_router(people: OwnPeople, administrator: str) -> APIRouter:
    """Make the routes of a server's parties.

    Args:
        people: The people of the parties, and the parties.
        administrator: The party that runs the server, and adds and removes others.
    """
    router = APIRouter(prefix="/api/identity/parties", tags=["identity"])
    _administering(router, people.parties, administrator)
    _own_party(router, people, administrator)
    return router


def _own_party(router: APIRouter, people: OwnPeople, administrator: str) -> None:
    """Add what every party may ask about itself, and who runs the server about all."""
    parties = people.parties

    @router.get("", **documented(gives=Parties))
    async def get_parties(principal: Caller, part: Annotated[Part, asked_part(_PAGE)]) -> Response:
        """List the caller's party; who runs the server sees all that are at home here."""
        is_administrator = principal.party_id == administrator
        runs_server = is_administrator and principal.has(*_RUNNERS)
        seen = None if is_administrator else principal.party_id
        found = await parties.clients.listed(seen, part)
        names = [each.party_id for each in found.items]
        clients = await parties.clients.of_parties(names)
        count = await people.people.numbers(names)
        shown = [
            PartyView(
                party_id=each.party_id,
                roles=list(each.roles),
                clients=clients.get(each.party_id, []),
                people=count.get(each.party_id, 0),
                may_be_removed=runs_server and parties.may_remove(each.party_id),
            )
            for each in found.items
        ]
        return answer(Parties(parties=shown, may_add=runs_server, next=found.next))

    @router.post("/{party_id}/secret", **documented(gives=ClientCredentials, status=201))
    async def post_secret(request: Request, principal: Caller, party_id: str) -> Response:
        """Give a party's client a new secret, told here only; the old one is void at once.

        A token that the old one has got before reads and sends until its end, up to ten minutes,
        but makes no secret, person, party or certificate. A party asks for its own, by somebody who
        has all its roles; who runs the server for any.
        """
        party = await people.party_of(principal, party_id)
        if principal.party_id != administrator:
            check_roles(party, list(party.roles), principal)
        made = await parties.rotate(party_id)
        now = {"secret": "made anew"}
        await record_change(request, principal, ("clientSecret", party_id), {}, now)
        return _secret(made)


def _administering(router: APIRouter, parties: ManageParties, administrator: str) -> None:
    """Add what only the party may do that runs the server."""

    @tells(NotOwner)
    async def running(principal: Running) -> Principal:
        if principal.party_id != administrator:
            raise NotOwner(f"Only {administrator}, who runs this server, may do this.")
        return principal

    Administrator = Annotated[Principal, Depends(running)]  # noqa: N806 - a type

    @router.post("", **documented(PartyOrder, ClientCredentials, status=201))
    async def post_party(
        request: Request, principal: Administrator, wanted: Annotated[PartyOrder, body(PartyOrder)]
    ) -> Response:
        """Add a party, and tell its client's secret, which nobody can read again.

        Its people can be invited then. Partners take its tokens once they have a file that tells
        of it (`platone partner export`).
        """
        made = await parties.add(wanted.party_id, tuple(wanted.roles))
        told = {"roles": in_words(wanted.roles)}
        await record_change(request, principal, ("party", wanted.party_id), {}, told)
        return _secret(made)

    @router.delete("/{party_id}", **documented(status=204))
    async def delete_party(request: Request, principal: Administrator, party_id: str) -> Response:
        """Remove a party with its client and people; its last token ends within minutes.

        What it did stays on record.
        """
        gone = await parties.remove(party_id)
        told = {"roles": in_words(gone.roles)}
        await record_change(request, principal, ("party", party_id), told)
        return Response(status_code=204)


def _secret(made: ClientCredentials) -> Response:
    response = answer(made, 201)
    response.headers["Cache-Control"] = "no-store"
    return response


def change_router(changes: ChangeRecords, administrator: str) -> APIRouter:
    """Return the route of the log of changes.

    Args:
        changes: The log.
        administrator: The party that runs the server, and reads it beside those who oversee.
    """
    router = APIRouter(tags=["identity"])

    @tells(NotOwner)
    async def overseeing(principal: Overseeing) -> Principal:
        is_overseer = principal.has(Role.DATA_PROTECTION_OFFICER) or principal.has(Role.AUDITOR)
        if principal.party_id != administrator and not is_overseer:
            raise NotOwner(
                f"Only {administrator}, who runs this server, and overseers may do this."
            )
        return principal

    @router.get("/api/identity/changes", **documented(gives=Changes))
    async def get_changes(
        _principal: Annotated[Principal, Depends(overseeing)],
        part: Annotated[Part, asked_part(_PAGE)],
        kind: Annotated[str | None, Query(max_length=40)] = None,
        before: Annotated[int, Query(ge=1, le=_NEWEST)] = _NEWEST,
    ) -> Response:
        """Tell who changed what, from what to what, the newest first."""
        found = await changes.select(kind, before, part)
        return answer(Changes(changes=found.items, next=found.next))

    @router.get("/api/identity/ownChanges", **documented(gives=Changes))
    async def get_own_changes(
        principal: Annotated[Principal, Depends(caller)],
        part: Annotated[Part, asked_part(_OWN_SHOWN)],
    ) -> Response:
        """Tell a person who changed what about its roles and how it signs in, the newest first."""
        found = await changes.about_person(person_of(principal.client_id), part)
        return answer(Changes(changes=found.items, next=found.next))

    return router
