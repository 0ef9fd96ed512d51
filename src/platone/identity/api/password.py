"""The page on which a person changes its own password, by the one before."""

from collections.abc import Callable, Mapping

from fastapi import APIRouter, Request, Response

from platone.identity.api.authorization import (
    in_language,
    origin_of,
    refusal_page,
    typed_code,
)
from platone.identity.api.join import done_page, new_password
from platone.identity.domain.problem import (
    PasswordTooShort,
    SignInRefused,
    TooManyFailures,
)
from platone.identity.service.guess_limit import Claim
from platone.identity.service.own_password import ChangeOwnPassword
from platone.infra.http.change import Change, ChangeLog
from platone.infra.http.form import check_own_page, read_form
from platone.infra.http.problem import STATUS
from platone.infra.page.render import Pages
from platone.kernel.errors import PlatoneError

_PAGE = "/oauth2/password"


def password_router(
    change: ChangeOwnPassword,
    log: ChangeLog,
    pages: Pages,
    base_url: str,
    on_ended: Callable[[], None],
) -> APIRouter:
    """Return the page of passwords, and its form.

    It asks who it is itself, so that a password is typed at identity's own pages only.

    Args:
        change: Changes a password.
        log: Records that it was changed.
        pages: Renders pages.
        base_url: Where the server is reached.
        on_ended: Called when sign-ins have ended.
    """
    router = APIRouter(include_in_schema=False)

    def page(
        request: Request, typed: Mapping[str, str], refused: PlatoneError | None = None
    ) -> Response:
        shown = in_language(request) | {
            "name": typed.get("name", "")[:100],
            "refusal": refused.slug if refused is not None else "",
            "differs": typed.get("password", "") != typed.get("again", ""),
            "is_same": typed.get("password", "") == typed.get("present", ""),
        }
        made = pages.page("password.html.j2", shown, STATUS[refused.kind] if refused else 200)
        if isinstance(refused, TooManyFailures):
            made.headers["Retry-After"] = str(refused.wait_s)
        return made

    @router.get(_PAGE)
    async def get_page(request: Request, name: str = "") -> Response:
        """Show the page on which a password is changed."""
        return page(request, {"name": name, "password": "", "present": "none"})

    @router.post(_PAGE)
    async def post_page(request: Request) -> Response:
        """Change a password; all sign-ins of the person end."""
        try:
            check_own_page(request, base_url)
            form = await read_form(request)
        except PlatoneError as refused:
            return refusal_page(pages, request, refused)
        claim = Claim(form.get("name", "").strip(), form.get("present", ""), origin_of(request))
        try:
            person = await change(claim, typed_code(form), new_password(form))
        except (PasswordTooShort, SignInRefused, TooManyFailures) as refused:
            return page(request, form, refused)
        on_ended()
        before, after = {"password": "the one before"}, {"password": "a new one"}
        party = person.party.party_id
        await log.record(Change(party, person.subject, "password", person.name, before, after))
        return done_page(pages, request, "password_changed", "signed_out_everywhere", person.name)

    return router
