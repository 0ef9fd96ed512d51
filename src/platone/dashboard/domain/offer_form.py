"""A request or offer as it is typed into a form."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from platone.dashboard.domain.problem import FieldWrong
from platone.dashboard.domain.typed import number_in, wall_in
from platone.kernel.errors import Reasons
from platone.kernel.market_time import MarketDay
from platone.messages.market import (
    Flexibility,
    FlexibilityService,
    MarketSession,
    PowerPoint,
    ServiceType,
)

_MOST_PODS = 100
"""Points of delivery that are typed into a request by hand; more come by REST."""


def read_service(
    form: Mapping[str, str], session: MarketSession, party_id: str, zone: str
) -> FlexibilityService:
    """Return the request or offer that a form describes: one power and price for some time.

    Raises:
        FieldWrong: Fields cannot be read; all of them are told.
    """
    reasons = Reasons()
    index: list[int] = []
    numbers: dict[str, float] = {}
    with reasons:
        index = _indices(form, session, zone)
    for name, label in (("p", "Total power"), ("price", "Price")):
        with reasons:
            numbers[name] = number_in(form, name, label)
    kind, pods = ServiceType.OFFER, form.get("pods", "").replace(",", " ").split()
    with reasons:
        kind = _kind(form)
    with reasons:
        if not 1 <= len(pods) <= _MOST_PODS:
            raise FieldWrong("Name one to a hundred points of delivery.", field="pods")
    revision = 1
    with reasons:
        revision = int(number_in(form, "revision", "Revision")) if form.get("revision") else 1
    reasons.raise_all()
    is_of_tso = kind is ServiceType.TSO_REQUEST
    points = [PowerPoint(index=each, p=numbers["p"], p_price=numbers["price"]) for each in index]
    asked = (
        Flexibility(pom=pods[0], power=points) if is_of_tso else Flexibility(pod=pods, power=points)
    )
    return FlexibilityService(
        player_id=party_id,
        service_type=kind,
        player_service_id=form.get("id", "").strip(),
        flexibility=[asked],
        market_type=session.market_type,
        start_time=session.start_time,
        duration=session.duration,
        revision=revision,
    )


def _kind(form: Mapping[str, str]) -> ServiceType:
    try:
        return ServiceType(form.get("kind", "offer"))
    except ValueError as error:
        raise FieldWrong("It is an offer or a request.", field="kind") from error


def _indices(form: Mapping[str, str], session: MarketSession, zone: str) -> list[int]:
    """Return the quarter-hours from one time of the day to another."""
    day = MarketDay.holding(session.start_time, zone)
    first, last = (wall_in(form, name) for name in ("from", "to"))
    walls = [f"{at.astimezone(ZoneInfo(zone)):%H:%M}" for at in day.instants()]
    found = [index for index, wall in enumerate(walls) if first <= wall < last]
    if not found:
        raise FieldWrong("There is no quarter-hour from the one time to the other.", field="to")
    return found
