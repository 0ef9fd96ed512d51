"""The readings of a day, each with its certification and the way to its proof."""

from dataclasses import dataclass
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.home import go_home, home_of, show_home
from platone.dashboard.api.page import Desk
from platone.dashboard.api.pod_reading import day_asked, read_measured
from platone.dashboard.api.translation import is_household
from platone.dashboard.domain.language import Reader, sentences
from platone.dashboard.domain.reading_state import READINGS, ReadingRow, reading_rows
from platone.dashboard.service.visit import Visitor
from platone.kernel.market_time import MarketDay
from platone.messages.ledger import CertificationState, CertificationStates
from platone.messages.registry import PointOfDelivery

_AT_ONCE = 200
"""Records whose states the ledger tells at once."""


@dataclass(frozen=True, slots=True)
class Readings:
    """The readings of a point of delivery on a day.

    Attributes:
        day: The day.
        rows: The readings, with their certification.
    """

    day: MarketDay
    rows: list[ReadingRow]


def reading_pages(router: APIRouter, desk: Desk) -> None:
    """Add the pages of readings with their certification: a household's, and all others'."""

    @router.get("/app/readings")
    async def get_own(request: Request, pod: str = "", day: str = "") -> Response:
        """Show a household the readings of a day, and how each is certified."""
        home = await home_of(desk, request, pod)
        if not home.pod:
            return show_home(desk, request, "app_readings.html.j2", home)
        found = await _read(desk, home.visitor, home.pod, day)
        if not day and not found.rows:  # a day that has just begun shows nothing yet
            before = await _read(desk, home.visitor, home.pod, str(found.day.previous.on))
            found = before if before.rows else found
        return show_home(desk, request, "app_readings.html.j2", home, found=found)

    @router.get("/pods/{pod_id}/readings")
    async def get_readings(request: Request, pod_id: str, day: str = "") -> Response:
        """Show the readings of a day, and how each is certified."""
        visitor = await desk.visitor(request)
        if is_household(visitor):
            return await go_home(visitor, "/app/readings", pod_id, day=day)
        found = await _of_pod(desk, visitor, pod_id, day)
        return desk.show(
            request,
            "pod_readings.html.j2",
            visitor,
            pod=pod_id,
            found=found,
            t=sentences("en"),
            reader=Reader("en", desk.zone),
        )

    @router.get("/pods/{pod_id}/readings.csv")
    async def get_file(request: Request, pod_id: str, day: str = "") -> Response:
        """Give the readings of a day with their certification as a file."""
        found = await _of_pod(desk, await desk.visitor(request), pod_id, day)
        return desk.file(f"readings-{pod_id}-{found.day.on}", READINGS, found.rows)


async def _of_pod(desk: Desk, visitor: Visitor, pod_id: str, day: str) -> Readings:
    await visitor.calls.get(f"/api/scd/pods/{quote(pod_id, safe='')}", PointOfDelivery)
    return await _read(desk, visitor, pod_id, day)


async def _read(desk: Desk, visitor: Visitor, pod: str, day: str) -> Readings:
    on = await day_asked(desk.zone, visitor, day)
    readings = await read_measured(visitor, pod, on)
    names = sorted({each.certification_id for each in readings})
    states: list[CertificationState] = []
    for first in range(0, len(names), _AT_ONCE):
        asked: dict[str, str | list[str]] = {"id": names[first : first + _AT_ONCE]}
        path = "/api/certification/states"
        states += (await visitor.calls.get(path, CertificationStates, asked)).states
    return Readings(on, reading_rows(readings, states))
