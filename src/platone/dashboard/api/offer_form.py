"""The contents of the form of a request or offer: who is asked, and what is expected of them."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from platone.dashboard.api.page import Desk
from platone.dashboard.api.pod_wish import read_wishes
from platone.dashboard.domain.day_picture import draw_day_curves
from platone.dashboard.domain.group_choice import (
    MARK,
    MOST_MARKED,
    WHOLE,
    group_choice,
    marked_pods,
)
from platone.dashboard.domain.group_outlook import GroupOutlook, group_outlook, with_alarms
from platone.dashboard.domain.offer_form import as_sent, asked_indices, session_indices
from platone.dashboard.domain.pod_hint import pod_hints
from platone.dashboard.domain.pod_wish import PodWish
from platone.dashboard.domain.problem import FieldWrong
from platone.dashboard.domain.standing_service import standing_services
from platone.dashboard.domain.typed import number_in
from platone.dashboard.service.visit import Visitor
from platone.kernel.market_time import QUARTER_HOUR, MarketDay
from platone.messages.base import Role
from platone.messages.grid import Alarms
from platone.messages.market import FlexibilityServicePage, MarketSession, RecordedService
from platone.messages.registry import PodPage, PointOfDelivery, Series, SeriesBatch

_MOST_STANDING = 40
"""Requests or offers that stand already beside the form: the page of the session has all."""
_MOST_ALARMS = 20
"""Broken limits on the form: the worst ones."""


async def offer_form(
    desk: Desk, visitor: Visitor, session: MarketSession, typed: Mapping[str, str]
) -> dict[str, object]:
    """Return the contents of the form as it was typed.

    Args:
        desk: What pages are made with.
        visitor: Who visits.
        session: The session.
        typed: The fields as they were typed.
    """
    pods = await seen_pods(visitor)
    is_request = visitor.principal.has(Role.SYSTEM_OPERATOR)
    choice = group_choice(typed, pods) if pods else None
    is_whole = bool(typed.get(WHOLE)) and not is_request
    day = MarketDay.holding(session.start_time, desk.zone)
    wishes = {} if is_request else await read_wishes(visitor, day)
    whole = _offerable(pods, wishes)
    named = set(whole) if is_whole else set(marked_pods(typed)[:MOST_MARKED])
    if choice is not None and not is_whole:
        named = set(choice.marked[:MOST_MARKED])
    chosen = [each for each in pods if each.pod_id in named]
    found = choice.found if choice is not None else []
    baselines = await _baselines(visitor, day, [] if is_whole else [*chosen, *found])
    services = await standing_in(visitor, session)
    indices, total_kw = _asked(session, day, typed)
    outlook = None
    if chosen and baselines is not None:
        outlook = group_outlook(day, chosen, baselines, indices, total_kw)
        outlook = await _with_alarms(visitor, outlook, day, indices)
    shown = indices or session_indices(session, day.zone)
    hints = pod_hints(day, shown, [*chosen, *found], baselines or [], services, wishes)
    return {
        "session": session,
        "on": day.on,
        "typed": typed,
        "kind": f"{visitor.principal.party_id}_request" if is_request else "offer",
        "is_request": is_request,
        "choice": choice,
        "mark": MARK,
        "most": MOST_MARKED,
        "is_whole": is_whole,
        "count": len(whole),
        "kept": len(pods) - len(whole),
        "hints": hints,
        "hinted": [day.instant(shown[0]), day.instant(shown[-1]) + QUARTER_HOUR],
        "standing": standing_services(services, day, whole),
        "most_standing": _MOST_STANDING,
        "outlook": outlook,
        "picture": _picture(outlook, day),
        "most_alarms": _MOST_ALARMS,
    }


def _picture(outlook: GroupOutlook | None, day: MarketDay) -> str:
    if outlook is None or outlook.curves.is_empty:
        return ""
    told = f"Baseline of what is marked, and what is asked, {day.on}"
    return draw_day_curves(outlook.curves, told)


async def seen_pods(visitor: Visitor) -> list[PointOfDelivery]:
    """Return the points of delivery that the visitor may see; of an aggregator its own."""
    known = await visitor.calls.seen("/api/scd/pods", PodPage)
    return known.pods if known is not None else []


async def offerable_pods(visitor: Visitor, day: MarketDay) -> list[str]:
    """Return the visitor's points of delivery without those that their customers keep on a day."""
    wishes = await read_wishes(visitor, day)
    return _offerable(await seen_pods(visitor), wishes)


def _offerable(pods: Sequence[PointOfDelivery], wishes: Mapping[str, PodWish]) -> list[str]:
    names = [each.pod_id for each in pods]
    return [each for each in names if each not in wishes or wishes[each].is_available]


async def standing_in(visitor: Visitor, session: MarketSession) -> list[RecordedService]:
    """Return the visitor's own requests and offers that stand in a session."""
    path = f"/api/marketSession/{quote(session.id, safe='')}/services"
    found = await visitor.calls.seen(path, FlexibilityServicePage)
    services = found.flexibility_services if found is not None else []
    own = visitor.principal.party_id
    return [as_sent(each) for each in services if each.player_id == own]


async def _baselines(
    visitor: Visitor, day: MarketDay, pods: Sequence[PointOfDelivery]
) -> list[Series] | None:
    """Return the baselines of points of delivery, all that are seen where none is named."""
    span: dict[str, str | list[str]] = {"from": day.start.isoformat(), "to": day.end.isoformat()}
    if pods:
        span["podId"] = [each.pod_id for each in pods]
    told = await visitor.calls.seen("/api/scd/baselines", SeriesBatch, span)
    return None if told is None else told.series


async def _with_alarms(
    visitor: Visitor, outlook: GroupOutlook, day: MarketDay, indices: Sequence[int]
) -> GroupOutlook:
    """Return an outlook with the limits of the grid that are broken, to whom they are shown."""
    asked = {"startTime": day.start.isoformat(), "stage": "forecast"}
    alarms = await visitor.calls.seen("/api/dso/alarms", Alarms, asked)
    return outlook if alarms is None else with_alarms(outlook, day, indices, alarms.alarms)


def _asked(
    session: MarketSession, day: MarketDay, typed: Mapping[str, str]
) -> tuple[list[int], float | None]:
    """Return the quarter-hours and the total power that are typed, as far as they can be read."""
    try:
        indices = asked_indices(typed, session, day.zone)
    except FieldWrong:
        return [], None
    try:
        return indices, number_in(typed, "p", "Total power")
    except FieldWrong:
        return indices, None
