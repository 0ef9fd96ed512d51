"""An aggregator's page of a day: dispatch against delivery, alarms, forecast errors, open lines."""

from fastapi import APIRouter, Request, Response

from platone.dashboard.api.line_dispute import disputed_lines
from platone.dashboard.api.near_day import dispatch_day, dispatch_near
from platone.dashboard.api.page import Desk
from platone.dashboard.api.pod_reading import day_asked
from platone.dashboard.domain.record_file import off_by_kw
from platone.kernel.market_time import MarketDay
from platone.messages.delivery import DeliveryAlarmPage, DispatchPage, OpenLinePage
from platone.messages.plan import PodForecastPage

_MOST = 500
"""Rows of a table on the page."""


def delivery_pages(router: APIRouter, desk: Desk) -> None:
    """Add the page of deliveries."""

    @router.get("/portfolio/delivery")
    async def get_delivery(request: Request, day: str = "") -> Response:
        """Show what was sold on a day, what each asset is to give, and what was delivered."""
        visitor = await desk.visitor(request)
        shown = await day_asked(desk.zone, visitor, day)
        if not day:
            shown = MarketDay(await dispatch_day(visitor, shown.on), desk.zone)
        path = f"/api/aggregator/dispatch/{shown.on.isoformat()}"
        dispatch = await visitor.calls.get(path, DispatchPage)
        alarms = await visitor.calls.seen("/api/aggregator/alarms", DeliveryAlarmPage)
        forecasts = await visitor.calls.seen("/api/aggregator/forecasts", PodForecastPage)
        lines = await visitor.calls.seen("/api/aggregator/openLines", OpenLinePage)
        sold = [
            {
                "pod": each.pod_id,
                "quarter": quarter,
                "at": shown.instant(quarter.index),
                "off_by_kw": off_by_kw(quarter),
            }
            for each in dispatch.pods
            for quarter in each.quarters
        ]
        return desk.show(
            request,
            "delivery.html.j2",
            visitor,
            on=shown.on,
            before=shown.previous.on,
            after=shown.next.on,
            near=await dispatch_near(visitor, shown.on),
            sold=sold[:_MOST],
            sold_count=len(sold),
            alarms=alarms.alarms[:_MOST] if alarms is not None else [],
            forecasts=forecasts.forecasts[:_MOST] if forecasts is not None else [],
            disputed=await disputed_lines(visitor),
            lines=lines.lines[:_MOST] if lines is not None else [],
        )
