"""The reading of a point of delivery's day, as several pages show it."""

from datetime import datetime, timedelta
from urllib.parse import quote

from platone.dashboard.domain.day_picture import DayCurves
from platone.dashboard.domain.history import last_known
from platone.dashboard.domain.pod_day import curves_of
from platone.dashboard.domain.typed import day_in
from platone.dashboard.service.visit import Visitor
from platone.infra.http.clock import ClockState
from platone.kernel.market_time import MarketDay
from platone.messages.curve import PowerCurves
from platone.messages.market import (
    FlexibilityService,
    FlexibilityServicePage,
    MarketSessionPage,
    ServiceType,
)
from platone.messages.outcome import ValidatedOutcome
from platone.messages.registry import Measurement, MeasurementBatch, SeriesBatch

_LOOKED_BACK = timedelta(days=31)
"""How far back the last day with readings is looked for: a month."""


def asked_day(text: str, now: datetime, zone: str) -> MarketDay:
    """Return the market day that an address asks for; today where it asks for none.

    Raises:
        FieldWrong: It is no day.
    """
    if not text:
        return MarketDay.holding(now, zone)
    return MarketDay(day_in({"day": text}, "day"), zone)


async def day_asked(zone: str, visitor: Visitor, text: str) -> MarketDay:
    """Return the market day that an address asks for; that of the market's clock without one.

    Raises:
        FieldWrong: It is no day.
    """
    clock = await visitor.calls.get("/api/clock", ClockState)
    return asked_day(text, clock.now, zone)


async def last_day_measured(visitor: Visitor, pod: str, today: MarketDay) -> MarketDay | None:
    """Return the last day of a month on which a point of delivery was measured; none for none."""
    asked = {
        "podId": pod,
        "from": (today.start - _LOOKED_BACK).isoformat(),
        "to": today.start.isoformat(),
        "steps": str(_LOOKED_BACK // timedelta(hours=1)),  # none of them lies in two days
    }
    found = await visitor.calls.seen("/api/scd/powerCurves", PowerCurves, asked)
    at = last_known(found.curves[0]) if found is not None and found.curves else None
    return MarketDay.holding(at, today.zone) if at is not None else None


async def read_day(
    visitor: Visitor, pod: str, day: MarketDay, *, with_offers: bool = False
) -> DayCurves:
    """Return the curves of a day, as far as the visitor may see them.

    Args:
        visitor: Who visits.
        pod: Which point of delivery.
        day: The market day.
        with_offers: Whether what was offered is looked for in all sessions of the day.
    """
    asked = _span(pod, day)
    baselines = await visitor.calls.seen("/api/scd/baselines", SeriesBatch, asked)
    measured = await read_measured(visitor, pod, day)
    outcomes = await visitor.calls.seen("/api/scd/outcomes", list[ValidatedOutcome], asked)
    return curves_of(
        day,
        pod,
        baselines.series if baselines is not None else (),
        measured,
        outcomes or (),
        await _offers(visitor, day) if with_offers else (),
    )


async def read_measured(visitor: Visitor, pod: str, day: MarketDay) -> list[Measurement]:
    """Return the readings of a day, as far as the visitor may see them."""
    path = "/api/scd/measurements"
    found = await visitor.calls.seen(path, MeasurementBatch, _span(pod, day))
    return [] if found is None else found.measurements


def _span(pod: str, day: MarketDay) -> dict[str, str | list[str]]:
    return {"podId": pod, "from": day.start.isoformat(), "to": day.end.isoformat()}


async def _offers(visitor: Visitor, day: MarketDay) -> list[FlexibilityService]:
    """Return the offers in all sessions of a day that the visitor may see."""
    span = {"from": day.start.isoformat(), "to": day.end.isoformat()}
    sessions = await visitor.calls.seen("/api/marketSession", MarketSessionPage, span)
    found: list[FlexibilityService] = []
    for session in sessions.sessions if sessions is not None else ():
        path = f"/api/marketSession/{quote(session.id, safe='')}/services"
        page = await visitor.calls.seen(path, FlexibilityServicePage)
        found += page.flexibility_services if page is not None else ()
    return [each for each in found if each.service_type is ServiceType.OFFER]
