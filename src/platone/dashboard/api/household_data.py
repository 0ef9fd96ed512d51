"""A household's own data: all of it as a file, and its erasure asked for and watched."""

import asyncio
import io
import zipfile
from collections.abc import Mapping
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.home import Home, home_of, show_home
from platone.dashboard.api.page import Desk, go_to
from platone.dashboard.domain.erasure_text import wait_sentence
from platone.dashboard.domain.own_data import own_files, year_typed
from platone.dashboard.domain.problem import CallRefused
from platone.infra.http.clock import ClockState
from platone.messages.erasure import Erasure, ErasureRequest, Erasures
from platone.messages.notice import NoticeState
from platone.messages.registry import PodPage

_PAGE, _REST = "/app/data", "/api/scd/erasures"
_OWN = "/api/scd/notices"
"""A route that is for customers alone: so is the archive of what is a customer's own."""
_NOTHING_THERE = frozenset({403, 404})
"""Statuses of what a household may not see, or what is not there: no file is made of it."""


def household_data_pages(router: APIRouter, desk: Desk) -> None:
    """Add the page of a household's own data, its file, and the request for erasure."""

    @router.get(_PAGE)
    async def get_data(
        request: Request, pod: str = "", erasure: str = "", wrong: str = ""
    ) -> Response:
        """Show a household how it gets its data, and how it has them erased."""
        home = await home_of(desk, request, pod)
        clock = await home.visitor.calls.get("/api/clock", ClockState)
        known = await home.visitor.calls.get("/api/scd/pods", PodPage, {"ended": "true"})
        return show_home(
            desk,
            request,
            "app_data.html.j2",
            home,
            year=clock.now.astimezone(ZoneInfo(desk.zone)).year,
            erasures=await _erasures(home, erasure),
            is_unsure=bool(wrong),
            wait_sentence=wait_sentence,
            has_data=bool(known.pods),
        )

    @router.get(f"{_PAGE}/own.zip")
    async def get_file(request: Request, year: str = "") -> Response:
        """Give a household its own data of a year as files of JSON in one archive."""
        home = await home_of(desk, request, "")
        await home.visitor.calls.get(_OWN, NoticeState)  # for customers alone
        of = year_typed(year)
        archive = await _archive(home, of, desk.zone)
        return desk.attached(f"my-energy-{of}", "zip", archive, "application/zip")

    @router.post(f"{_PAGE}/erasure")
    async def post_erasure(request: Request) -> Response:
        """Ask for the erasure of a household's data, once it says that it is sure."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        if form.get("sure") != "yes":
            return go_to(_PAGE, wrong="unsure")
        made = await visitor.calls.make(_REST, Erasure, ErasureRequest())
        return go_to(_PAGE, erasure=made.id)


async def _erasures(home: Home, named: str) -> list[Erasure]:
    """Return the erasures of a household that are under way, and the one that it names."""
    calls = home.visitor.calls
    listed = await calls.seen(_REST, Erasures)
    found = list(listed.erasures) if listed is not None else []
    if named and named not in {each.id for each in found}:
        one = await calls.seen(f"{_REST}/{quote(named, safe='')}", Erasure)
        found += [] if one is None else [one]
    return found


async def _archive(home: Home, year: int, zone: str) -> bytes:
    """Return the archive; each file is packed as it comes, so that only one is held as it is."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path, asked in own_files(home.pods, year, zone):
            content = await _content(home, path, asked)
            if content is not None:
                await asyncio.to_thread(archive.writestr, name, content)
    return packed.getvalue()


async def _content(home: Home, path: str, asked: Mapping[str, str]) -> bytes | None:
    try:
        return await home.visitor.calls.whole(path, dict(asked))
    except CallRefused as refused:
        if refused.status not in _NOTHING_THERE:
            raise
        return None
