"""The common part of all pages: who visits, how it is shown, and how a refusal looks."""

import re
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute

from platone.dashboard.api.translation import in_language, is_household, reader_of
from platone.dashboard.domain.kept_page import KEPT_FOR, kept_for
from platone.dashboard.domain.navigation import Link, links_of
from platone.dashboard.domain.own_path import own_path
from platone.dashboard.domain.problem import CallRefused, FieldWrong, SignInNeeded
from platone.dashboard.domain.table_file import Columns, T, table_file
from platone.dashboard.service.visit import Visitor, Visits
from platone.infra.http.csv_cell import MEDIA_TYPE
from platone.infra.http.form import ForeignForm, check_own_page, read_form
from platone.infra.http.problem import STATUS
from platone.infra.http.security import Principal
from platone.infra.page.render import Pages
from platone.kernel.errors import Kind, PlatoneError

SESSION = "__Host-platone"
"""Cookie by which a person is known: the browser sends it to this server alone, over TLS."""
FACTOR = "/api/identity/secondFactor"
"""Where REST tells of a person's second factor, which several pages ask about."""
CASE = "__Host-platone-case"
"""Cookie of the case that an auditor looks into."""
INVALID = 422
"""The status of a form that could not be taken, and is shown as it was typed."""
_SHOWN = 200
"""The status of a page that shows what was asked for."""
_SEE_OTHER = 303
"""The status by which a browser is led on to another page."""
_GATEWAY, _SERVER_ERROR = 502, 500
"""Shown status where a context fails, which is not the page's own failure; and from where on."""

_TOO_OLD = "sign-in-too-old"
"""The problem of who changes how it signs in, and has signed in too long ago."""
_LONG = {"most_fields": 256, "most_bytes": 64 * 1024}
"""The bounds of a form in which a hundred things may be marked, by names of a hundred letters."""
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")
"""Characters that are not written into the name of a file: they could end it, or name a folder."""
_LONGEST_NAME = 150
"""Longest name of a file without its ending, characters: file systems take 255."""

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True)
class Desk:
    """The means that all pages are made with.

    Attributes:
        visits: Knows who visits.
        pages: Renders pages.
        base_url: Where the server is reached.
        zone: Zone of the site.
        version: Version of the product.
        dso: The market's own DSO.
    """

    visits: Visits
    pages: Pages
    base_url: str
    zone: str
    version: str
    dso: str

    async def visitor(self, request: Request) -> Visitor:
        """Return who visits.

        Raises:
            SignInNeeded: Nobody is signed in.
        """
        cookies = request.cookies
        return await self.visits.visitor(cookies.get(SESSION, ""), cookies.get(CASE, ""))

    async def form(self, request: Request, *, is_long: bool = False) -> dict[str, str]:
        """Return the fields of a form that one of our pages sent.

        Args:
            request: The request.
            is_long: Whether many things may be marked in it.

        Raises:
            ForeignForm: It comes from elsewhere.
            FormMalformed: It is none.
        """
        check_own_page(request, self.base_url)
        form = await (read_form(request, **_LONG) if is_long else read_form(request))
        if not self.visits.is_own_form(request.cookies.get(SESSION, ""), form.pop("csrf", "")):
            raise ForeignForm("The form is of an earlier visit: open its page anew.")
        return form

    def show(
        self, request: Request, template: str, visitor: Visitor | None, /, **shown: object
    ) -> Response:
        """Return a page, with the way to the visitor's other pages."""
        return self.show_with(_SHOWN, request, template, visitor, **shown)

    def show_with(
        self,
        status: int,
        request: Request,
        template: str,
        visitor: Visitor | None,
        /,
        **shown: object,
    ) -> Response:
        """Return a page with another status than that all is well."""
        frame = {
            "person": visitor,
            "links": self._links(visitor.principal) if visitor is not None else (),
            "path": request.url.path,
            "csrf": visitor.csrf if visitor is not None else "",
            "is_kept": bool(_whose(request, visitor)),
        }
        answer = self.pages.page(template, frame | shown, status)
        return self.keep(request, visitor, answer)

    def keep(self, request: Request, visitor: Visitor | None, answer: Response) -> Response:
        """Let a household's telephone keep what was read, to show it without a network."""
        whose = _whose(request, visitor)
        if whose and request.method == "GET" and answer.status_code == _SHOWN:
            answer.headers[KEPT_FOR] = whose
        return answer

    def _links(self, who: Principal) -> tuple[Link, ...]:
        return links_of(who.roles, is_dso=who.party_id == self.dso)

    def file(self, stem: str, columns: Columns[T], rows: Iterable[T]) -> Response:
        """Return a table as a file, which browsers keep under a name.

        Args:
            stem: Its name without the ending.
            columns: Its columns.
            rows: Its rows.
        """
        content = table_file(columns, rows, self.zone).encode()
        return self.attached(stem, "csv", content, MEDIA_TYPE)

    def attached(self, stem: str, ending: str, content: bytes, media_type: str) -> Response:
        """Return a file, which browsers keep under a name made of a stem and an ending."""
        headers = {
            "Content-Disposition": f'attachment; filename="{file_name(stem, ending)}"',
            "Cache-Control": "no-store",
        }
        return Response(content, headers=headers, media_type=media_type)


def file_name(stem: str, ending: str) -> str:
    """Return the name of a file that browsers keep, of letters that are safe in all names."""
    return f"{_NOT_IN_NAMES.sub('-', stem)[:_LONGEST_NAME].strip('-')}.{ending}"


def _whose(request: Request, visitor: Visitor | None) -> str:
    """Return for whom the page that is asked for may be kept; empty for none."""
    if visitor is None:
        return ""
    party, path = visitor.principal.party_id, request.url.path
    return kept_for(path, party, visitor.name, is_household=is_household(visitor))


def go_to(path: str, **query: str) -> Response:
    """Return an answer that leads a browser to another page of ours."""
    return RedirectResponse(f"{path}?{urlencode(query)}" if query else path, _SEE_OTHER)


def onward(form: Mapping[str, str], otherwise: str) -> Response:
    """Return an answer that leads back to the page that a form names, such as the guide's."""
    return go_to(own_path(form["then"]) if "then" in form else otherwise)


def sign_in_again(refused: CallRefused, then: str) -> Response:
    """Lead to sign in anew where only that is missing.

    Args:
        refused: Why it was not done.
        then: The page of ours to go on with.

    Raises:
        CallRefused: Something else is missing.
    """
    if refused.told_slug != _TOO_OLD:
        raise refused
    return go_to("/sign-in", then=then)


def page_route(desk: Desk) -> type[APIRoute]:
    """Return the kind of route whose refusals are pages."""

    class PageRoute(APIRoute):
        """A route that shows a page, also where it refuses."""

        def get_route_handler(self) -> Handler:
            """Return the handler, with refusals as pages."""
            handle = super().get_route_handler()

            async def shown(request: Request) -> Response:
                try:
                    return await handle(request)
                except SignInNeeded:
                    return _to_sign_in(request)
                except RequestValidationError as error:
                    where = ", ".join(str(each["loc"][-1]) for each in error.errors())
                    wrong = FieldWrong(f"The address cannot be read: {where[:200]}.")
                    return await _refusal(desk, request, wrong)
                except PlatoneError as refused:
                    return await _refusal(desk, request, refused)

            return shown

    return PageRoute


def _asked_for(request: Request) -> str:
    """Return the page that was asked for, with its query; the first one where a form was sent."""
    if request.method != "GET":
        return "/"
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{request.url.path}{query}"


def _to_sign_in(request: Request) -> Response:
    answer = go_to("/sign-in", then=_asked_for(request))
    if request.headers.get("HX-Request"):  # a part of a page cannot lead on: the page does
        answer.headers["HX-Redirect"] = answer.headers["Location"]
    return answer


async def _refusal(desk: Desk, request: Request, refused: PlatoneError) -> Response:
    try:
        visitor: Visitor | None = await desk.visitor(request)
    except PlatoneError:
        visitor = None
    status = STATUS[refused.kind]
    shown: dict[str, object] = {"title": refused.title, "slug": refused.slug}
    shown |= {"detail": refused.detail, "reasons": []}
    if isinstance(refused, CallRefused):
        status = _GATEWAY if refused.status >= _SERVER_ERROR else refused.status
        if status == STATUS[Kind.UNAUTHENTICATED]:  # the sign-in was ended elsewhere
            desk.visits.forget()
            return _to_sign_in(request)
        shown |= {"title": refused.told_title, "slug": refused.told_slug}
        shown["reasons"] = refused.reasons
    return show_refusal(desk, status, request, visitor, shown)


def show_refusal(
    desk: Desk,
    status: int,
    request: Request,
    visitor: Visitor | None,
    shown: Mapping[str, object],
) -> Response:
    """Return the page of a refusal: to a household, and to who is not known, in its language.

    Args:
        desk: What pages are made with.
        status: The status of the answer.
        request: What was asked for.
        visitor: Who visits; None where nobody is signed in.
        shown: Title, slug, detail and reasons.
    """
    reader = reader_of(request, desk.zone)
    is_foreign = visitor is None and reader.language != "en"
    if is_foreign or (visitor is not None and is_household(visitor)):
        told = in_language(reader) | dict(shown)
        return desk.show_with(status, request, "home_refusal.html.j2", visitor, **told)
    if shown["slug"] == "case-missing":
        asked = {"then": _asked_for(request), "typed": "", "reasons": ()}
        return desk.show_with(status, request, "case.html.j2", visitor, **asked)
    return desk.show_with(status, request, "refusal.html.j2", visitor, **shown)
