"""The page of an invitation: a person gives itself a name and a password, once."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response

from platone.identity.api.authorization import in_language, refusal_page
from platone.identity.api.people import in_words
from platone.identity.domain.problem import (
    InvitationUnknown,
    PasswordTooShort,
    PersonExists,
    PersonNameInvalid,
)
from platone.identity.service.invitation import Invite
from platone.infra.http.change import Change, ChangeLog
from platone.infra.http.form import check_own_page, read_form
from platone.infra.http.problem import STATUS
from platone.infra.page.language import sentences
from platone.infra.page.render import Pages
from platone.infra.page.word import roles_in_words, short_moment
from platone.kernel.errors import PlatoneError

_LONGEST = 256
"""Longest token of a link that is looked up, characters: ours have 43."""


def join_router(invite: Invite, log: ChangeLog, pages: Pages, base_url: str) -> APIRouter:
    """Return the page of invitations, and its form.

    Args:
        invite: Finds and uses them.
        log: Records who joined.
        pages: Renders pages.
        base_url: Where the server is reached.
    """
    router = APIRouter(include_in_schema=False)

    async def page(
        request: Request, typed: Mapping[str, str], refused: PlatoneError | None = None
    ) -> Response:
        token = typed.get("invitation", "")[:_LONGEST]
        found = await invite.find(token)
        told = in_language(request)
        language = str(told["language"])
        shown = told | {
            "token": token,
            "party": found.party.party_id,
            "roles": roles_in_words(found.party.roles, language),
            "ends": short_moment(found.ends, pages.zone, language),
            "name": typed.get("name", ""),
            "refusal": refused.slug if refused is not None else "",
            "differs": typed.get("password", "") != typed.get("again", ""),
        }
        return pages.page("join.html.j2", shown, STATUS[refused.kind] if refused else 200)

    @router.get("/oauth2/join")
    async def get_page(request: Request, invitation: str = "") -> Response:
        """Show the page of an invitation."""
        try:
            return await page(request, {"invitation": invitation})
        except InvitationUnknown as refused:
            return refusal_page(pages, request, refused)

    @router.post("/oauth2/join")
    async def post_page(request: Request) -> Response:
        """Make a person of an invitation."""
        try:
            check_own_page(request, base_url)
            form = await read_form(request)
            token = form.get("invitation", "")[:_LONGEST]
            try:
                name = form.get("name", "").strip()
                person = await invite.join(token, name, new_password(form))
            except (PasswordTooShort, PersonExists, PersonNameInvalid) as refused:
                return await page(request, form, refused)
        except PlatoneError as refused:
            return refusal_page(pages, request, refused)
        told = {"party": person.party.party_id, "roles": in_words(person.party.roles)}
        made = Change(person.party.party_id, person.subject, "person", person.name, {}, told)
        await log.record(made)
        return done_page(pages, request, "welcome", "joined", person.name)

    return router


def done_page(pages: Pages, request: Request, title: str, told: str, name: str) -> Response:
    """Return the page that tells of what was done, and leads on to sign in.

    Args:
        pages: Renders it.
        request: Says in which language.
        title: Name of the sentence above.
        told: Name of the sentence below.
        name: The person's name, for the sentence above.
    """
    shown = in_language(request)
    language = sentences("platone.identity", str(shown["language"]))
    told_all = {"title": language[title].format(name=name), "told": language[told]}
    return pages.page("done.html.j2", shown | told_all)


def new_password(form: Mapping[str, str]) -> str:
    """Return the password that a form gives twice.

    Raises:
        PasswordTooShort: The two differ.
    """
    if form.get("password", "") != form.get("again", ""):
        raise PasswordTooShort("Both passwords differ.")
    return form.get("password", "")
