"""The worth of an offer, if all of it were taken and delivered."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from platone.dashboard.domain.day_picture import Curve
from platone.kernel.market_time import QUARTER_HOUR, QUARTERS_AN_HOUR, MarketDay
from platone.messages.market import Flexibility, FlexibilityService, PowerKind

_DIGITS = 6
"""Digits after the point of an amount, EUR: to the millionth, which the ledger counts."""


def to_micro(eur: float) -> float:
    """Return an amount to the millionth of a euro."""
    return round(eur, _DIGITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedQuarter:
    """A quarter-hour of a point of delivery that is offered.

    Attributes:
        at: Its start.
        pod: The point of delivery.
        offer: The offer's identifier.
        total_kw: The power it would have.
        baseline_kw: The power that is expected of it; none where that is not known.
        price_eur_per_kwh: The least price.
        counted_kwh: The energy of it that counts in what all would earn.
    """

    at: datetime
    pod: str
    offer: str
    total_kw: float
    baseline_kw: float | None
    price_eur_per_kwh: float
    counted_kwh: float = 0.0

    @property
    def change_kw(self) -> float | None:
        """Return the change from the baseline, kW; none where the baseline is not known."""
        return None if self.baseline_kw is None else self.total_kw - self.baseline_kw

    @property
    def worth_eur(self) -> float:
        """Return the worth of the energy that counts, at the least price, EUR."""
        return to_micro(self.counted_kwh * self.price_eur_per_kwh)


@dataclass(frozen=True, slots=True)
class OfferedSpan:
    """Neighbouring quarter-hours of a point of delivery that are offered at one price.

    Attributes:
        quarters: The quarter-hours, by time.
    """

    quarters: tuple[OfferedQuarter, ...]

    @property
    def start(self) -> datetime:
        """Return when it begins."""
        return self.quarters[0].at

    @property
    def end(self) -> datetime:
        """Return when it ends."""
        return self.quarters[-1].at + QUARTER_HOUR

    @property
    def changes_kw(self) -> tuple[float, float] | None:
        """Return the least and the greatest change, kW; none where a baseline is not known."""
        known = [each.change_kw for each in self.quarters if each.change_kw is not None]
        return (min(known), max(known)) if len(known) == len(self.quarters) else None

    @property
    def counted_kwh(self) -> float:
        """Return the energy that counts, kWh."""
        return sum(each.counted_kwh for each in self.quarters)

    @property
    def worth_eur(self) -> float:
        """Return the worth of the energy that counts, EUR."""
        return to_micro(sum(each.worth_eur for each in self.quarters))


def offered_quarters(
    offer: FlexibilityService, day: MarketDay, baselines: Mapping[str, Curve]
) -> list[OfferedQuarter]:
    """Return the quarter-hours of active power that an offer holds, with what counts of each.

    Of the options of a choice the one that earns most counts, and of an entry whose energy is
    bounded the dearest part of it.

    Args:
        offer: The offer.
        day: Its market day.
        baselines: The baselines of points of delivery, kW.
    """
    units: dict[tuple[str | None, str], list[OfferedQuarter]] = defaultdict(list)
    for place, entry in enumerate(offer.flexibility):
        if entry.power_kind is PowerKind.REACTIVE:
            continue
        block = entry.order and entry.order.block
        choice = entry.order.option_of if entry.order else None
        units[choice, f"block {block}" if block else f"entry {place}"] += _counted(
            list(_quarters(offer, entry, day, baselines)), entry
        )
    best: dict[str, str] = {}
    for choice, unit in sorted(units, key=lambda key: _worth(units[key]), reverse=True):
        if choice is not None:
            best.setdefault(choice, unit)
    return [
        quarter if choice is None or best[choice] == unit else replace(quarter, counted_kwh=0.0)
        for (choice, unit), quarters in units.items()
        for quarter in quarters
    ]


def _quarters(
    offer: FlexibilityService, entry: Flexibility, day: MarketDay, baselines: Mapping[str, Curve]
) -> Iterator[OfferedQuarter]:
    pods = entry.pod or ()
    known = baselines.get(pods[0]) if len(pods) == 1 else None
    for point in entry.power:
        yield OfferedQuarter(
            at=day.instant(point.index),
            pod=", ".join(pods) or entry.pom or "",
            offer=offer.player_service_id,
            total_kw=point.p,
            baseline_kw=None if known is None else known[point.index],
            price_eur_per_kwh=point.p_price,
        )


def _counted(quarters: Sequence[OfferedQuarter], entry: Flexibility) -> list[OfferedQuarter]:
    """Return quarter-hours with the energy that counts of each, the dearest first."""
    bound = entry.order.most_energy_kwh if entry.order else None
    left_kwh = float("inf") if bound is None else bound
    found = []
    for each in sorted(quarters, key=lambda each: each.price_eur_per_kwh, reverse=True):
        moved_kwh = min(abs(each.change_kw or 0.0) / QUARTERS_AN_HOUR, left_kwh)
        left_kwh -= moved_kwh
        found.append(replace(each, counted_kwh=moved_kwh))
    return found


def _worth(quarters: Iterable[OfferedQuarter]) -> float:
    return sum(each.worth_eur for each in quarters)


def spans_of(quarters: Iterable[OfferedQuarter]) -> list[OfferedSpan]:
    """Return quarter-hours as spans of one price, by point of delivery and time."""
    ordered = sorted(quarters, key=lambda each: (each.pod, each.offer, each.at))

    def run(numbered: tuple[int, OfferedQuarter]) -> tuple[object, ...]:
        place, each = numbered
        return each.pod, each.offer, each.price_eur_per_kwh, each.at - place * QUARTER_HOUR

    return [
        OfferedSpan(tuple(each for _, each in same))
        for _, same in groupby(enumerate(ordered), key=run)
    ]
