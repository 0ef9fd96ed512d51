"""Pages of points of delivery: who they are, their day, and their devices."""

from dataclasses import replace
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.page import Desk
from platone.dashboard.api.pod_reading import asked_day, read_day
from platone.dashboard.domain.day_picture import draw_day_curves
from platone.dashboard.domain.pod_day import energy_kwh
from platone.infra.http.clock import ClockState
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
        found = await visitor.calls.get("/api/scd/pods", PodPage)
        pods = [each for each in found.pods if text.lower() in _text(each)]
        return desk.show(
            request, "pods.html.j2", visitor, pods=pods[:_MOST], text=text, count=len(pods)
        )

    @router.get("/pods/{pod_id}")
    async def get_pod(request: Request, pod_id: str, day: str = "") -> Response:
        """Show a point of delivery and one of its days."""
        visitor = await desk.visitor(request)
        name = quote(pod_id, safe="")
        pod = await visitor.calls.get(f"/api/scd/pods/{name}", PointOfDelivery)
        clock = await visitor.calls.get("/api/clock", ClockState)
        shown_day = asked_day(day, clock.now, desk.zone)
        curves = await read_day(visitor, pod_id, shown_day, with_offers=True)
        curves = replace(curves, limits_kw=[kw for kw in (pod.pn_p, -pod.inp) if kw])
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
            before=shown_day.previous.on,
            after=shown_day.next.on,
            picture="" if curves.is_empty else draw_day_curves(curves, f"{pod_id}, {shown_day.on}"),
            limits=curves.limits_kw,
            limits_drawn=len(curves.near_limits_kw()) == len(curves.limits_kw),
            energy=energy_kwh(curves.measured_kw),
            devices=None if devices is None else devices.devices,
            agreements=[
                each for each in (agreements.agreements if agreements else ()) if each.pod == pod_id
            ],
            wallet=wallet,
        )


def _text(pod: PointOfDelivery) -> str:
    return f"{pod.pod_id} {pod.aggregator_id} {pod.po_m_id or ''}".lower()
