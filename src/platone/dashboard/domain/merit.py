"""The merit order of a request in a quarter-hour, from a session's recording and its outcome."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from platone.kernel.market_time import MarketDay
from platone.kernel.merit_order import Bid, draw_merit
from platone.messages.market import AskedGroup, PowerKind, RecordedService, RecordedSession
from platone.messages.outcome import MarketOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Merit:
    """A request in a quarter-hour, and the offers that compete for it, cheapest first.

    Attributes:
        request: The request.
        index: The quarter-hour.
        need_kw: What is needed; negative: less consumption.
        limit: The most that the request pays, EUR/kWh.
        cleared: The price that was paid, EUR/kWh; none where nothing was taken.
        bids: The offers.
    """

    request: RecordedService
    index: int
    need_kw: float
    limit: float
    cleared: float | None
    bids: tuple[Bid, ...]

    @property
    def key(self) -> str:
        """Return how an address names it."""
        return f"{self.index}-{self.request.player_service_id}"

    def picture(self) -> str:
        """Return the merit order as SVG."""
        return draw_merit(self.bids, abs(self.need_kw), self.cleared, self.limit)


def merit_titles(merits: Sequence[Merit], day: MarketDay) -> dict[str, str]:
    """Return the title of each merit order by its key: its quarter-hour, and whose request it is.

    Where a party has several requests of a quarter-hour, they are numbered: `12:30 CEST, DSO (2)`.

    Args:
        merits: The merit orders of a session.
        day: Its market day.
    """
    seen: Counter[tuple[int, str]] = Counter()
    titles: dict[str, str] = {}
    for each in {merit.key: merit for merit in merits}.values():
        whose = (each.index, each.request.player_id)
        seen[whose] += 1
        at = day.instant(each.index).astimezone(ZoneInfo(day.zone))
        number = f" ({seen[whose]})" if seen[whose] > 1 else ""
        titles[each.key] = f"{at:%H:%M %Z}, {each.request.player_id}{number}"
    return titles


def merit_orders(recorded: RecordedSession, outcome: MarketOutcome) -> list[Merit]:
    """Return a session's merit orders, those of each request by quarter-hour."""
    return sorted(_merits(recorded, outcome), key=lambda each: (each.index, each.key))


def _merits(recorded: RecordedSession, outcome: MarketOutcome) -> Iterator[Merit]:
    baselines = {each.pod_id: each.power_baseline for each in recorded.pods}
    services = recorded.flexibility_services
    offers = [each for each in services if each.service_type.value == "offer"]
    taken, paid = _traded(outcome)
    for request in services:
        if request.service_type.value == "offer":
            continue
        for place, entry in enumerate(request.flexibility):
            if entry.power_kind is PowerKind.REACTIVE:
                continue
            noted = request.asked[place] if place < len(request.asked) else AskedGroup()
            group = set(entry.pod or noted.pods or _fed_by(entry.pom, recorded))
            for at, point in enumerate(entry.power):
                need_kw = (
                    noted.needs_kw[at]
                    if at < len(noted.needs_kw)
                    else point.p - _together(group, baselines, point.index)
                )
                key = (request.player_service_id, point.index)
                wanted = _Wanted(key, group, need_kw)
                bids = _bids(offers, wanted, baselines, taken)
                yield Merit(
                    request=request,
                    index=point.index,
                    need_kw=need_kw,
                    limit=point.p_price,
                    cleared=paid.get(key),
                    bids=tuple(bids),
                )


def _fed_by(pom: str | None, recorded: RecordedSession) -> Iterator[str]:
    return (each.pod_id for each in recorded.pods if pom is not None and each.po_m_id == pom)


def _together(group: set[str], baselines: dict[str, list[float]], index: int) -> float:
    """Return the baseline of a group in a quarter-hour, kW: what is missing counts as none."""
    known = (baselines.get(pod, []) for pod in group)
    return sum(values[index] for values in known if index < len(values))


_Taken = dict[tuple[str, int, str, str], float]


def _traded(outcome: MarketOutcome) -> tuple[_Taken, dict[tuple[str, int], float]]:
    """Return the power that each request took of each offer, kW, and the price that it paid."""
    taken: _Taken = {}
    paid: dict[tuple[str, int], float] = {}
    for part in outcome.flexibility:
        for power in part.power:
            if power.accepted_p_change is None or power.request_service_id is None:
                continue
            key = (power.request_service_id, power.index)
            offer = (*key, power.player_service_id, part.pod)
            taken[offer] = taken.get(offer, 0.0) + abs(power.accepted_p_change)
            paid[key] = max(paid.get(key, 0.0), power.accepted_p_price or 0.0)
    return taken, paid


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A need of a request: by request and quarter-hour, of a group, kW."""

    key: tuple[str, int]
    group: set[str]
    need_kw: float


def _bids(
    offers: list[RecordedService],
    wanted: _Wanted,
    baselines: dict[str, list[float]],
    taken: _Taken,
) -> list[Bid]:
    index, found = wanted.key[1], []
    for offer in offers:
        for entry in offer.flexibility:
            pod = (entry.pod or [""])[0]
            if (
                entry.power_kind is PowerKind.REACTIVE
                or pod not in wanted.group
                or index >= len(baselines.get(pod, ()))
            ):
                continue
            for point in entry.power:
                change = point.p - baselines[pod][index]
                if point.index == index and change * wanted.need_kw > 0:
                    sold = taken.get((*wanted.key, offer.player_service_id, pod), 0.0)
                    found.append(Bid(pod, abs(change), sold, point.p_price))
    return sorted(found, key=lambda bid: bid.price)
