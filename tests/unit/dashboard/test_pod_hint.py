"""Hints beside points of delivery: baselines of what is asked about, room, and what names them."""

from datetime import UTC, date, datetime

import pytest

from platone.dashboard.domain.offer_form import session_indices
from platone.dashboard.domain.pod_hint import pod_hints
from platone.kernel.market_time import MarketDay
from platone.messages.base import MarketType
from platone.messages.market import (
    Flexibility,
    FlexibilityService,
    MarketSession,
    PowerPoint,
    ServiceType,
)
from platone.messages.registry import MaxFlexibility, PointOfDelivery, Series

DAY = MarketDay(date(2021, 6, 23), "Europe/Rome")
FREE = PointOfDelivery(pod_id="FREE", aggregator_id="ACEAE")
HELD = PointOfDelivery(
    pod_id="HELD", aggregator_id="ACEAE", max_flexibility=MaxFlexibility(upper_p=5.0, down_p=7.0)
)
RISING = [Series(pod_id="HELD", start_time=DAY.start, values=[float(at) for at in range(96)])]


def named(service_id: str, *pods: str) -> FlexibilityService:
    entry = Flexibility(pod=list(pods), power=[PowerPoint(index=50, p=1.0, p_price=0.1)])
    return FlexibilityService(
        player_id="ACEAE",
        service_type=ServiceType.OFFER,
        player_service_id=service_id,
        flexibility=[entry, entry],
    )


def test_the_baseline_is_of_the_quarter_hours_that_are_asked_about() -> None:
    hints = pod_hints(DAY, [50, 51, 52], [HELD, FREE], RISING, [], {})
    assert hints["HELD"].baseline_kw == (50.0, 52.0)
    assert (hints["HELD"].fall_kw, hints["HELD"].rise_kw) == (7.0, 5.0)
    assert (hints["FREE"].baseline_kw, hints["FREE"].fall_kw) == (None, None)


def test_quarter_hours_without_a_baseline_say_nothing() -> None:
    half = [Series(pod_id="HELD", start_time=DAY.instant(51), values=[3.0])]
    assert pod_hints(DAY, [50, 51], [HELD], half, [], {})["HELD"].baseline_kw == (3.0, 3.0)
    assert pod_hints(DAY, [50], [HELD], half, [], {})["HELD"].baseline_kw is None


def test_each_request_or_offer_that_names_it_is_told_once() -> None:
    services = [named("one", "HELD", "FREE"), named("two", "HELD"), named("three", "OTHER")]
    hints = pod_hints(DAY, [50], [HELD, FREE], RISING, services, {})
    assert hints["HELD"].services == ["one", "two"]
    assert hints["FREE"].services == ["one"]


@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        (datetime(2021, 6, 22, 22, tzinfo=UTC), 24, range(96)),
        (datetime(2021, 3, 27, 23, tzinfo=UTC), 23, range(92)),
        (datetime(2021, 10, 30, 22, tzinfo=UTC), 25, range(100)),
        (datetime(2021, 6, 23, 10, tzinfo=UTC), 4, range(48, 64)),  # noon to four in Rome
    ],
)
def test_a_session_delivers_in_its_own_quarter_hours(
    start: datetime, hours: int, expected: range
) -> None:
    session = MarketSession(
        id="s",
        market_type=MarketType.REAL_TIME,
        start_time=start,
        duration=hours,
        interval=15,
        status="active",
        gate_opens=start,
        gate_closes=start,
    )
    assert session_indices(session, "Europe/Rome") == list(expected)
