"""The visitor's own requests and offers that stand in a session, to be amended and withdrawn."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from platone.dashboard.domain.offer_form import typed_again
from platone.dashboard.domain.trade import service_rows
from platone.kernel.market_time import QUARTER_HOUR, MarketDay
from platone.messages.market import RecordedService

Span = tuple[float, float]
"""The least and the greatest of some numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingService:
    """A request or offer that stands.

    Attributes:
        id: Its identifier.
        targets: The points of delivery or of measurement that it names, each once.
        start: The start of its first quarter-hour.
        end: The end of its last one.
        totals_kw: Its least and greatest total active power, kW; none where it has none.
        prices_eur_per_kwh: Its least and greatest price of that, likewise.
        again: The fields of the form that amends it; none where it says more than a form takes.
    """

    id: str
    targets: list[str]
    start: datetime
    end: datetime
    totals_kw: Span | None
    prices_eur_per_kwh: Span | None
    again: dict[str, str] | None


def standing_services(
    services: Iterable[RecordedService], day: MarketDay, portfolio: Collection[str] = ()
) -> list[StandingService]:
    """Return requests and offers as they are listed beside the form.

    Args:
        services: Those that stand in a session.
        day: Its market day.
        portfolio: All points of delivery of the party.
    """
    return [_standing(each, day, portfolio) for each in services]


def _standing(
    service: RecordedService, day: MarketDay, portfolio: Collection[str]
) -> StandingService:
    rows = service_rows([service], day)
    active = [point for row in rows if not row.is_reactive for point in row.points]
    times = [point.at for row in rows for point in row.points]
    named = (pod for entry in service.flexibility for pod in (entry.pod or [entry.pom or ""]))
    return StandingService(
        id=service.player_service_id,
        targets=list(dict.fromkeys(named)),
        start=min(times),
        end=max(times) + QUARTER_HOUR,
        totals_kw=_span(point.total for point in active),
        prices_eur_per_kwh=_span(point.price for point in active),
        again=typed_again(service, day.zone, portfolio),
    )


def _span(values: Iterable[float]) -> Span | None:
    known = list(values)
    return (min(known), max(known)) if known else None
