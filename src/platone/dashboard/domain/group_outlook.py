"""The outlook of a group of points of delivery, before flexibility is asked of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from platone.dashboard.domain.day_picture import DayCurves
from platone.dashboard.domain.pod_day import baseline_curves
from platone.kernel.market_time import MarketDay
from platone.messages.grid import Alarm
from platone.messages.registry import PointOfDelivery, Series


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedQuarter:
    """A quarter-hour of a group, total powers in kW.

    Attributes:
        at: Its start.
        baseline_kw: The sum of the baselines.
        least_kw: To what the group may be lowered, by its contracted flexibility.
        most_kw: To what it may be raised.
        change_kw: The change that a typed total asks for; none where none is typed.
    """

    at: datetime
    baseline_kw: float
    least_kw: float
    most_kw: float
    change_kw: float | None

    @property
    def is_within(self) -> bool:
        """Return whether the contracted flexibility of the group reaches what is asked."""
        if self.change_kw is None:
            return True
        wanted = self.baseline_kw + self.change_kw
        return self.least_kw - _SLACK_KW <= wanted <= self.most_kw + _SLACK_KW


_SLACK_KW = 1e-6
"""How far sums of powers are off by their rounding, kW."""


@dataclass(frozen=True, slots=True)
class GroupOutlook:
    """A group of points of delivery on a market day, as it is expected and asked.

    Attributes:
        curves: The sum of its baselines, what is asked of it, and how far it may be moved.
        missing: Its points of delivery without a baseline of the day: the sum is without them.
        quarters: The quarter-hours that are asked about.
        alarms: The limits of the grid that are broken in them, where that is told.
    """

    curves: DayCurves
    missing: list[str]
    quarters: list[ExpectedQuarter]
    alarms: list[Alarm] | None = None


def group_outlook(
    day: MarketDay,
    pods: Sequence[PointOfDelivery],
    baselines: Sequence[Series],
    indices: Sequence[int],
    total_kw: float | None,
) -> GroupOutlook:
    """Return the outlook of a group.

    Args:
        day: The market day.
        pods: Its points of delivery.
        baselines: Baselines of the day, kW, load convention.
        indices: The quarter-hours that are asked about.
        total_kw: The total power that is asked for in each; none where none is typed.
    """
    curves = baseline_curves(day, baselines)
    known = [each for each in pods if any(kw is not None for kw in curves.get(each.pod_id, ()))]
    found = {each.pod_id for each in known}
    sums = [_sum(column) for column in zip(*(curves[each.pod_id] for each in known), strict=True)]
    nothing = [None] * day.quarter_hours
    asked = [total_kw if place in indices else None for place in range(day.quarter_hours)]
    drawn = DayCurves(day, sums or nothing, nothing, nothing, asked)
    may = [each.max_flexibility for each in known if each.max_flexibility is not None]
    rise_kw, fall_kw = sum(each.upper_p for each in may), sum(each.down_p for each in may)
    return GroupOutlook(
        curves=drawn.with_bounds(rise_kw, fall_kw),
        missing=[each.pod_id for each in pods if each.pod_id not in found],
        quarters=[
            ExpectedQuarter(
                at=day.instant(at),
                baseline_kw=baseline,
                least_kw=baseline - fall_kw,
                most_kw=baseline + rise_kw,
                change_kw=None if total_kw is None else total_kw - baseline,
            )
            for at in indices
            if (baseline := drawn.baseline_kw[at]) is not None
        ],
    )


def with_alarms(
    outlook: GroupOutlook, day: MarketDay, indices: Iterable[int], alarms: Iterable[Alarm]
) -> GroupOutlook:
    """Return an outlook with the alarms of its quarter-hours, the worst first as they come."""
    wanted = {day.instant(each) for each in indices}
    return replace(outlook, alarms=[each for each in alarms if each.at in wanted])


def _sum(values: Iterable[float | None]) -> float | None:
    known = [each for each in values if each is not None]
    return sum(known) if known else None
