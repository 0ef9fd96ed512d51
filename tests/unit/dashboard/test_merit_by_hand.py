"""Merit orders of small sessions: who is asked, who competes, and what was taken, by hand."""

from datetime import UTC, datetime
from typing import Any

import pytest

from platone.dashboard.domain.merit import Merit, merit_orders
from platone.kernel.merit_order import Bid
from platone.messages.base import MarketType
from platone.messages.market import (
    AskedGroup,
    Flexibility,
    PowerKind,
    PowerPoint,
    RecordedService,
    RecordedSession,
    ServiceType,
    SessionPod,
    SessionTerms,
)
from platone.messages.outcome import AcceptedPower, MarketOutcome, PodOutcome

START = datetime(2021, 6, 22, 22, tzinfo=UTC)
PODS = (("P1", "M1", [10.0, 20.0, 30.0]), ("P2", "M1", [1.0, 2.0]), ("P3", None, [5.0] * 3))


def service(name: str, kind: ServiceType, *entries: Flexibility, **more: Any) -> RecordedService:
    return RecordedService(
        player_id=name,
        service_type=kind,
        player_service_id=name,
        flexibility=list(entries),
        **more,
    )


def asked(*entries: Flexibility, **more: Any) -> RecordedService:
    return service("asks", ServiceType.DSO_REQUEST, *entries, **more)


def offer(name: str, pod: str, *points: tuple[int, float, float], **more: Any) -> RecordedService:
    entry = Flexibility(pod=[pod], power=power(*points), **more)
    return service(name, ServiceType.OFFER, entry)


def power(*points: tuple[int, float, float]) -> list[PowerPoint]:
    return [PowerPoint(index=index, p=p, p_price=price) for index, p, price in points]


def trade(offered: str, change: float, price: float | None, **more: Any) -> AcceptedPower:
    return AcceptedPower(
        index=1,
        accepted_p_value=0.0,
        accepted_p_change=change,
        accepted_p_price=price,
        player_service_id=offered,
        player_offer_id="A",
        **{"request_service_id": "asks", **more},
    )


def merits(services: list[RecordedService], **traded: list[AcceptedPower]) -> list[Merit]:
    recorded = RecordedSession(
        session=SessionTerms(market_type=MarketType.DAY_AHEAD, start_time=START),
        pods=[
            SessionPod(pod_id=pod, aggregator_id="A", po_m_id=pom, power_baseline=baseline)
            for pod, pom, baseline in PODS
        ],
        flexibility_services=services,
    )
    outcome = MarketOutcome(
        market_outcome="o",
        market_type=MarketType.DAY_AHEAD,
        start_time=START,
        duration=24,
        interval=15,
        input_hash="0" * 64,
        output_hash="0" * 64,
        flexibility=[PodOutcome(pod=pod, power=lines) for pod, lines in traded.items()],
    )
    return merit_orders(recorded, outcome)


GROUP = Flexibility(pod=["P1", "P2"], power=power((1, 12.0, 0.2)))


def test_offers_compete_cheapest_first_with_what_was_taken_of_them() -> None:
    services = [
        asked(GROUP),
        offer("dear", "P1", (1, 15.0, 0.15), (0, 0.0, 0.01)),
        offer("cheap", "P2", (1, 1.5, 0.05)),
        offer("same", "P1", (1, 20.0, 0.01)),  # no change
        offer("up", "P1", (1, 21.0, 0.01)),  # the other way
        offer("far", "P3", (1, 0.0, 0.01)),  # of another group
        offer("kvar", "P1", (1, 0.0, 0.01), power_kind=PowerKind.REACTIVE),
    ]
    taken = [trade("dear", -2.0, 0.12), trade("dear", -1.5, 0.15)]
    taken.append(trade("dear", -9.0, 0.3, request_service_id=None))
    (merit,) = merits(services, P1=taken, P2=[trade("cheap", -0.5, None)])
    # the group is to come from 20 + 2 kW to 12
    assert (merit.index, merit.need_kw, merit.limit, merit.key) == (1, -10.0, 0.2, "1-asks")
    assert merit.bids == (Bid("P2", 0.5, 0.5, 0.05), Bid("P1", 5.0, 3.5, 0.15))
    assert merit.cleared == 0.15


def test_nothing_taken_has_no_price() -> None:
    (merit,) = merits([asked(GROUP), offer("o", "P2", (1, 1.5, 0.05))])
    assert merit.cleared is None
    assert merit.bids == (Bid("P2", 0.5, 0.0, 0.05),)


def test_a_point_of_measurement_asks_those_behind_it() -> None:
    behind = Flexibility(pom="M1", power=power((1, 23.0, 0.2)))
    services = [asked(behind), *(offer(pod, pod, (1, 50.0, 0.1)) for pod in ("P1", "P2", "P3"))]
    (merit,) = merits(services)
    assert merit.need_kw == pytest.approx(1.0)
    assert [bid.name for bid in merit.bids] == ["P1", "P2"]


def test_what_was_noted_at_the_request_counts() -> None:
    behind = Flexibility(pom="M1", power=power((1, 23.0, 0.2), (2, 9.0, 0.2)))
    noted = AskedGroup(pods=("P3",), needs_kw=(-3.0,))
    first, second = merits([asked(behind, asked=(noted,)), offer("o", "P3", (1, 4.0, 0.1))])
    assert (first.need_kw, [bid.name for bid in first.bids]) == (-3.0, ["P3"])
    assert second.need_kw == pytest.approx(4.0)  # of P3 alone: 9 kW in place of 5


def test_a_quarter_hour_without_a_baseline_counts_as_none() -> None:
    entry = Flexibility(pod=["P1", "P2"], power=power((2, 31.0, 0.2)))
    (merit,) = merits(
        [asked(entry), offer("o", "P2", (2, 9.0, 0.1)), offer("p", "P1", (2, 33.0, 0.1))]
    )
    assert merit.need_kw == pytest.approx(1.0)
    assert [bid.name for bid in merit.bids] == ["P1"]


def test_requests_of_reactive_power_have_no_merit_order_here() -> None:
    reactive = Flexibility(pod=["P1"], power=power((1, 0.0, 0.0)), power_kind=PowerKind.REACTIVE)
    found = merits(
        [asked(reactive, Flexibility(pod=["P1"], power=power((2, 9.0, 0.2), (0, 9.0, 0.2))))]
    )
    assert [each.index for each in found] == [0, 2]


def test_an_offer_may_stand_before_the_request_and_have_several_entries() -> None:
    first = Flexibility(pod=["P3"], power=power((1, 0.0, 0.01)), power_kind=PowerKind.REACTIVE)
    entries = [Flexibility(pod=[pod], power=power((1, 0.5, 0.1))) for pod in ("P3", "P1")]
    none = Flexibility(pom="M1", power=power((1, 0.0, 0.01)))
    services = [
        service("o", ServiceType.OFFER, first, none, *entries),
        asked(GROUP),
        offer("p", "P2", (1, 1.0, 0.05), (1, 0.5, 0.02)),
    ]
    (merit,) = merits(services)
    # of 20 kW of P1 and 2 of P2
    assert merit.bids == (
        Bid("P2", 1.5, 0.0, 0.02),
        Bid("P2", 1.0, 0.0, 0.05),
        Bid("P1", 19.5, 0.0, 0.1),
    )


def test_what_was_refused_is_neither_sold_nor_paid() -> None:
    refused = AcceptedPower(
        index=1,
        accepted_p_value=None,
        player_service_id="o",
        player_offer_id="A",
        request_service_id="asks",
        rejection_type_p="priceTooHigh",
    )
    lines = [refused, trade("o", -0.25, None), trade("o", -0.25, 0.04)]
    services = [asked(GROUP), offer("o", "P2", (1, 1.5, 0.05))]
    (merit,) = merits(services, P2=lines)
    assert (merit.bids, merit.cleared) == ((Bid("P2", 0.5, 0.5, 0.05),), 0.04)
    (free,) = merits(services, P2=lines[:2])
    assert (free.bids, free.cleared) == ((Bid("P2", 0.5, 0.25, 0.05),), 0.0)


def test_a_request_that_names_nobody_asks_nobody() -> None:
    """A point of delivery without a point of measurement is not behind one that is not named."""
    (merit,) = merits([asked(Flexibility(power=power((1, 7.0, 0.2)))), offer("o", "P3", (1, 9, 0))])
    assert (merit.need_kw, merit.bids) == (7.0, ())


def test_small_needs_and_offers_count_whole() -> None:
    near = Flexibility(pod=["P3"], power=power((1, 5.5, 0.2), (2, 5.0, 0.2)))
    first, second = merits(
        [asked(near), offer("o", "P3", (1, 5.5, 0.1)), offer("p", "P3", (2, 9.0, 0.1))]
    )
    assert (first.need_kw, first.bids) == (0.5, (Bid("P3", 0.5, 0.0, 0.1),))
    assert (second.need_kw, second.bids) == (0.0, ())


def test_requests_of_a_quarter_hour_stand_by_name_and_have_a_picture_each() -> None:
    def named(name: str) -> RecordedService:
        return service(name, ServiceType.TSO_REQUEST, GROUP)

    found = merits([named("b"), named("a"), offer("o", "P2", (1, 1.5, 0.05))])
    assert [each.key for each in found] == ["1-a", "1-b"]
    assert all("10.0 kW are needed" in each.picture() for each in found)
