"""A day of the grid: what breaks its limits before and after the market, and what was asked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

from platone.kernel.market_time import QUARTERS_AN_HOUR, MarketDay
from platone.messages.grid import Alarm
from platone.messages.market import RecordedService, ServiceType
from platone.messages.outcome import PodOutcome, ValidatedPod

STAGES = (("forecast", "forecast"), ("afterMarket", "after the market"), ("validated", "checked"))
"""The calculations of a day in their order: the name that REST knows, and what it is called."""
DRAWN = (("forecast", "before the market"), ("validated", "after, as checked"))
"""The calculations that are drawn: from baselines alone, and with the day's final trades."""


def drawn_stage(text: str) -> str:
    """Return a calculation that is drawn: the named one, else the one with the final trades."""
    return text if text in dict(DRAWN) else DRAWN[-1][0]


def picture_of(network: str, day: MarketDay, stage: str, alarm: Alarm) -> str:
    """Return the address at which an alarm is seen in its network; empty where it is not drawn.

    Args:
        network: The network that was calculated.
        day: The market day.
        stage: The calculation that found the alarm.
        alarm: The alarm.
    """
    if not network or stage not in dict(DRAWN):
        return ""
    return _drawn_at(network, day, stage, at=day.index(alarm.at), element=alarm.element)


def pictures_at(network: str, day: MarketDay, at: datetime) -> list[tuple[str, str]]:
    """Return the addresses at which a network is seen in a quarter-hour, with their names.

    Args:
        network: The network.
        day: The market day.
        at: Start of the quarter-hour.
    """
    return [(_drawn_at(network, day, key, at=day.index(at)), name) for key, name in DRAWN]


def _drawn_at(network: str, day: MarketDay, stage: str, **place: object) -> str:
    query = urlencode({"day": day.on.isoformat(), "stage": stage})
    told = urlencode(place, quote_via=quote)
    return f"/grid/{quote(network, safe='')}/picture?{query}#{told}"


@dataclass(frozen=True, slots=True)
class Worst:
    """The worst of a broken limit in one calculation of a day.

    Attributes:
        value: The value that is farthest beyond the limit.
        at: Start of the quarter-hour in which it is.
        quarter_hours: In how many the limit is broken.
    """

    value: float
    at: datetime
    quarter_hours: int


@dataclass(frozen=True, slots=True)
class BrokenLimit:
    """A limit that is broken in a calculation of a day, and what becomes of it in the others.

    Attributes:
        element: The branch or bus.
        kind: What is broken: current, voltage and the like.
        phase: The phase; empty where phases are not told apart.
        unit: Unit of its values.
        limit: What it may be.
        found: The worst by calculation: none where it holds. A calculation that was not made is
            not named.
        name: What people call the branch or bus; empty where its network tells no name.
    """

    element: str
    kind: str
    phase: str
    unit: str
    limit: float
    found: Mapping[str, Worst | None]
    name: str = ""

    @property
    def fate(self) -> str:
        """Return the fate of the limit, by the last calculation that was made."""
        stages = list(self.found)
        if self.found[stages[-1]] is not None:
            return "broken" if len(stages) == 1 else "still broken"
        return "cured" if self.found[stages[0]] is not None else "kept from breaking"


def broken_limits(alarms: Mapping[str, Sequence[Alarm] | None]) -> list[BrokenLimit]:
    """Return each limit that any calculation of a day finds broken, in the order of severity.

    Args:
        alarms: By calculation, in their order, the worst first; none where it was not made.
    """
    made = {stage: found for stage, found in alarms.items() if found is not None}
    limits: dict[tuple[str, str, str], list[Alarm]] = {}
    worst: dict[tuple[str, tuple[str, str, str]], Worst] = {}
    for stage, found in made.items():
        for alarm in found:
            key = (alarm.element, alarm.kind, alarm.phase or "")
            limits.setdefault(key, []).append(alarm)
            worst[stage, key] = _with(worst.get((stage, key)), alarm)
    return [
        BrokenLimit(
            *key,
            unit=first.unit,
            limit=first.limit,
            found={stage: worst.get((stage, key)) for stage in made},
            name=first.name,
        )
        for key, (first, *_) in limits.items()
    ]


def _with(known: Worst | None, alarm: Alarm) -> Worst:
    if known is None:  # the worst comes first
        return Worst(alarm.value, alarm.at, 1)
    return Worst(known.value, known.at, known.quarter_hours + 1)


@dataclass(frozen=True, slots=True)
class Asked:
    """An entry of a system operator's request, with what was sold for it.

    Attributes:
        service: The request.
        target: For whom it asks: points of delivery, or a point of measurement.
        start: Start of its first quarter-hour.
        end: End of its last one.
        quarter_hours: How many it names; they need not be without gaps.
        total_kw: The least and the most total power that it asks for, kW.
        need_kwh: The change that it needed when it was accepted, kWh; None where not told.
        price: The most that is paid, EUR/kWh.
    """

    service: RecordedService
    target: str
    start: datetime
    end: datetime
    quarter_hours: int
    total_kw: tuple[float, float]
    need_kwh: float | None
    price: float


def asked_rows(services: Iterable[RecordedService], day: MarketDay) -> list[Asked]:
    """Return the entries of active power of the DSO's requests of a session.

    Args:
        services: Requests and offers of the session.
        day: Its market day.
    """
    return [
        row
        for service in services
        if service.service_type is ServiceType.DSO_REQUEST
        for row in _entries(service, day)
    ]


def _entries(service: RecordedService, day: MarketDay) -> Iterable[Asked]:
    for place, entry in enumerate(service.flexibility):
        if entry.power_kind is not None and entry.power_kind.value != "P":
            continue
        indices = [point.index for point in entry.power]
        totals = [point.p for point in entry.power]
        needs = service.asked[place].needs_kw if place < len(service.asked) else ()
        yield Asked(
            service=service,
            target=entry.pom or ", ".join(entry.pod or ()),
            start=day.instant(min(indices)),
            end=day.end if max(indices) + 1 >= day.quarter_hours else day.instant(max(indices) + 1),
            quarter_hours=len(indices),
            total_kw=(min(totals), max(totals)),
            need_kwh=sum(needs) / QUARTERS_AN_HOUR if needs else None,
            price=max(point.p_price for point in entry.power),
        )


def sold_kwh(pods: Iterable[PodOutcome | ValidatedPod], party: str, request: str) -> float:
    """Return the change of energy that an outcome gives to a request, kWh.

    Args:
        pods: The outcome's trades.
        party: Whose request.
        request: The request's identifier.
    """
    return sum(
        (each.accepted_p_change or 0.0) / QUARTERS_AN_HOUR
        for pod in pods
        for each in pod.power
        if each.player_request_id == party and each.request_service_id in {None, request}
    )
