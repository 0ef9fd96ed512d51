"""A household's own pages: who reads them, in which language, and about which point of delivery."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from fastapi import Request, Response

from platone.dashboard.api.page import Desk, go_to
from platone.dashboard.api.translation import in_language, is_household, reader_of
from platone.dashboard.domain.language import Reader
from platone.dashboard.service.visit import Visitor
from platone.infra.page.language import LANGUAGES
from platone.messages.registry import PodPage, PointOfDelivery


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


async def go_home(visitor: Visitor, path: str, pod: str, **asked: str) -> Response:
    """Lead a household to its own page about a point of delivery, which is in its language.

    Args:
        visitor: The household.
        path: Its own page.
        pod: The point of delivery; one that it does not see is refused.
        asked: What else was asked for; what is empty is left out.
    """
    await visitor.calls.get(f"/api/scd/pods/{quote(pod, safe='')}", PointOfDelivery)
    return go_to(path, pod=pod, **{name: value for name, value in asked.items() if value})


def show_translated(
    desk: Desk, request: Request, template: str, visitor: Visitor, /, **shown: object
) -> Response:
    """Return a page in the language of a household that visits."""
    told = in_language(reader_of(request, desk.zone))
    return desk.show(request, template, visitor, **told | shown)


def show_by_reader(
    status: int, desk: Desk, request: Request, template: str, visitor: Visitor, /, **shown: object
) -> Response:
    """Return a page as its reader needs it: a household has one of its own, in its language."""
    if is_household(visitor):
        told = in_language(reader_of(request, desk.zone))
        return desk.show_with(status, request, f"home_{template}", visitor, **told | shown)
    return desk.show_with(status, request, template, visitor, **shown)


async def home_of(desk: Desk, request: Request, pod: str) -> Home:
    """Return the household that visits, with the point of delivery that its address names."""
    visitor = await desk.visitor(request)
    found = await visitor.calls.get("/api/scd/pods", PodPage)
    pods = [each.pod_id for each in found.pods]
    chosen = pod if pod in pods else next(iter(pods), "")
    return Home(visitor, reader_of(request, desk.zone), pods, chosen)


def show_home(desk: Desk, request: Request, template: str, home: Home, **shown: object) -> Response:
    """Return a page of the household's app, in its language."""
    frame = in_language(home.reader) | {
        "languages": LANGUAGES,
        "pods": home.pods,
        "pod": home.pod,
        "of_pod": f"?{urlencode({'pod': home.pod})}" if len(home.pods) > 1 else "",
    }
    return desk.show(request, template, home.visitor, **frame | shown)
