"""The page of a state estimation: its uncertainty, bad data, and what is not determined."""

from collections.abc import Sequence
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.page import Desk
from platone.dashboard.domain.problem import CallRefused
from platone.infra.http.problem import STATUS
from platone.kernel.errors import Kind
from platone.messages.estimation import BranchEstimate, EstimationRun, MeasurementResult

_MOST = 200
"""Rows of a table on the page: all of them are in REST's answer."""


def estimate_pages(router: APIRouter, desk: Desk) -> None:
    """Add the pages of state estimations."""

    async def page(request: Request, path: str) -> Response:
        visitor = await desk.visitor(request)
        run = await visitor.calls.get(path, EstimationRun)
        found = run.estimate
        return desk.show(
            request,
            "estimate.html.j2",
            visitor,
            run=run,
            estimate=found,
            buses=found.buses[:_MOST],
            branches=_loaded_first(found.branches)[:_MOST],
            measurements=_worst_first(found.measurements)[:_MOST],
            bus_count=len(found.buses),
            branch_count=len(found.branches),
            measurement_count=len(found.measurements),
        )

    @router.get("/grid/estimate")
    async def get_latest(request: Request) -> Response:
        """Show the state estimation that was made last, or that there is none yet."""
        try:
            return await page(request, "/api/dso/stateEstimation")
        except CallRefused as refused:
            if refused.status != STATUS[Kind.NOT_FOUND]:
                raise
            return desk.show(request, "estimate_none.html.j2", await desk.visitor(request))

    @router.get("/grid/estimate/{run_id}")
    async def get_run(request: Request, run_id: str) -> Response:
        """Show a stored state estimation."""
        return await page(request, f"/api/dso/stateEstimation/{quote(run_id, safe='')}")


def _loaded_first(branches: Sequence[BranchEstimate]) -> list[BranchEstimate]:
    return sorted(branches, key=lambda each: -(each.loading_percent or 0.0))


def _worst_first(measurements: Sequence[MeasurementResult]) -> list[MeasurementResult]:
    """Return measurements by what their residuals tell against them; critical ones last."""
    return sorted(measurements, key=lambda each: -abs(each.normalised_residual or 0.0))
