"""A request or offer as it is typed into a form."""

from collections.abc import Collection, Mapping, Sequence
from zoneinfo import ZoneInfo

import msgspec

from platone.dashboard.domain.group_choice import MOST_MARKED, WHOLE, marked_pods
from platone.dashboard.domain.problem import FieldWrong
from platone.dashboard.domain.typed import END_OF_DAY, number_in, wall_in
from platone.kernel.errors import Reasons
from platone.kernel.market_time import QUARTERS_AN_HOUR, MarketDay
from platone.messages.market import (
    Flexibility,
    FlexibilityService,
    MarketSession,
    PowerPoint,
    RecordedService,
    ServiceType,
)


def read_service(
    form: Mapping[str, str],
    session: MarketSession,
    party_id: str,
    zone: str,
    portfolio: Sequence[str] = (),
) -> FlexibilityService:
    """Return the request or offer that a form describes: one power and price for some time.

    Args:
        form: The fields as they were typed.
        session: The session.
        party_id: Whose request or offer it is.
        zone: Zone of the market.
        portfolio: All points of delivery of the party, which a form may name as a whole.

    Raises:
        FieldWrong: Fields cannot be read; all of them are told.
    """
    reasons = Reasons()
    index: list[int] = []
    numbers: dict[str, float] = {}
    with reasons:
        index = asked_indices(form, session, zone)
    for name, label in (("p", "Total power"), ("price", "Price")):
        with reasons:
            numbers[name] = number_in(form, name, label)
    kind, is_whole = ServiceType.OFFER, bool(form.get(WHOLE))
    pods = list(portfolio) if is_whole else marked_pods(form)
    with reasons:
        kind = _kind(form)
    with reasons:
        if not pods or (len(pods) > MOST_MARKED and not is_whole):
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


def as_sent(service: RecordedService) -> RecordedService:
    """Return a request or offer with the entries as they came, before groups were parted."""
    if not service.offered:
        return service
    return msgspec.structs.replace(service, flexibility=list(service.offered), offered=())


def typed_again(
    service: FlexibilityService, zone: str, portfolio: Collection[str] = ()
) -> dict[str, str] | None:
    """Return the fields of the form that amends a request or offer; none where it says more.

    A form takes one power and one price for one span of neighbouring quarter-hours, of as many
    points of delivery as may be marked or of all that the party has.
    """
    if len(service.flexibility) != 1 or service.start_time is None:
        return None
    (entry,) = service.flexibility
    first, end = entry.power[0], entry.power[0].index + len(entry.power)
    points = [
        PowerPoint(index=each, p=first.p, p_price=first.p_price) for each in range(first.index, end)
    ]
    if entry != Flexibility(pod=entry.pod, pom=entry.pom, power=points):
        return None
    day = MarketDay.holding(service.start_time, zone)
    walls = _wall(day, first.index), _wall(day, end) if end < day.quarter_hours else END_OF_DAY
    if _between(day, *walls) != list(range(first.index, end)):  # an hour that clocks show twice
        return None
    pods = entry.pod or []
    is_whole = len(pods) > 1 and set(pods) == set(portfolio)
    if len(pods) > MOST_MARKED and not is_whole:
        return None
    return {
        "id": service.player_service_id,
        "revision": str(service.revision + 1),
        **({WHOLE: "yes"} if is_whole else {"pods": entry.pom or ", ".join(pods)}),
        "from": walls[0],
        "to": walls[1],
        "p": f"{first.p:.15g}",
        "price": f"{first.p_price:.15g}",
    }


def _between(day: MarketDay, first: str, last: str) -> list[int]:
    """Return the quarter-hours of a day whose clocks show a time from one on and before another."""
    walls = [_wall(day, index) for index in range(day.quarter_hours)]
    return [index for index, wall in enumerate(walls) if first <= wall < last]


def _wall(day: MarketDay, index: int) -> str:
    return f"{day.instant(index).astimezone(ZoneInfo(day.zone)):%H:%M}"


def _kind(form: Mapping[str, str]) -> ServiceType:
    try:
        return ServiceType(form.get("kind", "offer"))
    except ValueError as error:
        raise FieldWrong("It is an offer or a request.", field="kind") from error


def asked_indices(form: Mapping[str, str], session: MarketSession, zone: str) -> list[int]:
    """Return the quarter-hours of a session's day from one time of a form to another.

    Raises:
        FieldWrong: A time cannot be read, or nothing lies between them.
    """
    day = MarketDay.holding(session.start_time, zone)
    found = _between(day, wall_in(form, "from"), wall_in(form, "to"))
    if not found:
        raise FieldWrong("There is no quarter-hour from the one time to the other.", field="to")
    return found


def session_indices(session: MarketSession, zone: str) -> list[int]:
    """Return the quarter-hours of its market day that a session delivers in."""
    first = MarketDay.holding(session.start_time, zone).index(session.start_time)
    return list(range(first, first + session.duration * QUARTERS_AN_HOUR))
