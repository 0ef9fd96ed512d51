"""The routes of people and of invitations."""

from collections.abc import Iterable
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response

from platone.identity.domain.invitation import Invitation
from platone.identity.domain.person import RegisteredPerson
from platone.identity.service.invitation import Invite
from platone.identity.service.own_people import OwnPeople
from platone.infra.http.change import record_change
from platone.infra.http.listing import asked_part
from platone.infra.http.security import Principal, caller
from platone.infra.http.wire import answer, body, documented
from platone.infra.listing import Part
from platone.messages.base import Role
from platone.messages.people import (
    InvitationOrder,
    Invitations,
    InvitationView,
    People,
    PersonChange,
    PersonView,
)

_CREATED = 201
"""HTTP status of an invitation that was made."""
_PAGE = 200
"""Most people or invitations in one answer: some 40 kB."""
Caller = Annotated[Principal, Depends(caller)]


def people_router(people: OwnPeople) -> APIRouter:
    """Return the routes of people."""
    router = APIRouter(prefix="/api/identity/people", tags=["identity"])

    @router.get("", **documented(gives=People))
    async def get_people(principal: Caller, part: Annotated[Part, asked_part(_PAGE)]) -> Response:
        """List the people of the caller's party; who runs the server sees all."""
        found = await people.seen(principal, part)
        return answer(People(people=found.of(_person).items, next=found.next))

    @router.put("/{name}", **documented(PersonChange, status=204))
    async def put_person(
        request: Request,
        principal: Caller,
        name: str,
        wanted: Annotated[PersonChange, body(PersonChange)],
    ) -> Response:
        """Give a person of the caller's party other roles; where it is signed in, that ends."""
        was = await people.change_roles(principal, name, wanted.roles)
        now = {"roles": in_words(wanted.roles)}
        await record_change(request, principal, ("person", name), _told(was), _told(was) | now)
        return Response(status_code=204)

    @router.delete("/{name}", **documented(status=204))
    async def delete_person(request: Request, principal: Caller, name: str) -> Response:
        """Remove a person of the caller's party; who runs the server removes anyone."""
        was = await people.remove(principal, name)
        await record_change(request, principal, ("person", name), _told(was))
        return Response(status_code=204)

    return router


def invitation_router(invite: Invite, base_url: str) -> APIRouter:
    """Return the routes of invitations.

    Args:
        invite: Makes and withdraws them.
        base_url: Where the server is reached.
    """
    router = APIRouter(prefix="/api/identity/invitations", tags=["identity"])

    @router.get("", **documented(gives=Invitations))
    async def get_invitations(
        principal: Caller, part: Annotated[Part, asked_part(_PAGE)]
    ) -> Response:
        """List invitations to the caller's party that wait; who runs the server sees all."""
        found = await invite.seen(principal, part)
        return answer(Invitations(invitations=found.of(_invitation).items, next=found.next))

    @router.post("", **documented(InvitationOrder, InvitationView, status=_CREATED))
    async def post_invitation(
        request: Request,
        principal: Caller,
        wanted: Annotated[InvitationOrder, body(InvitationOrder)],
    ) -> Response:
        """Invite a person: `link` is the address where it gives itself a name and a password, once.

        It lasts three days. A party's people invite its others; who runs the server invites
        the first one of each.
        """
        made, token = await invite.make(principal, wanted.party_id, wanted.roles)
        await record_change(request, principal, ("invitation", made.id), {}, _offered(made))
        link = f"{base_url}/oauth2/join?{urlencode({'invitation': token})}"
        return answer(_invitation(made, link), _CREATED)

    @router.delete("/{invitation_id}", **documented(status=204))
    async def delete_invitation(
        request: Request, principal: Caller, invitation_id: str
    ) -> Response:
        """Withdraw an invitation: its link leads nowhere."""
        gone = await invite.withdraw(principal, invitation_id)
        await record_change(request, principal, ("invitation", gone.id), _offered(gone))
        return Response(status_code=204)

    return router


def in_words(roles: Iterable[Role]) -> str:
    """Return roles as the log of changes tells them."""
    return ", ".join(sorted(role.value for role in roles))


def _told(found: RegisteredPerson) -> dict[str, str]:
    party = found.person.party
    return {"party": party.party_id, "roles": in_words(party.roles)}


def _offered(made: Invitation) -> dict[str, str]:
    return {"party": made.party.party_id, "roles": in_words(made.party.roles)}


def _person(found: RegisteredPerson) -> PersonView:
    party = found.person.party
    return PersonView(
        name=found.person.name,
        party_id=party.party_id,
        roles=list(party.roles),
        has_second_factor=bool(found.second_factor),
        for_development=found.is_for_development,
    )


def _invitation(made: Invitation, link: str | None = None) -> InvitationView:
    return InvitationView(
        id=made.id,
        party_id=made.party.party_id,
        roles=list(made.party.roles),
        made_by=made.made_by,
        ends=made.ends,
        link=link,
    )
