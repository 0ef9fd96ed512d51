"""Pages of points of delivery: who they are, their day, and their devices."""

from dataclasses import replace
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.home import go_home
from platone.dashboard.api.page import Desk, go_to
from platone.dashboard.api.pod_reading import (
    asked_day,
    last_day_measured,
    read_day,
    read_measured,
)
from platone.dashboard.api.translation import is_household
from platone.dashboard.domain.day_picture import DayCurves, draw_day_curves
from platone.dashboard.domain.pod_day import energy_kwh, moves_of
from platone.dashboard.domain.reading_health import health_of
from platone.dashboard.service.visit import Visitor
from platone.infra.http.clock import ClockState
from platone.kernel.market_time import MarketDay
from platone.messages.ledger import Agreements, Wallet
from platone.messages.metering import EnrolledDevices
from platone.messages.registry import PodPage, PointOfDelivery

_MOST = 500
"""Points of delivery on a page: of more, a text finds the wanted ones."""


def pod_pages(router: APIRouter, desk: Desk) -> None:
    """Add the pages of points of delivery."""

    @router.get("/pods")
    async def get_pods(request: Request, text: str = "") -> Response:
        """List the points of delivery that the visitor may see."""
        visitor = await desk.visitor(request)
        if is_household(visitor):
            return go_to("/app")
        pods = await pods_asked(desk, visitor, request)
        return desk.show(
            request, "pods.html.j2", visitor, pods=pods[:_MOST], text=text, count=len(pods)
        )

    @router.get("/pods/{pod_id}")
    async def get_pod(request: Request, pod_id: str, day: str = "") -> Response:
        """Show a point of delivery and one of its days."""
        visitor = await desk.visitor(request)
        if is_household(visitor):
            return await go_home(visitor, "/app", pod_id, day=day)
        name = quote(pod_id, safe="")
        now = (await visitor.calls.get("/api/clock", ClockState)).now
        shown_day = asked_day(day, now, desk.zone)
        pod, curves = await day_curves(visitor, pod_id, shown_day)
        last = None
        if not day and curves.is_empty:
            last = await last_day_measured(visitor, pod_id, shown_day)
        if last is not None:
            shown_day, (pod, curves) = last, await day_curves(visitor, pod_id, last)
        devices = await visitor.calls.seen(
            "/api/access/devices", EnrolledDevices, {"podId": pod_id}
        )
        agreements = await visitor.calls.seen("/api/contracts/agreements", Agreements)
        wallet = await visitor.calls.seen(f"/api/contracts/wallets/{name}", Wallet)
        return desk.show(
            request,
            "pod.html.j2",
            visitor,
            pod=pod,
            on=shown_day.on,
            is_last=last is not None,
            before=shown_day.previous.on,
            after=shown_day.next.on,
            picture="" if curves.is_empty else draw_day_curves(curves, f"{pod_id}, {shown_day.on}"),
            limits=curves.limits_kw,
            limits_drawn=len(curves.near_limits_kw()) == len(curves.limits_kw),
            energy=energy_kwh(curves.measured_kw) if curves.is_measured else None,
            bounds_drawn=bool(curves.near_bounds_kw()),
            unsold_drawn=any(curves.unsold_kw()),
            moves=moves_of(curves),
            health=health_of(
                shown_day, curves.measured_kw, await read_measured(visitor, pod_id, shown_day), now
            ),
            now=now,
            devices=None if devices is None else devices.devices,
            agreements=[
                each for each in (agreements.agreements if agreements else ()) if each.pod == pod_id
            ],
            wallet=wallet,
        )


async def pods_asked(_desk: Desk, visitor: Visitor, request: Request) -> list[PointOfDelivery]:
    """Return the points of delivery that an address asks for by a text."""
    text = request.query_params.get("text", "").lower()
    found = await visitor.calls.get("/api/scd/pods", PodPage)
    return [each for each in found.pods if text in _text(each)]


async def day_curves(
    visitor: Visitor, pod_id: str, day: MarketDay
) -> tuple[PointOfDelivery, DayCurves]:
    """Return a point of delivery, and the curves of one of its days with all their limits."""
    path = f"/api/scd/pods/{quote(pod_id, safe='')}"
    pod = await visitor.calls.get(path, PointOfDelivery)
    curves = await read_day(visitor, pod_id, day, with_offers=True)
    limits = [kw for kw in (pod.pn_p, -pod.inp) if kw]
    curves = replace(curves, limits_kw=limits)
    may = pod.max_flexibility
    return pod, curves if may is None else curves.with_bounds(may.upper_p, may.down_p)


def _text(pod: PointOfDelivery) -> str:
    return f"{pod.pod_id} {pod.aggregator_id} {pod.po_m_id or ''}".lower()
