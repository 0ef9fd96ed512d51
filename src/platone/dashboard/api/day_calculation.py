"""A day of the grid is calculated from a page, and what came out is told."""

from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.near_day import calculations_on
from platone.dashboard.api.page import Desk, go_to
from platone.dashboard.domain.grid_day import STAGES
from platone.dashboard.domain.typed import day_in
from platone.dashboard.service.visit import Visitor
from platone.kernel.market_time import MarketDay
from platone.messages.grid import GridRun
from platone.messages.power_flow import PowerFlowQuestion


def day_calculation_pages(router: APIRouter, desk: Desk) -> None:
    """Add the form by which a day is calculated."""

    @router.post("/grid/calculation")
    async def post_calculation(request: Request) -> Response:
        """Have a market day calculated, of a network that is named or of the one in force."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        day = MarketDay(day_in(form, "day"), desk.zone)
        question = PowerFlowQuestion(
            start_time=day.start, network_id=form.get("network", "") or None
        )
        job = await visitor.calls.begin("/api/dso/powerFlow", question)
        return go_to(f"/grid/jobs/{quote(job.id, safe='')}")


async def power_flow_shown(visitor: Visitor, path: str, zone: str) -> dict[str, object]:
    """Return the contents of the page of a calculated day.

    Args:
        visitor: Who visits.
        path: Where the result of the calculation is.
        zone: Zone of the market.
    """
    run = await visitor.calls.get(path, GridRun, {"from": "0", "count": "1"})
    on = MarketDay.holding(run.results[0].at, zone).on
    kept = {each.stage.value: each for each in await calculations_on(visitor, on)}
    return {
        "on": on,
        "alarms": run.alarms,
        "remarks": run.remarks,
        "stages": [(key, name, kept[key]) for key, name in STAGES if key in kept],
    }
