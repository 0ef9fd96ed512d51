"""The contents of the form of a request or offer: who is asked, and what is expected of them."""

from collections.abc import Mapping, Sequence

from platone.dashboard.api.page import Desk
from platone.dashboard.domain.day_picture import draw_day_curves
from platone.dashboard.domain.group_choice import MARK, MOST_MARKED, group_choice, marked_pods
from platone.dashboard.domain.group_outlook import GroupOutlook, group_outlook, with_alarms
from platone.dashboard.domain.offer_form import asked_indices
from platone.dashboard.domain.problem import FieldWrong
from platone.dashboard.domain.typed import number_in
from platone.dashboard.service.visit import Visitor
from platone.kernel.market_time import MarketDay
from platone.messages.base import Role
from platone.messages.grid import Alarms
from platone.messages.market import MarketSession
from platone.messages.registry import PodPage, PointOfDelivery, SeriesBatch

_MOST_PODS = 200
"""Points of delivery that a form suggests where they are typed."""
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
    known = await visitor.calls.seen("/api/scd/pods", PodPage)
    pods = known.pods if known is not None else []
    is_request = visitor.principal.has(Role.SYSTEM_OPERATOR)
    choice = group_choice(typed, pods) if is_request and pods else None
    named = choice.marked if choice is not None else marked_pods(typed)
    chosen = [each for each in pods if each.pod_id in named[:MOST_MARKED]]
    day = MarketDay.holding(session.start_time, desk.zone)
    outlook = await _outlook(visitor, session, day, chosen, typed)
    return {
        "session": session,
        "on": day.on,
        "typed": typed,
        "kind": f"{visitor.principal.party_id}_request" if is_request else "offer",
        "is_request": is_request,
        "choice": choice,
        "mark": MARK,
        "most": MOST_MARKED,
        "pods": [each.pod_id for each in pods][:_MOST_PODS],
        "outlook": outlook,
        "picture": _picture(outlook, day),
        "most_alarms": _MOST_ALARMS,
    }


def _picture(outlook: GroupOutlook | None, day: MarketDay) -> str:
    if outlook is None or outlook.curves.is_empty:
        return ""
    told = f"Baseline of what is marked, and what is asked, {day.on}"
    return draw_day_curves(outlook.curves, told)


async def _outlook(
    visitor: Visitor,
    session: MarketSession,
    day: MarketDay,
    chosen: Sequence[PointOfDelivery],
    typed: Mapping[str, str],
) -> GroupOutlook | None:
    """Return the outlook of the chosen group; none where it is empty, or baselines are not seen."""
    span: dict[str, str | list[str]] = {
        "podId": [each.pod_id for each in chosen],
        "from": day.start.isoformat(),
        "to": day.end.isoformat(),
    }
    told = await visitor.calls.seen("/api/scd/baselines", SeriesBatch, span) if chosen else None
    if told is None:
        return None
    indices, total_kw = _asked(session, day, typed)
    outlook = group_outlook(day, chosen, told.series, indices, total_kw)
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
