"""Offers held against customers' wishes: what is broken is named with its times and price."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pytest

from platone.aggregator.domain.wish import (
    BoundPod,
    broken_wishes,
    spans_of,
    unwished_indices,
    without_unwished,
)
from platone.kernel.market_time import MarketDay
from platone.messages.asset import AvailableSpan, DayPreference
from platone.messages.market import (
    Flexibility,
    FlexibilityService,
    PowerKind,
    PowerPoint,
    ServiceType,
)
from platone.messages.order import OrderTerms
from platone.messages.registry import FlexibilityPreference

DAY = MarketDay(date(2021, 6, 23))
BASELINE_KW = 100.0
AT_NIGHT = DayPreference(
    pod_id="A", day=DAY.on, hours=(AvailableSpan(first_index=0, end_index=24),)
)
AWAY = DayPreference(pod_id="A", day=DAY.on, available=False)


def agreed(index: int, change_kw: float, price: float, **more: Any) -> FlexibilityPreference:
    return FlexibilityPreference(index=index, change_kw=change_kw, price_eur_per_kwh=price, **more)


def bound(*agreements: FlexibilityPreference, said: DayPreference | None = None) -> BoundPod:
    return BoundPod(said, agreements, [BASELINE_KW] * 96)


def entry(*points: PowerPoint, pods: tuple[str, ...] = ("A",), **more: Any) -> Flexibility:
    return Flexibility(pod=list(pods), power=list(points), **more)


def at(index: int, change_kw: float, price: float, of: int = 1) -> PowerPoint:
    return PowerPoint(index=index, p=of * BASELINE_KW + change_kw, p_price=price)


def offer(*entries: Flexibility) -> FlexibilityService:
    return FlexibilityService(
        player_id="AGG",
        service_type=ServiceType.OFFER,
        player_service_id="o",
        start_time=datetime.fromisoformat("2021-06-23T00:00:00+02:00"),
        flexibility=list(entries),
    )


def told(pods: Mapping[str, BoundPod], *entries: Flexibility) -> list[tuple[Any, ...]]:
    found = broken_wishes(offer(*entries), pods, DAY)
    names = ("podId", "wish", "indices", "leastPrice")
    return [tuple(each.fields.get(name) for name in names) for each in found]


@pytest.mark.parametrize(
    ("change_kw", "price", "wish", "least"),
    [
        (-20.0, 0.07, None, None),
        (-20.0 - 1e-10, 0.07 - 1e-10, None, None),  # rounding
        (-1.0, 0.5, None, None),
        (-20.0, 0.0699, "leastPrice", 0.07),
        (-20.1, 0.07, "agreedChange", None),
        (20.0, 0.07, "agreedHours", None),
        (0.0, 0.07, None, None),
    ],
)
def test_change_direction_and_price_are_those_agreed(
    change_kw: float, price: float, wish: str | None, least: float | None
) -> None:
    pods = {"A": bound(agreed(50, -20.0, 0.07))}
    expected = [] if wish is None else [("A", wish, [50], least)]
    assert told(pods, entry(at(50, change_kw, price))) == expected


def test_of_several_that_were_agreed_the_one_that_suits_counts() -> None:
    pods = {"A": bound(agreed(50, -10.0, 0.05), agreed(50, -30.0, 0.2), agreed(50, 40.0, 0.01))}
    assert told(pods, entry(at(50, -10.0, 0.05))) == []
    assert told(pods, entry(at(50, -20.0, 0.05))) == [("A", "leastPrice", [50], 0.2)]
    assert told(pods, entry(at(50, 40.0, 0.01))) == []
    assert told(pods, entry(at(51, -10.0, 0.5))) == [("A", "agreedHours", [51], None)]


def test_what_is_broken_alike_is_told_once_in_times_of_the_clock() -> None:
    points = [at(index, -20.0, 0.01) for index in (50, 51, 53)]
    pods = {"A": bound(*(agreed(index, -20.0, 0.07) for index in (50, 51, 53)))}
    (problem,) = broken_wishes(offer(entry(*points)), pods, DAY)
    assert problem.detail == (
        "A, 12:30 to 13:00, 13:15 to 13:30 on 2021-06-23: the price is below the least price of "
        "its customer, 0.07 €/kWh."
    )
    assert problem.fields["indices"] == [50, 51, 53]


def test_a_word_for_the_day_comes_before_what_was_agreed() -> None:
    point = at(50, -20.0, 0.07)
    whole = agreed(50, -20.0, 0.07)
    assert told({"A": bound(whole, said=AWAY)}, entry(point)) == [("A", "notAvailable", [50], None)]
    assert told({"A": bound(whole, said=AT_NIGHT)}, entry(point)) == [("A", "hours", [50], None)]
    assert told({"A": bound(said=AT_NIGHT)}, entry(at(23, -90.0, 0.0))) == []


def test_of_a_group_the_total_s_direction_counts_and_those_with_wishes_are_looked_at() -> None:
    pods = {"A": bound(agreed(50, -20.0, 0.07)), "B": bound(agreed(50, -20.0, 0.09))}
    both = entry(at(50, -60.0, 0.08, of=2), pods=("A", "B"))
    assert told(pods, both) == [("B", "leastPrice", [50], 0.09)]
    up = entry(at(50, 60.0, 0.2, of=2), pods=("A", "B"))
    assert [wish for _, wish, *_ in told(pods, up)] == ["agreedHours"] * 2
    strangers = entry(at(50, 60.0, 0.2, of=3), pods=("A", "B", "C"))  # its baseline is unknown
    assert told(pods, strangers) == []
    point_of_measurement = Flexibility(pom="M", power=[at(50, -60.0, 0.08, of=2)])
    assert told(pods, point_of_measurement) == [("B", "leastPrice", [50], 0.09)]


def test_without_a_baseline_direction_and_size_are_not_compared() -> None:
    for baseline in (None, [BASELINE_KW] * 50):
        pods = {"A": BoundPod(None, (agreed(50, -20.0, 0.07),), baseline)}
        assert told(pods, entry(at(50, 900.0, 0.07))) == []
        assert told(pods, entry(at(50, 900.0, 0.06))) == [("A", "leastPrice", [50], 0.07)]


def test_reactive_power_has_its_own_agreements() -> None:
    reactive = {"change_kvar": 5.0, "price_eur_per_kvarh": 0.02}
    pods = {"A": bound(agreed(50, -20.0, 0.07, **reactive), agreed(51, -20.0, 0.07))}

    def asked(index: int, price: float | None) -> Flexibility:
        point = PowerPoint(index=index, p=0.0, p_price=0.0, q=5.0, q_price=price)
        return entry(point, power_kind=PowerKind.REACTIVE)

    assert told(pods, asked(50, 0.02)) == []
    assert told(pods, asked(50, 0.02 - 1e-10)) == []
    assert told(pods, asked(50, 0.019)) == [("A", "leastReactivePrice", [50], 0.02)]
    assert told(pods, asked(50, None)) == [("A", "leastReactivePrice", [50], 0.02)]
    assert told(pods, asked(51, 1.0)) == [("A", "agreedHours", [51], None)]


def test_what_a_word_takes_back_is_left_out_and_the_rest_stays() -> None:
    own = entry(at(10, -1.0, 0.1), at(50, -1.0, 0.1))
    bound_together = entry(at(10, -1.0, 0.1), at(50, -1.0, 0.1), order=OrderTerms())
    group = entry(at(10, -1.0, 0.1), at(50, -1.0, 0.1), pods=("A", "B"))
    other = entry(at(50, -1.0, 0.1), pods=("B",))
    night = entry(at(10, -1.0, 0.1), order=OrderTerms())
    service = offer(own, bound_together, group, other, night)
    assert unwished_indices(service, AT_NIGHT) == {50}
    left = without_unwished(service, AT_NIGHT)
    assert [(each.pod, [point.index for point in each.power]) for each in left] == [
        (["A"], [10]),
        (["B"], [50]),
        (["A"], [10]),
    ]
    assert without_unwished(service, AWAY) == [other]


def test_neighbouring_quarter_hours_are_one_span() -> None:
    spans = spans_of([7, 64, 0, 6, 95])
    assert [(each.first_index, each.end_index) for each in spans] == [
        (0, 1),
        (6, 8),
        (64, 65),
        (95, 96),
    ]
    assert spans_of([]) == ()
