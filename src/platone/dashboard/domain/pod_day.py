"""A point of delivery's day: its curves, and what was sold and paid of it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from platone.dashboard.domain.day_picture import DayCurves, on_day
from platone.kernel.market_time import QUARTER_HOUR_MINUTES, MarketDay
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
) -> DayCurves:
    """Return the curves of a point of delivery's day; what is another's is left out."""
    return DayCurves(
        day,
        on_day(day, _baseline(pod, baselines)),
        on_day(day, _measured(pod, measured)),
        on_day(day, _agreed(day, pod, outcomes)),
    )


def _baseline(pod: str, baselines: Iterable[Series]) -> dict[datetime, float]:
    quarter = timedelta(minutes=QUARTER_HOUR_MINUTES)
    return {
        each.start_time + place * quarter: value
        for each in baselines
        if each.pod_id == pod
        for place, value in enumerate(each.values)
    }


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


def energy_kwh(curve: Iterable[float | None]) -> tuple[float, float]:
    """Return the energy that a day's curve draws from the grid, and that it feeds in, kWh."""
    hours = QUARTER_HOUR_MINUTES / _MINUTES_AN_HOUR
    known = [value for value in curve if value is not None]
    drawn = sum(value for value in known if value > 0) * hours
    fed = -sum(value for value in known if value < 0) * hours
    return drawn, fed
