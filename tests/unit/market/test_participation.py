"""Who takes part in a session by what counts when its gate has closed."""

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec import structs

from platone.market.domain.participation import Gate, part_offers, with_left_out
from platone.market.domain.rejection import Rejection
from platone.messages.base import MarketType
from platone.messages.clearing import Direction, Product
from platone.messages.market import (
    Flexibility,
    LeftOut,
    PowerPoint,
    RecordedService,
    RecordedSession,
    ServiceType,
    SessionTerms,
)
from platone.messages.outcome import AcceptedPower, PodOutcome
from platone.messages.registry import MaxFlexibility, PointOfDelivery

START = datetime(2021, 6, 22, 22, tzinfo=UTC)
BASELINE_KW, SCHEDULE_KW = 100.0, 90.0


def gate(**more: Any) -> Gate:
    """A PoD that may go 20 kW up and 30 kW down from its baseline, and traded -10 kW before."""
    bounds = MaxFlexibility(upper_p=20.0, down_p=30.0)
    pods = {
        name: PointOfDelivery(pod_id=name, aggregator_id=owner, max_flexibility=bounds)
        for name, owner in (("A", "AGG"), ("B", "AGG"), ("C", "OTHER"))
    }
    values: dict[str, Any] = {
        "registered": pods,
        "moved": {"A"},
        "baselines": {"A": [BASELINE_KW] * 4},
        "schedules": {"A": [SCHEDULE_KW] * 4},
        "product": Product(least_volume_w=1000),
    } | more
    return Gate(**values)


def point(kw: float, index: int = 2) -> PowerPoint:
    return PowerPoint(index=index, p=kw, p_price=0.1)


def offer(*entries: Flexibility, kind: ServiceType = ServiceType.OFFER) -> RecordedService:
    return RecordedService(
        player_id="AGG",
        service_type=kind,
        player_service_id="offer-1",
        flexibility=list(entries),
    )


@pytest.mark.parametrize(
    ("pod", "kw", "why"),
    [
        ("NOBODY", 80.0, Rejection.NOT_REGISTERED),
        ("C", 80.0, Rejection.NOT_REGISTERED),
        ("B", 1e6, None),  # its baseline did not move: it was checked before
        ("A", 120.0, None),
        ("A", 120.1, Rejection.BASELINE_MOVED),
        ("A", 70.0, None),
        ("A", 69.9, Rejection.BASELINE_MOVED),
        ("A", 90.0, Rejection.BASELINE_MOVED),  # it asks for what is traded already
        ("A", 91.0, None),
        ("A", 90.9, Rejection.BASELINE_MOVED),
        ("A", 89.0, None),
        ("A", 89.1, Rejection.BASELINE_MOVED),
    ],
)
def test_why_a_quarter_hour_does_not_take_part(pod: str, kw: float, why: Rejection | None) -> None:
    assert gate().reason(offer(), pod, point(kw)) is why


def test_what_is_left_of_a_day_ahead_offer_may_be_of_any_volume() -> None:
    down_only = gate(product=Product(direction=Direction.REDUCE, least_volume_w=1000))
    standing = down_only.of_standing({"B", "A"})
    assert (standing.product.least_volume_w, standing.product.volume_step_w) == (0, 0)
    assert standing.product.direction is Direction.REDUCE
    assert standing.reason(offer(), "A", point(89.999)) is None
    assert standing.reason(offer(), "A", point(91.0)) is Rejection.BASELINE_MOVED
    assert down_only.of_standing(()).reason(offer(), "A", point(1e6)) is None
    assert standing.registered == down_only.registered
    assert (standing.baselines, standing.schedules) == (down_only.baselines, down_only.schedules)


def test_offers_are_parted_and_requests_stay() -> None:
    whole = Flexibility(pod=["B"], power=[point(1.0)])
    mixed = Flexibility(pod=["A"], power=[point(100.0, 1), point(200.0, 2), point(80.0, 3)])
    foreign = Flexibility(pod=["C"], power=[point(1.0, 3)])
    request = offer(foreign, kind=ServiceType.TSO_REQUEST)
    lost = structs.replace(offer(foreign), player_service_id="offer-2")
    kept, out = part_offers([request, offer(whole, mixed, foreign), lost], gate())
    assert kept == [
        request,
        offer(whole, structs.replace(mixed, power=[point(100.0, 1), point(80.0, 3)])),
    ]
    assert [(each.player_service_id, each.pod, each.index, each.reason) for each in out] == [
        ("offer-1", "A", 2, "baselineMoved"),
        ("offer-1", "C", 3, "notRegistered"),
        ("offer-2", "C", 3, "notRegistered"),
    ]
    assert {each.player_id for each in out} == {"AGG"}


def rejected(pod: str, index: int, name: str = "offer-1") -> LeftOut:
    return LeftOut(
        player_id="AGG", player_service_id=name, pod=pod, index=index, reason="notRegistered"
    )


def traded(index: int) -> AcceptedPower:
    return AcceptedPower(
        index=index, accepted_p_value=1.0, player_service_id="s", player_offer_id="AGG"
    )


def test_what_was_left_out_is_told_among_the_rest() -> None:
    """By PoD and quarter-hour; of one quarter-hour after the trades, by the offer's name."""
    recorded = RecordedSession(
        session=SessionTerms(market_type=MarketType.DAY_AHEAD, start_time=START),
        pods=[],
        flexibility_services=[],
        left_out=(rejected("Z", 1), rejected("B", 2, "b"), rejected("B", 2, "a"), rejected("A", 0)),
    )
    told = [PodOutcome(pod="B", power=[traded(1), traded(2), traded(3)])]
    found = with_left_out(told, recorded)
    assert [
        (
            pod.pod,
            [(each.index, each.rejection_type_p, each.player_service_id) for each in pod.power],
        )
        for pod in found
    ] == [
        ("A", [(0, "notRegistered", "offer-1")]),
        (
            "B",
            [
                *((1, None, "s"), (2, None, "s")),
                *((2, "notRegistered", "a"), (2, "notRegistered", "b"), (3, None, "s")),
            ],
        ),
        ("Z", [(1, "notRegistered", "offer-1")]),
    ]
    (alone,) = found[0].power
    assert (alone.accepted_p_value, alone.player_offer_id) == (None, "AGG")
    assert len(told[0].power) == 3
    nothing = structs.replace(recorded, left_out=())
    assert with_left_out(told, nothing) is told
