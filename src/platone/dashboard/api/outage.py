"""The pages of outages: what is to fail, and what follows, the worst first."""

from contextlib import suppress
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Request, Response

from platone.dashboard.api.page import INVALID, Desk, go_to
from platone.dashboard.api.pod_reading import asked_day, day_asked
from platone.dashboard.domain.outage_file import OUTAGES, Consequence, consequences
from platone.dashboard.domain.outage_form import MARKED, chosen_branches, read_outages
from platone.dashboard.domain.problem import CallRefused, FieldWrong, StillCalculated, to_mend
from platone.dashboard.service.visit import Visitor
from platone.infra.http.clock import ClockState
from platone.kernel.market_time import MarketDay
from platone.messages.base import Role
from platone.messages.outage import OutageRun
from platone.messages.stored_network import NetworkBranch, NetworkBranches

_MARKED = 40
"""Elements of a network at most that are shown to be marked: of more, one is found by typing."""
_PATIENCE_S = 5
"""How long the form waits for a network's branches, s: without them they are typed."""
_MOST = 100
"""Outages on a page: the worst ones."""
_AT_ONCE = 50
"""Outages that are read at once for a file: each may tell of thousands of limits."""
_MOST_LINES = 100_000
"""Lines of a file at most: what spreadsheets open."""


def outage_pages(router: APIRouter, desk: Desk) -> None:
    """Add the pages of outages, and their file."""

    @router.get("/grid/{network_id}/outages")
    async def get_outages(
        request: Request, network_id: str, day: str = "", branch: str = ""
    ) -> Response:
        """Show the form in which outages are asked for."""
        visitor = await desk.visitor(request)
        shown = await day_asked(desk.zone, visitor, day)
        typed = {"branches": branch} if branch else {}
        form = await _form(visitor, network_id, shown, {"resupply": "yes"} | typed, [])
        return desk.show(request, "outages.html.j2", visitor, **form)

    @router.post("/grid/{network_id}/outages")
    async def post_outages(request: Request, network_id: str) -> Response:
        """Have outages calculated; where that is refused, the form stays as it was typed."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        clock = await visitor.calls.get("/api/clock", ClockState)
        day = MarketDay.holding(clock.now, desk.zone)
        try:
            day = asked_day(form.get("day", ""), clock.now, desk.zone)
            asked = read_outages(form, network_id, day.start)
            job = await visitor.calls.begin("/api/dso/outages", asked)
        except (CallRefused, FieldWrong) as refused:
            shown = await _form(visitor, network_id, day, form, to_mend(refused))
            return desk.show_with(INVALID, request, "outages.html.j2", visitor, **shown)
        return go_to(f"/grid/jobs/{quote(job.id, safe='')}")

    @router.get("/grid/jobs/{job_id}/outages.csv")
    async def get_file(request: Request, job_id: str) -> Response:
        """Give all that follows from the outages as a file."""
        visitor = await desk.visitor(request)
        path = f"/api/dso/jobs/{quote(job_id, safe='')}/result"
        return desk.file("outages", OUTAGES, await _lines(visitor, path))


async def outages_shown(visitor: Visitor, path: str, zone: str) -> dict[str, object]:
    """Return the contents of the page of calculated outages.

    Args:
        visitor: Who visits.
        path: Where the result of the calculation is.
        zone: Zone of the market.
    """
    run = await visitor.calls.get(path, OutageRun, {"from": "0", "count": str(_MOST + 1)})
    outages = run.outages[:_MOST]
    return {
        "run": run,
        "on": MarketDay.holding(run.first, zone).on,
        "outages": [each for each in outages if not each.is_harmless],
        "harmless": [each for each in outages if each.is_harmless],
        "is_more": len(run.outages) > _MOST,
        "dark": [each for each in outages if each.islands],
        "broken": [each for each in outages if any(a.is_made_worse for a in each.alarms)],
    }


async def _lines(visitor: Visitor, path: str) -> list[Consequence]:
    lines: list[Consequence] = []
    first = 0
    while len(lines) < _MOST_LINES:
        page = {"from": str(first), "count": str(_AT_ONCE)}
        found = (await visitor.calls.get(path, OutageRun, page)).outages
        lines += consequences(found, first + 1)
        first += len(found)
        if len(found) < _AT_ONCE:
            break
    return lines[:_MOST_LINES]


async def _form(
    visitor: Visitor, network_id: str, day: MarketDay, typed: dict[str, str], reasons: list[str]
) -> dict[str, object]:
    """Return the contents of the form, as it was typed, with what stands against it."""
    await visitor.calls.fetch(f"/api/dso/networks/{quote(network_id, safe='')}")
    may_ask = visitor.principal.has(Role.SYSTEM_OPERATOR)
    branches, is_whole = await _branches(visitor, network_id) if may_ask else ([], False)
    chosen, known = chosen_branches(typed), {each.id for each in branches}
    is_marked = is_whole and 0 < len(branches) <= _MARKED and known.issuperset(filter(None, chosen))
    return {
        "branches": branches,
        "is_marked": is_marked,
        "marked": MARKED,
        "chosen": chosen,
        "network": network_id,
        "on": day.on,
        "typed": typed,
        "reasons": reasons,
        "may_ask": may_ask,
    }


async def _branches(visitor: Visitor, network_id: str) -> tuple[list[NetworkBranch], bool]:
    """Return the first branches of a network, and whether they are all; none where it is busy."""
    path = f"/api/dso/networks/{quote(network_id, safe='')}/branches"
    try:
        answer = await visitor.calls.fetch(path, {"after": ""}, patience_s=_PATIENCE_S)
    except StillCalculated as still:  # nobody comes back for it
        with suppress(CallRefused):
            await visitor.calls.send("DELETE", f"/api/dso/jobs/{still.job}")
        return [], False
    except CallRefused:
        return [], False
    found = msgspec.json.decode(answer.content, type=NetworkBranches)
    return found.branches, found.next is None
