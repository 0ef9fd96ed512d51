"""Wishes of customers, and what they agreed, held against offers that a person or program makes."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from zoneinfo import ZoneInfo

from msgspec import structs

from platone.aggregator.domain.preference import is_available
from platone.aggregator.domain.problem import WishNotKept
from platone.kernel.market_time import QUARTER_HOUR, MarketDay
from platone.messages.asset import AvailableSpan, DayPreference
from platone.messages.market import Flexibility, FlexibilityService, PowerKind, PowerPoint
from platone.messages.registry import FlexibilityPreference

_ROUNDING = 1e-9
"""Difference of a power (kW) or a price (EUR/kWh) from what was agreed that is rounding."""


@dataclass(frozen=True, slots=True)
class BoundPod:
    """A point of delivery with all that its customer lets an aggregator offer of it on a day.

    Attributes:
        said: What the customer said for the day, if anything.
        agreed: What may be offered, by quarter-hour; empty where no single ones were agreed.
        baseline_kw: Power without any trade, one value a quarter-hour; none where it is unknown.
    """

    said: DayPreference | None
    agreed: Sequence[FlexibilityPreference] = ()
    baseline_kw: Sequence[float] | None = None


@dataclass(frozen=True, slots=True)
class _Broken:
    """A wish that an offer does not keep in a quarter-hour, with the price that it is about."""

    wish: str
    price: float | None = None


_SAID = {
    "notAvailable": "its customer lets nothing be offered on this day",
    "hours": "its customer lets nothing be offered in these hours of this day",
    "agreedHours": "nothing was agreed with its customer for these hours and this direction",
    "agreedChange": "more is offered than was agreed with its customer",
    "leastPrice": "the price is below the least price of its customer, {price:g} €/kWh",
    "leastReactivePrice": "the price is below the least price of its customer, {price:g} €/kvarh",
}
"""The sentence that is told of each wish that is not kept."""


def broken_wishes(
    offer: FlexibilityService, pods: Mapping[str, BoundPod], day: MarketDay
) -> Iterator[WishNotKept]:
    """Yield a problem for each wish of a customer that an offer does not keep.

    Of an entry of several points of delivery only the total is known: there the direction is that
    of all together, and how much each gives is not compared with what was agreed.

    Args:
        offer: The offer, its powers being totals.
        pods: The points of delivery that have wishes; others are not looked at.
        day: The market day.
    """
    for entry in offer.flexibility:
        names = entry.pod or sorted(pods)  # behind a point of measurement any of them may stand
        group = [pods[name] for name in names if name in pods]
        for name in names:
            if name not in pods:
                continue
            found: dict[_Broken, list[int]] = {}
            for point in entry.power:
                change = _change(entry, point, group) if len(group) == len(names) else None
                broken = _broken(entry, point, pods[name], change, is_alone=len(names) == 1)
                if broken is not None:
                    found.setdefault(broken, []).append(point.index)
            for broken, indices in found.items():
                yield _problem(name, broken, indices, day)


def unwished_indices(service: FlexibilityService, said: DayPreference) -> set[int]:
    """Return the quarter-hours that an offer offers of a PoD against its customer's word."""
    return {
        point.index
        for entry in service.flexibility
        if said.pod_id in (entry.pod or ())
        for point in entry.power
        if not is_available(said, point.index)
    }


def without_unwished(service: FlexibilityService, said: DayPreference) -> list[Flexibility]:
    """Return the entries of an offer, without what a customer keeps of its PoD for itself.

    An entry of several points of delivery is left out as a whole where one of them falls out, and
    so is one whose terms bind its quarter-hours together: what remains of it would be another.
    """
    left: list[Flexibility] = []
    for entry in service.flexibility:
        kept = [each for each in entry.power if is_available(said, each.index)]
        if said.pod_id not in (entry.pod or ()) or len(kept) == len(entry.power):
            left.append(entry)
        elif kept and entry.pod == [said.pod_id] and entry.order is None:
            left.append(structs.replace(entry, power=kept))
    return left


def spans_of(indices: Collection[int]) -> tuple[AvailableSpan, ...]:
    """Return quarter-hours as spans, neighbouring ones together."""
    runs = groupby(enumerate(sorted(indices)), key=lambda each: each[1] - each[0])
    found = []
    for _, members in runs:
        run = [index for _, index in members]
        found.append(AvailableSpan(first_index=run[0], end_index=run[-1] + 1))
    return tuple(found)


def _change(entry: Flexibility, point: PowerPoint, group: Sequence[BoundPod]) -> float | None:
    """Return the change from the baseline of all of an entry, kW; none where it is unknown."""
    if entry.power_kind is PowerKind.REACTIVE:
        return None
    total = 0.0
    for pod in group:
        if pod.baseline_kw is None or point.index >= len(pod.baseline_kw):
            return None
        total += pod.baseline_kw[point.index]
    return point.p - total


def _broken(
    entry: Flexibility, point: PowerPoint, pod: BoundPod, change: float | None, *, is_alone: bool
) -> _Broken | None:
    """Return the first wish of a point of delivery that a quarter-hour of an offer breaks."""
    if not is_available(pod.said, point.index):
        is_day = pod.said is not None and not pod.said.available
        return _Broken("notAvailable" if is_day else "hours")
    if not pod.agreed:
        return None
    choices = [each for each in pod.agreed if each.index == point.index]
    if entry.power_kind is PowerKind.REACTIVE:
        return _broken_reactive(point, choices)
    if change is not None:
        choices = [each for each in choices if each.change_kw * change >= 0]
    if not choices:
        return _Broken("agreedHours")
    if change is not None and is_alone:
        choices = [each for each in choices if abs(each.change_kw) >= abs(change) - _ROUNDING]
        if not choices:
            return _Broken("agreedChange")
    least = min(each.price_eur_per_kwh for each in choices)
    return _Broken("leastPrice", least) if point.p_price < least - _ROUNDING else None


def _broken_reactive(point: PowerPoint, choices: Iterable[FlexibilityPreference]) -> _Broken | None:
    prices = [each.price_eur_per_kvarh or 0.0 for each in choices if each.change_kvar is not None]
    if not prices:
        return _Broken("agreedHours")
    is_kept = (point.q_price or 0.0) >= min(prices) - _ROUNDING
    return None if is_kept else _Broken("leastReactivePrice", min(prices))


def _problem(pod_id: str, broken: _Broken, indices: Sequence[int], day: MarketDay) -> WishNotKept:
    spans = spans_of(indices)
    told = _SAID[broken.wish].format(price=broken.price)
    fields = {} if broken.price is None else {"leastPrice": broken.price}
    return WishNotKept(
        f"{pod_id}, {_in_words(spans, day)} on {day.on}: {told}.",
        podId=pod_id,
        day=day.on.isoformat(),
        wish=broken.wish,
        indices=[index for each in spans for index in range(each.first_index, each.end_index)],
        **fields,
    )


def _in_words(spans: Iterable[AvailableSpan], day: MarketDay) -> str:
    site = ZoneInfo(day.zone)
    walls = (
        (
            (day.start + each.first_index * QUARTER_HOUR).astimezone(site),
            (day.start + each.end_index * QUARTER_HOUR).astimezone(site),
        )
        for each in spans
    )
    return ", ".join(f"{first:%H:%M} to {end:%H:%M}" for first, end in walls)
