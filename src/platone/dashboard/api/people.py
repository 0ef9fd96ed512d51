"""Pages of people: invited, changed and removed, parties and secrets, and what was changed."""

from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.home import show_by_reader
from platone.dashboard.api.page import INVALID, Desk, go_to
from platone.dashboard.domain.change_text import KINDS, told
from platone.dashboard.domain.money_form import message_of
from platone.dashboard.domain.problem import CallRefused, FieldWrong, slug_of, to_mend
from platone.dashboard.service.visit import Visitor
from platone.kernel.errors import PlatoneError
from platone.messages.base import Role
from platone.messages.identity import ClientCredentials
from platone.messages.people import (
    Changes,
    InvitationOrder,
    Invitations,
    InvitationView,
    Parties,
    PartyOrder,
    People,
    PersonChange,
)

_IDENTITY = "/api/identity"
_ROLES = tuple(role.value for role in Role)


def people_pages(router: APIRouter, desk: Desk) -> None:
    """Add the pages of people and of changes."""
    _inviting(router, desk)
    _changing(router, desk)

    @router.get("/people")
    async def get_people(request: Request) -> Response:
        """Show the people of the visitor's party; to the market operator those of all."""
        return await _page(desk, request, await desk.visitor(request))

    @router.get("/changes")
    async def get_changes(request: Request, kind: str = "", after: str = "") -> Response:
        """Tell who changed what, from what to what."""
        visitor = await desk.visitor(request)
        query = {"after": after} | ({"kind": kind} if kind else {})
        found = await visitor.calls.get(f"{_IDENTITY}/changes", Changes, query)
        rows = [told(each) for each in found.changes]
        return desk.show(
            request,
            "changes.html.j2",
            visitor,
            rows=rows,
            kind=kind,
            kinds=KINDS,
            further=found.next,
        )


def _inviting(router: APIRouter, desk: Desk) -> None:
    @router.post("/people/invite")
    async def post_invitation(request: Request) -> Response:
        """Invite a person, and show the link, once."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        try:
            wanted = {"partyId": form.get("party", ""), "roles": _roles(form)}
            order = message_of(InvitationOrder, wanted)
            made = await visitor.calls.make(f"{_IDENTITY}/invitations", InvitationView, order)
        except (CallRefused, FieldWrong) as refused:
            return await _page(desk, request, visitor, form, refused=refused)
        return await _page(desk, request, visitor, made=made)

    @router.post("/people/withdraw")
    async def post_withdrawal(request: Request) -> Response:
        """Withdraw an invitation."""
        return await _removed(desk, request, "invitations", "id")

    @router.post("/people/secret")
    async def post_secret(request: Request) -> Response:
        """Make the secret of the party's client anew, and show it, once."""
        await desk.form(request)
        visitor = await desk.visitor(request)
        path = f"{_IDENTITY}/parties/{quote(visitor.principal.party_id, safe='')}/secret"
        secret = await visitor.calls.make(path, ClientCredentials)
        return await _page(desk, request, visitor, secret=secret)


def _changing(router: APIRouter, desk: Desk) -> None:
    @router.post("/people/roles")
    async def post_roles(request: Request) -> Response:
        """Give a person other roles."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        path = f"{_IDENTITY}/people/{quote(form.get('name', ''), safe='')}"
        try:
            wanted = message_of(PersonChange, {"roles": _roles(form)})
            await visitor.calls.send("PUT", path, wanted)
        except (CallRefused, FieldWrong) as refused:
            return await _page(desk, request, visitor, refused=refused)
        return go_to("/people")

    @router.post("/people/remove")
    async def post_removal(request: Request) -> Response:
        """Remove a person."""
        return await _removed(desk, request, "people", "name")

    @router.post("/people/party")
    async def post_party(request: Request) -> Response:
        """Add a party, and show its client's secret, once."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        try:
            wanted = {"partyId": form.get("party", "").strip(), "roles": _roles(form)}
            order = message_of(PartyOrder, wanted)
            secret = await visitor.calls.make(f"{_IDENTITY}/parties", ClientCredentials, order)
        except (CallRefused, FieldWrong) as refused:
            return await _page(desk, request, visitor, form, refused=refused)
        return await _page(desk, request, visitor, secret=secret)

    @router.post("/people/party/remove")
    async def post_party_removal(request: Request) -> Response:
        """Remove a party with its people and its client."""
        return await _removed(desk, request, "parties", "party")


async def _removed(desk: Desk, request: Request, things: str, field: str) -> Response:
    form = await desk.form(request)
    visitor = await desk.visitor(request)
    path = f"{_IDENTITY}/{things}/{quote(form.get(field, ''), safe='')}"
    try:
        await visitor.calls.send("DELETE", path)
    except CallRefused as refused:
        return await _page(desk, request, visitor, refused=refused)
    desk.visits.forget()  # whose sign-in has ended is seen at once
    return go_to("/people")


def _roles(form: dict[str, str]) -> list[str]:
    return [role for role in _ROLES if f"role-{role}" in form]


async def _page(
    desk: Desk,
    request: Request,
    visitor: Visitor,
    typed: dict[str, str] | None = None,
    *,
    refused: PlatoneError | None = None,
    made: InvitationView | None = None,
    secret: ClientCredentials | None = None,
) -> Response:
    reasons = to_mend(refused) if refused else []
    people = await visitor.calls.get(f"{_IDENTITY}/people", People)
    parties = await visitor.calls.get(f"{_IDENTITY}/parties", Parties)
    waiting = await visitor.calls.get(f"{_IDENTITY}/invitations", Invitations)
    own = visitor.principal.party_id
    return show_by_reader(
        INVALID if reasons else 200,
        desk,
        request,
        "people.html.j2",
        visitor,
        people=people.people,
        parties=parties.parties,
        invitations=waiting.invitations,
        own=own,
        own_roles=sorted(role.value for role in visitor.principal.roles),
        invites_for=[each for each in parties.parties if each.party_id == own or not each.people],
        is_development=any(each.for_development for each in people.people),
        may_add=parties.may_add,
        all_roles=_ROLES,
        made=made,
        secret=secret,
        typed=typed or {},
        reasons=reasons,
        slug=slug_of(refused) if refused else "",
    )
