"""What pictures show of states, and the clocks they show it by."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from platone.grid.flow.engine import GridModelPowerFlow
from platone.grid.flow.state import snapshot
from platone.grid.network.model import Network
from platone.grid.picture.flow_series import flow_series
from platone.grid.picture.instant import clock_labels, day_label, hour_ticks
from platone.grid.picture.state_series import severity
from platone.kernel.market_time import MarketDay


def test_totals_balance(everything: Callable[..., Network], engine: GridModelPowerFlow) -> None:
    network = everything()
    flow = engine.solve(network, snapshot(network))
    totals = flow_series(flow).totals
    place = network.bus_position["hv"]
    assert totals.load_kw == pytest.approx(1200)
    assert totals.generation_kw == pytest.approx(550)
    assert totals.source_kw == pytest.approx(-flow.bus_kw[:, place])


def test_the_watched_end_is_the_one_that_reaches_its_limit_first(
    everything: Callable[..., Network], engine: GridModelPowerFlow
) -> None:
    network = everything()
    flow = engine.solve(network, snapshot(network))
    course = flow_series(flow)
    assert 100 * course.current_a / course.limit_a == pytest.approx(course.loading_percent)
    assert np.isnan(course.voltage_pu[0, network.bus_position["island1"]])


def test_published_congestion_is_the_first_alarm(italian_day: Any) -> None:
    """D3.6 4.3.3: 259.54 A where 212.80 A are allowed, at 12:30."""
    course = flow_series(italian_day.flow)
    (alarm,) = [each for each in course.alarm_groups if each.kind == "current"]
    assert alarm.element == "line/81823-AD001090035"
    assert (round(alarm.value, 2), alarm.limit) == (259.54, 212.8)
    assert alarm.places == (50,)
    assert course.worst == 50
    assert italian_day.network.branches[severity(course)[0]].id == alarm.element


@pytest.mark.parametrize(
    ("day", "count", "after_two"),
    [
        (date(2021, 6, 23), 96, ["02:00", "02:15"]),
        (date(2021, 3, 28), 92, ["03:00 CEST", "03:15 CEST"]),
        (date(2021, 10, 31), 100, ["02:00 CEST", "02:15 CEST"]),
    ],
)
def test_labels_follow_the_clocks(day: date, count: int, after_two: list[str]) -> None:
    labels = clock_labels(list(MarketDay(day).instants()), "Europe/Rome")
    assert len(labels) == len(set(labels)) == count
    assert labels[8:10] == after_two


def test_ticks_are_full_local_hours() -> None:
    instants = list(MarketDay(date(2021, 10, 31)).instants())
    assert hour_ticks(instants, "Europe/Rome") == [
        (0, "00:00"), (16, "03:00"), (28, "06:00"), (40, "09:00"),
        (52, "12:00"), (64, "15:00"), (76, "18:00"), (88, "21:00"),
    ]  # fmt: skip
    spring = list(MarketDay(date(2021, 3, 28)).instants())
    assert hour_ticks(spring, "Europe/Rome")[:2] == [(0, "00:00"), (8, "03:00")]


def test_ticks_of_many_days_are_dates() -> None:
    quarters = [at for on in (22, 23, 24) for at in MarketDay(date(2021, 6, on)).instants()]
    daily = quarters[::96]
    assert hour_ticks(daily * 9, "Europe/Rome")[:3] == [(0, "22 Jun"), (3, "22 Jun"), (6, "22 Jun")]


def test_days_are_named() -> None:
    day = MarketDay(date(2021, 6, 23))
    assert day_label(list(day.instants()), "Europe/Rome") == "2021-06-23 (Rome)"
    two = [day.start, day.start + timedelta(days=1)]
    assert day_label(two, "Europe/Rome") == "2021-06-23 to 2021-06-24 (Rome)"
    assert clock_labels(two, "Europe/Rome") == ["2021-06-23 00:00", "2021-06-24 00:00"]
