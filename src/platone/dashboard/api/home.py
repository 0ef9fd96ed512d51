"""A household's own pages: who reads them, in which language, and about which point of delivery."""

from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import Request, Response

from platone.dashboard.api.page import Desk
from platone.dashboard.domain.language import LANGUAGES, Reader, preferred
from platone.dashboard.service.visit import Visitor
from platone.messages.base import Role
from platone.messages.registry import PodPage

LANGUAGE = "__Host-platone-language"
"""Cookie of the language that a person chose."""
_LINK_NAMES = {"/": "overview", "/app": "title", "/money": "money", "/proof": "verify"}
"""The sentences that name the pages which households are led to."""


@dataclass(frozen=True, slots=True)
class Home:
    """A household that visits.

    Attributes:
        visitor: Who visits.
        reader: Its language and zone.
        pods: Its points of delivery.
        pod: The one that is shown; empty where it has none.
    """

    visitor: Visitor
    reader: Reader
    pods: list[str]
    pod: str


def reader_of(request: Request, zone: str) -> Reader:
    """Return who reads: in the language that was chosen, or else that of the browser."""
    header = request.headers.get("Accept-Language", "")
    language = request.cookies.get(LANGUAGE) or preferred(header)
    return Reader(language if language in LANGUAGES else "en", zone)


def is_household(visitor: Visitor) -> bool:
    """Return whether a visitor is a household and nothing else: it reads its own language."""
    return visitor.principal.roles == {Role.CUSTOMER}


def show_translated(
    desk: Desk, request: Request, template: str, visitor: Visitor, /, **shown: object
) -> Response:
    """Return a page in the language of a household that visits."""
    reader = reader_of(request, desk.zone)
    return desk.show(request, template, visitor, **_in_language(reader), reader=reader, **shown)


def _in_language(reader: Reader) -> dict[str, object]:
    told = reader.told
    return {
        "language": reader.language,
        "t": told,
        "link_names": {path: told[name] for path, name in _LINK_NAMES.items()},
    }


async def home_of(desk: Desk, request: Request, pod: str) -> Home:
    """Return the household that visits, with the point of delivery that its address names."""
    visitor = await desk.visitor(request)
    found = await visitor.calls.get("/api/scd/pods", PodPage)
    pods = [each.pod_id for each in found.pods]
    chosen = pod if pod in pods else next(iter(pods), "")
    return Home(visitor, reader_of(request, desk.zone), pods, chosen)


def show_home(desk: Desk, request: Request, template: str, home: Home, **shown: object) -> Response:
    """Return a page of the household's app, in its language."""
    return desk.show(
        request,
        template,
        home.visitor,
        **_in_language(home.reader),
        languages=LANGUAGES,
        pods=home.pods,
        pod=home.pod,
        of_pod=f"?{urlencode({'pod': home.pod})}" if len(home.pods) > 1 else "",
        **shown,
    )
