"""Measured power over any span: a table that needs no script, and a curve to look around in."""

from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.home import go_home, home_of, show_home
from platone.dashboard.api.household import payments_to
from platone.dashboard.api.line_dispute import disputed_lines
from platone.dashboard.api.page import Desk
from platone.dashboard.api.pod_reading import day_asked
from platone.dashboard.api.translation import is_household
from platone.dashboard.domain.history import SPANS, TABLE_STEPS, Row, Span, rows_of, span_holding
from platone.dashboard.domain.language import Reader, sentences
from platone.dashboard.domain.payment import tokens_over_time
from platone.dashboard.domain.payment_picture import draw_energy, draw_payments
from platone.dashboard.service.visit import Visitor
from platone.infra.page.word import short_day, short_month
from platone.messages.curve import PowerCurves
from platone.messages.registry import PointOfDelivery

_PRIVATE = {"Cache-Control": "no-store"}
_MOST_PAYMENTS = 60
"""Payments on a page: the latest ones; the books have all."""


@dataclass(frozen=True, slots=True)
class History:
    """The measured power of a point of delivery over a span.

    Attributes:
        on: The day that was asked for.
        span: The span that holds it.
        name: What it is called.
        rows: Its table.
    """

    on: date
    span: Span
    name: str
    rows: list[Row]


def history_pages(router: APIRouter, desk: Desk) -> None:
    """Add the pages of measured power over time, and the curve that their script draws."""

    @router.get("/app/history")
    async def get_history(
        request: Request, pod: str = "", span: str = "week", day: str = ""
    ) -> Response:
        """Show a household its consumption and its payments over time."""
        home = await home_of(desk, request, pod)
        if not home.pod:
            return show_home(desk, request, "app_history.html.j2", home)
        on = (await day_asked(desk.zone, home.visitor, day)).on
        held = span_holding(span, on, desk.zone)
        history = await _read(home.visitor, home.pod, held, home.reader, on)
        payments = await payments_to(home)
        paid, is_by_month = tokens_over_time(payments, desk.zone)
        told = home.reader.told["payments_by_month" if is_by_month else "payments_over_time"]

        def name(on: date) -> str:
            return (short_month if is_by_month else short_day)(on, home.reader.language)

        return show_home(
            desk,
            request,
            "app_history.html.j2",
            home,
            on=on,
            spans=SPANS,
            history=history,
            paid=paid,
            is_by_month=is_by_month,
            picture=draw_payments(paid, name, told, home.reader.language) if paid else "",
            payments=payments[:_MOST_PAYMENTS],
            disputed=await disputed_lines(home.visitor),
            draw_energy=draw_energy,
        )

    _pod_pages(router, desk)


def _pod_pages(router: APIRouter, desk: Desk) -> None:
    @router.get("/pods/{pod_id}/history")
    async def get_pod_history(
        request: Request, pod_id: str, span: str = "week", day: str = ""
    ) -> Response:
        """Show the measured power of a point of delivery over time."""
        visitor = await desk.visitor(request)
        if is_household(visitor):
            return await go_home(visitor, "/app/history", pod_id, span=span, day=day)
        history = await history_of(desk, visitor, pod_id, span, day)
        return desk.show(
            request,
            "pod_history.html.j2",
            visitor,
            pod=pod_id,
            on=history.on,
            spans=SPANS,
            history=history,
            t=sentences("en"),
        )

    @router.get("/pods/{pod_id}/curve.json")
    async def get_curve(request: Request, pod_id: str) -> Response:
        """Give measured power in steps, as REST tells it, for a page's script."""
        visitor = await desk.visitor(request)
        asked: dict[str, str | list[str]] = {
            name: value
            for name in ("from", "to", "steps")
            if (value := request.query_params.get(name)) is not None
        }
        path = "/api/scd/powerCurves"
        found = await visitor.calls.fetch(path, asked | {"podId": pod_id})
        told = Response(found.content, headers=dict(_PRIVATE), media_type="application/json")
        return desk.keep(request, visitor, told)


async def history_of(desk: Desk, visitor: Visitor, pod_id: str, span: str, day: str) -> History:
    """Return the measured power of a point of delivery over the span that holds a day.

    Args:
        desk: What pages are made with.
        visitor: Who visits.
        pod_id: The point of delivery.
        span: The kind of span: day, week, month or year.
        day: A day of it; empty for today.
    """
    path = f"/api/scd/pods/{quote(pod_id, safe='')}"
    await visitor.calls.get(path, PointOfDelivery)
    on = (await day_asked(desk.zone, visitor, day)).on
    held = span_holding(span, on, desk.zone)
    return await _read(visitor, pod_id, held, Reader("en", desk.zone), on)


async def _read(visitor: Visitor, pod: str, span: Span, reader: Reader, on: date) -> History:
    asked: dict[str, str | list[str]] = {
        "podId": pod,
        "from": span.first.start.isoformat(),
        "to": span.end.start.isoformat(),
        "steps": str(TABLE_STEPS),
    }
    found = await visitor.calls.get("/api/scd/powerCurves", PowerCurves, asked)
    rows = rows_of(found.curves[0], span, reader) if found.curves else []
    return History(on, span, span.name(reader), rows)
