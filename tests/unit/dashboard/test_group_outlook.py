"""What is expected of a group is the sum of its baselines, and how far contracts let it move."""

from datetime import UTC, date, datetime

import pytest

from platone.dashboard.domain.group_outlook import GroupOutlook, group_outlook, with_alarms
from platone.kernel.market_time import MarketDay
from platone.messages.grid import Alarm
from platone.messages.registry import MaxFlexibility, PointOfDelivery, Series

DAY = MarketDay(date(2021, 6, 23), "Europe/Rome")


def pod(name: str, up: float = 10.0, down: float = 20.0) -> PointOfDelivery:
    may = MaxFlexibility(upper_p=up, down_p=down)
    return PointOfDelivery(pod_id=name, aggregator_id="ACEAE", max_flexibility=may)


def series(name: str, kw: float, day: MarketDay = DAY) -> Series:
    return Series(pod_id=name, start_time=day.start, values=[kw] * day.quarter_hours)


PODS = [pod("A"), pod("B", 5.0, 0.0), pod("C")]
BASELINES = [series("A", 100.0), series("B", -30.0)]


def outlook(total_kw: float | None, day: MarketDay = DAY) -> GroupOutlook:
    return group_outlook(
        day, PODS, [series("A", 100.0, day), series("B", -30.0, day)], [50, 51], total_kw
    )


def test_a_group_is_summed_without_those_of_which_nothing_is_known() -> None:
    found = outlook(60.0)
    assert found.missing == ["C"]
    assert set(found.curves.baseline_kw) == {70.0}
    first, second = found.quarters
    assert first.at == datetime(2021, 6, 23, 10, 30, tzinfo=UTC)  # quarter-hour 50 is 12:30
    assert (first.baseline_kw, first.least_kw, first.most_kw) == (70.0, 50.0, 85.0)
    assert (first.change_kw, second.change_kw) == (-10.0, -10.0)
    assert [place for place, kw in enumerate(found.curves.offered_kw) if kw == 60.0] == [50, 51]


@pytest.mark.parametrize(
    ("total_kw", "is_reached"),
    [(50.0, True), (49.9, False), (85.0, True), (85.1, False), (None, True)],
)
def test_what_contracts_do_not_reach_is_told(total_kw: float | None, *, is_reached: bool) -> None:
    assert {each.is_within for each in outlook(total_kw).quarters} == {is_reached}


def test_nothing_is_told_of_a_group_without_any_baseline() -> None:
    found = group_outlook(DAY, PODS, [], [50], 60.0)
    assert (found.missing, found.quarters) == (["A", "B", "C"], [])


def test_a_quarter_hour_without_any_baseline_is_left_out() -> None:
    since_noon = Series(pod_id="A", start_time=DAY.instant(48), values=[100.0] * 48)
    found = group_outlook(DAY, PODS, [since_noon], [47, 48], 60.0)
    assert [each.at for each in found.quarters] == [DAY.instant(48)]
    assert found.missing == ["B", "C"]


def test_a_day_of_a_hundred_quarter_hours_is_whole() -> None:
    day = MarketDay(date(2021, 10, 31), "Europe/Rome")
    assert list(outlook(None, day).curves.baseline_kw) == [70.0] * 100


def test_only_alarms_of_the_quarter_hours_are_told() -> None:
    alarms = [
        Alarm(element=name, kind="current", value=2.0, limit=1.0, unit="A", at=DAY.instant(place))
        for name, place in (("worst", 51), ("elsewhen", 52), ("next", 50))
    ]
    found = with_alarms(outlook(60.0), DAY, [50, 51], alarms)
    assert found.alarms is not None
    assert [each.element for each in found.alarms] == ["worst", "next"]
    assert outlook(60.0).alarms is None
