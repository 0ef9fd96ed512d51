"""An aggregator's page: its points of delivery, registered and given baselines by hand."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.page import INVALID, Desk, go_to, onward
from platone.dashboard.api.translation import is_household
from platone.dashboard.domain.problem import CallRefused, FieldWrong, to_mend
from platone.dashboard.domain.registration_form import read_baseline, read_registration
from platone.dashboard.domain.typed import day_in
from platone.dashboard.service.visit import Visitor
from platone.messages.base import Role
from platone.messages.portfolio import PortfolioPage

_MOST = 500
"""Points of delivery on a page."""


def portfolio_pages(router: APIRouter, desk: Desk) -> None:
    """Add the page of a portfolio, and its forms."""

    @router.get("/portfolio")
    async def get_portfolio(request: Request) -> Response:
        """Show an aggregator's points of delivery, and how far each is with the other parties."""
        visitor = await desk.visitor(request)
        if is_household(visitor):
            return go_to("/app")
        return await _page(desk, request, visitor, {}, [])

    @router.post("/portfolio")
    async def post_registration(request: Request) -> Response:
        """Register a point of delivery."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        try:
            wanted = read_registration(form, visitor.principal.party_id)
            await visitor.calls.submit("/api/aggregator/pods", wanted)
        except (CallRefused, FieldWrong) as refused:
            return await _page(desk, request, visitor, form, to_mend(refused))
        return onward(form, f"/portfolio?{urlencode({'done': form['pod'].strip()})}")

    @router.post("/portfolio/baseline")
    async def post_baseline(request: Request) -> Response:
        """Give a point of delivery a baseline of one power for a day."""
        form = await desk.form(request)
        visitor = await desk.visitor(request)
        try:
            given = read_baseline(form, desk.zone)
            await visitor.calls.submit("/api/aggregator/baselines", given)
        except (CallRefused, FieldWrong) as refused:
            return await _page(desk, request, visitor, form, to_mend(refused))
        done = {"done": form["pod"].strip(), "on": form["day"].strip()}
        return onward(form, f"/portfolio?{urlencode(done)}")


async def _page(
    desk: Desk, request: Request, visitor: Visitor, typed: dict[str, str], reasons: list[str]
) -> Response:
    found = await visitor.calls.get("/api/aggregator/pods", PortfolioPage)
    query = request.query_params
    names = {each.entry.pod.pod_id for each in found.pods}
    steps = [step for each in found.pods for step in each.progress]
    return desk.show_with(
        INVALID if reasons else 200,
        request,
        "portfolio.html.j2",
        visitor,
        entries=found.pods[:_MOST],
        done=query["done"] if query.get("done") in names else "",
        on=day_in(query, "on") if query.get("on") else None,
        may_add=visitor.principal.has(Role.FLEXIBILITY_SERVICE_PROVIDER),
        is_waiting=any(step.state == "waiting" for step in steps),
        typed=dict(request.query_params) | typed,
        reasons=reasons,
    )
