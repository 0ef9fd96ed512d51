"""Delivery of what was sold: what was ordered of each quarter-hour, and what was measured."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from platone.aggregator.domain.activation import setpoints_of
from platone.aggregator.domain.dispatch import SiteDispatch
from platone.aggregator.domain.portfolio_offer import asset_shares, trades_by_pod
from platone.grid.profile.meter_row import MeterRows
from platone.kernel.market_time import (
    QUARTER_HOUR,
    QUARTER_HOUR_MINUTES,
    QUARTER_HOUR_S,
    QUARTERS_AN_HOUR,
    MarketDay,
)
from platone.messages.delivery import AlarmKind, DeliveryAlarm, DispatchedQuarter, DispatchState
from platone.messages.outcome import ValidatedOutcome
from platone.messages.plan import AssetShare

_TOLERANCE = 0.05
"""Part of the sold change by which a delivery may be off: meters and controls are, by so much."""
_LEAST_KW = 0.1
"""Deviation that is never told, kW: less than what can be sold."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """A quarter-hour as it was sold.

    Attributes:
        total_kw: Total power that was ordered.
        change_kw: Change from the baseline.
    """

    total_kw: float
    change_kw: float


def orders_of(
    outcomes: Sequence[ValidatedOutcome], party: str, zone: str
) -> dict[str, dict[datetime, Ordered]]:
    """Return the orders of a party's PoDs by quarter-hour; a later session's total counts."""
    totals: dict[tuple[str, datetime], float] = {}
    for outcome in outcomes:
        for setpoint in setpoints_of(outcome, party, zone):
            if setpoint.power_kw is not None:  # else it is one of reactive power alone
                totals[setpoint.pod_id, setpoint.start_time] = setpoint.power_kw
    found: dict[str, dict[datetime, Ordered]] = {}
    for pod, trades in trades_by_pod(outcomes, party, zone).items():
        changes: dict[datetime, float] = {}
        for trade in trades:
            before = changes.get(trade.start, 0.0)
            changes[trade.start] = before + trade.change_kwh * QUARTERS_AN_HOUR
        found[pod] = {
            start: Ordered(totals[pod, start], change)
            for start, change in sorted(changes.items())
            if (pod, start) in totals
        }
    return found


def measured_kw(rows: MeterRows) -> dict[tuple[str, datetime], float]:
    """Return the mean power of each quarter-hour that was metered in a whole or in whole parts."""
    names = {place: name for name, place in rows.consumers.items()}
    latest = {
        (names[consumer], start_s, minutes): kwh
        for consumer, start_s, minutes, kwh, good in zip(
            rows.consumer, rows.start_s, rows.minutes, rows.kwh, rows.is_good, strict=True
        )
        if good
    }
    parts: dict[tuple[str, int], list[tuple[int, float]]] = {}
    for (name, start_s, minutes), kwh in latest.items():
        parts.setdefault((name, start_s - start_s % QUARTER_HOUR_S), []).append((minutes, kwh))
    return {
        (name, _instant(start_s)): sum(kwh for _, kwh in each) * QUARTERS_AN_HOUR
        for (name, start_s), each in parts.items()
        if sum(minutes for minutes, _ in each) == QUARTER_HOUR_MINUTES
    }


def _instant(start_s: int) -> datetime:
    return datetime.fromtimestamp(start_s, UTC)


def dispatched_quarters(
    orders: Mapping[datetime, Ordered],
    day: MarketDay,
    now: datetime,
    measured: Mapping[datetime, float],
    dispatch: Mapping[datetime, tuple[tuple[AssetShare, ...], float]],
) -> Iterator[DispatchedQuarter]:
    """Yield the sold quarter-hours of a PoD, with what was measured or is to be given.

    Args:
        orders: What was sold.
        day: The market day.
        now: The current instant.
        measured: What was measured, kW.
        dispatch: Of quarter-hours to come: the assets' shares, and what is missing.
    """
    for start, order in orders.items():
        found = measured.get(start)
        shares, missing = dispatch.get(start, ((), 0.0))
        yield DispatchedQuarter(
            index=day.index(start),
            state=_state(order, found, is_over=start + QUARTER_HOUR <= now),
            ordered_kw=order.total_kw,
            change_kw=order.change_kw,
            shares=shares,
            uncovered_kw=missing,
            measured_kw=found,
        )


def _state(order: Ordered, found: float | None, *, is_over: bool) -> DispatchState:
    if not is_over:
        return DispatchState.AHEAD
    if found is None:
        return DispatchState.AWAITED
    bound = max(_TOLERANCE * abs(order.change_kw), _LEAST_KW)
    if abs(found - order.total_kw) > bound:
        return DispatchState.DEVIATES
    return DispatchState.DELIVERED


def shares_by_start(
    found: SiteDispatch, first: int, day: MarketDay, changes: Mapping[int, float]
) -> dict[datetime, tuple[tuple[AssetShare, ...], float]]:
    """Return a dispatch by quarter-hour: the assets' shares, and what is missing, kW.

    Args:
        found: The dispatch.
        first: The quarter-hour that its places are counted from.
        day: The market day.
        changes: What was sold, by place.
    """
    return {
        day.instant(first + place): (
            asset_shares(
                [each for each in found.shares if each.place == place], 1 if change_kw > 0 else -1
            ),
            found.uncovered_kw.get(place, 0.0),
        )
        for place, change_kw in changes.items()
    }


def alarms_of(
    pod_id: str, day: MarketDay, quarters: Sequence[DispatchedQuarter], now: datetime
) -> Iterator[DeliveryAlarm]:
    """Yield the alarms that a PoD's quarter-hours give rise to."""
    for each in quarters:
        start = day.instant(each.index)
        if each.state is DispatchState.DEVIATES and each.measured_kw is not None:
            kind, missing = AlarmKind.DEVIATES, each.measured_kw - each.ordered_kw
        elif each.uncovered_kw > 0:
            kind, missing = AlarmKind.UNCOVERED, each.uncovered_kw
        else:
            continue
        yield DeliveryAlarm(
            pod_id=pod_id,
            start_time=start,
            kind=kind,
            ordered_kw=each.ordered_kw,
            missing_kw=missing,
            noticed_at=now,
        )
