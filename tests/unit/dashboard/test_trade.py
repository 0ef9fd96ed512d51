"""Rows of a session: active and reactive power each in its own unit, taken before not taken."""

from datetime import date

from platone.dashboard.domain.trade import check_rows, service_rows, trade_rows
from platone.kernel.market_time import MarketDay
from platone.messages.market import (
    Flexibility,
    PowerKind,
    PowerPoint,
    RecordedService,
    ServiceType,
)
from platone.messages.outcome import (
    AcceptedPower,
    Cut,
    PodOutcome,
    TechnicalPod,
    TechnicalPower,
)

DAY = MarketDay(date(2021, 6, 23))


def power(**said: object) -> AcceptedPower:
    given = {
        "index": 50,
        "accepted_p_value": None,
        "player_service_id": "o",
        "player_offer_id": "A",
    }
    return AcceptedPower(**(given | said))  # type: ignore[arg-type]  # fields by name


def rows(*powers: AcceptedPower) -> list[tuple[bool, bool, str]]:
    found = trade_rows([PodOutcome(pod="P-001", power=list(powers))], DAY)
    return [(row.is_taken, row.is_reactive, row.reason) for row in found]


def test_what_was_taken_stands_before_what_was_not() -> None:
    refused = power(rejection_type_p="priceAboveLimit")
    taken = power(accepted_p_value=90.0, accepted_p_change=-10.0)
    assert rows(refused, taken) == [
        (True, False, ""),
        (False, False, "every request that it could serve pays less"),
    ]


def test_reactive_power_stands_alone() -> None:
    taken = power(accepted_q_value=4.0, accepted_q_change=-2.0)
    refused = power(rejection_type_q="notNeeded")
    assert rows(taken, refused) == [
        (True, True, ""),
        (False, True, "cheaper or earlier offers met the whole need"),
    ]
    both = power(accepted_p_value=90.0, accepted_p_change=-10.0, rejection_type_q="notTraded")
    assert rows(both) == [(True, False, "")]


def test_points_are_of_the_kind_that_is_asked() -> None:
    point = PowerPoint(index=50, p=1.0, p_price=0.1, q=3.0, q_price=0.2)
    entries = [
        Flexibility(pod=["P-001"], power=[point]),
        Flexibility(pod=["P-001", "P-002"], power=[point], power_kind=PowerKind.REACTIVE),
    ]
    service = RecordedService(
        player_id="A", service_type=ServiceType.OFFER, player_service_id="o", flexibility=entries
    )
    active, reactive = service_rows([service], DAY)
    assert (active.is_reactive, active.target, active.prices) == (False, "P-001", (0.1, 0.1))
    assert (reactive.is_reactive, reactive.target) == (True, "P-001, P-002")
    assert [(each.total, each.price) for each in reactive.points] == [(3.0, 0.2)]
    assert active.points[0].at == DAY.instant(50)


def test_a_cut_tells_its_limit() -> None:
    cut = Cut(element="line/1", kind="current", value=30.07, limit=19.6, unit="A")
    given = [
        TechnicalPower(index=50, accepted_p_value=1.0),
        TechnicalPower(index=50, accepted_p_value=2.0, accepted_p="OK", cuts=(cut,)),
    ]
    first, second = check_rows([TechnicalPod(pod="P-001", power=given)], DAY)
    assert first.cuts == "line/1: current would be 30.07 of 19.6 A"
    assert (second.value_kw, second.cuts) == (1.0, "")
