"""A point of delivery's day: its curves, and what was sold and paid of it."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from platone.dashboard.domain.day_picture import Curve, DayCurves, on_day
from platone.kernel.market_time import (
    QUARTER_HOUR,
    QUARTER_HOUR_MINUTES,
    QUARTERS_AN_HOUR,
    MarketDay,
)
from platone.messages.market import FlexibilityService, PowerKind
from platone.messages.outcome import ValidatedOutcome
from platone.messages.registry import Measurement, Series

_WH_A_KWH = 1000.0
"""Watt-hours of a kilowatt-hour."""
_MINUTES_AN_HOUR = 60
"""Minutes of an hour."""


def curves_of(
    day: MarketDay,
    pod: str,
    baselines: Iterable[Series],
    measured: Iterable[Measurement],
    outcomes: Iterable[ValidatedOutcome],
    offers: Iterable[FlexibilityService] = (),
) -> DayCurves:
    """Return the curves of a point of delivery's day; what is another's is left out."""
    return DayCurves(
        day,
        baseline_curve(day, pod, baselines),
        on_day(day, _measured(pod, measured)),
        on_day(day, _agreed(day, pod, outcomes)),
        on_day(day, _offered(day, pod, offers)),
    )


def baseline_curve(day: MarketDay, pod: str, baselines: Iterable[Series]) -> Curve:
    """Return the baseline of a point of delivery on a day, kW; what is another's is left out."""
    own = [each for each in baselines if each.pod_id == pod]
    return baseline_curves(day, own).get(pod) or on_day(day, {})


def baseline_curves(day: MarketDay, baselines: Iterable[Series]) -> dict[str, Curve]:
    """Return the baselines of a day by point of delivery, kW; of a later series what it says."""
    known: defaultdict[str, dict[datetime, float]] = defaultdict(dict)
    for each in baselines:
        for place, value in enumerate(each.values):
            known[each.pod_id][each.start_time + place * QUARTER_HOUR] = value
    return {pod: on_day(day, values) for pod, values in known.items()}


def _measured(pod: str, measured: Iterable[Measurement]) -> dict[datetime, float]:
    """Return mean powers by quarter-hour, kW, of readings of whatever length."""
    energy: dict[datetime, float] = {}
    minutes: dict[datetime, int] = {}
    for each in measured:
        if each.pod_id != pod:
            continue
        for step in range(0, each.duration_minutes, QUARTER_HOUR_MINUTES):
            length = min(each.duration_minutes - step, QUARTER_HOUR_MINUTES)
            at = each.start_time + timedelta(minutes=step)
            start = at - timedelta(minutes=at.minute % QUARTER_HOUR_MINUTES)
            energy[start] = energy.get(start, 0.0) + each.energy_wh * length / each.duration_minutes
            minutes[start] = minutes.get(start, 0) + length
    return {
        at: energy[at] / _WH_A_KWH * _MINUTES_AN_HOUR / QUARTER_HOUR_MINUTES
        for at, known in minutes.items()
        if known == QUARTER_HOUR_MINUTES
    }


def _agreed(
    day: MarketDay, pod: str, outcomes: Iterable[ValidatedOutcome]
) -> dict[datetime, float]:
    """Return the totals that were agreed, kW, where flexibility was sold."""
    found: dict[datetime, float] = {}
    for outcome in outcomes:
        if MarketDay.holding(outcome.start_time, day.zone) != day:
            continue
        for part in outcome.flexibility:
            for power in part.power if part.pod == pod else ():
                if power.accepted_p_value is not None:
                    found[day.instant(power.index)] = power.accepted_p_value
    return found


def _offered(
    day: MarketDay, pod: str, offers: Iterable[FlexibilityService]
) -> dict[datetime, float]:
    """Return the totals that were offered, kW; of several of a quarter-hour the last one."""
    return {
        day.instant(point.index): point.p
        for offer in offers
        for entry in offer.flexibility
        if entry.power_kind is not PowerKind.REACTIVE and pod in (entry.pod or ())
        for point in entry.power
    }


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of a day, for a table: energies, kWh; none where a part of it is not known.

    Attributes:
        name: When it begins, as clocks show it.
        measured_kwh: What was measured, net.
        baseline_kwh: What was expected.
        agreed_kwh: What was agreed in a part of it, with what was expected in the rest; none where
            nothing was agreed.
    """

    name: str
    measured_kwh: float | None
    baseline_kwh: float | None
    agreed_kwh: float | None


def hours_of(curves: DayCurves, wall: Callable[[datetime], str]) -> list[Hour]:
    """Return the hours of a day's curves, as a table for those who cannot see the picture."""

    def energy(curve: Curve, first: int) -> float | None:
        known = [value for value in curve[first : first + QUARTERS_AN_HOUR] if value is not None]
        return sum(known) / QUARTERS_AN_HOUR if len(known) == QUARTERS_AN_HOUR else None

    def any_known(curve: Curve, first: int) -> bool:
        return any(value is not None for value in curve[first : first + QUARTERS_AN_HOUR])

    followed = [
        expected if agreed is None else agreed
        for agreed, expected in zip(curves.agreed_kw, curves.baseline_kw, strict=True)
    ]
    return [
        Hour(
            wall(curves.day.instant(first)),
            energy(curves.measured_kw, first),
            energy(curves.baseline_kw, first),
            energy(followed, first) if any_known(curves.agreed_kw, first) else None,
        )
        for first in range(0, curves.day.quarter_hours, QUARTERS_AN_HOUR)
    ]


def energy_kwh(curve: Iterable[float | None]) -> tuple[float, float]:
    """Return the energy that a day's curve draws from the grid, and that it feeds in, kWh."""
    hours = QUARTER_HOUR_MINUTES / _MINUTES_AN_HOUR
    known = [value for value in curve if value is not None]
    drawn = sum(value for value in known if value > 0) * hours
    fed = -sum(value for value in known if value < 0) * hours
    return drawn, fed


@dataclass(frozen=True, slots=True)
class Moves:
    """The energies of a day that were offered, sold and not sold on one side, kWh.

    Attributes:
        side: "rise" or "fall".
        offered_kwh: What was offered.
        sold_kwh: What of all offers was sold.
        unsold_kwh: What was offered and not sold.
    """

    side: str
    offered_kwh: float
    sold_kwh: float
    unsold_kwh: float


def moves_of(curves: DayCurves) -> list[Moves]:
    """Return the energies of a day that were offered and sold, for each side."""
    unsold = [None if each is None else each[1] - each[0] for each in curves.unsold_kw()]
    offered = _changes(curves.offered_kw, curves.baseline_kw)
    sold = _changes(curves.agreed_kw, curves.baseline_kw)
    sides = [energy_kwh(each) for each in (offered, sold, unsold)]
    return [
        Moves(side, *(energies[place] for energies in sides))
        for place, side in enumerate(("rise", "fall"))
        if any(energies[place] for energies in sides)
    ]


def _changes(totals: Curve, baseline: Curve) -> list[float | None]:
    """Return the differences of totals from the baseline, kW, where both are known."""
    return [
        None if total is None or base is None else total - base
        for total, base in zip(totals, baseline, strict=False)
    ]
