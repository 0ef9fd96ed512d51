"""The clearing's rules, one at a time, on sessions of one quarter-hour."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from platone.market.domain.clearing import clear
from platone.market.domain.problem.outcome import RecordingInvalid
from platone.messages.base import MarketType
from platone.messages.market import (
    Flexibility,
    PowerPoint,
    RecordedService,
    RecordedSession,
    ServiceType,
    SessionPod,
    SessionTerms,
)
from platone.messages.outcome import AcceptedPower

START = datetime(2021, 6, 22, 22, tzinfo=UTC)
BASELINE_KW = 100.0


def session(*services: RecordedService, pods: int = 4) -> RecordedSession:
    return RecordedSession(
        session=SessionTerms(market_type=MarketType.DAY_AHEAD, start_time=START),
        pods=[
            SessionPod(
                pod_id=f"POD{number}",
                aggregator_id="AGG",
                po_m_id="POM",
                power_baseline=[BASELINE_KW] * 96,
            )
            for number in range(pods)
        ],
        flexibility_services=list(services),
    )


def offer(
    pod: str, change_kw: float, price: float, *, name: str = "", minute: int | None = None
) -> RecordedService:
    return RecordedService(
        player_id="AGG",
        service_type=ServiceType.OFFER,
        player_service_id=name or f"offer-{pod}",
        flexibility=[
            Flexibility(
                pod=[pod],
                power=[PowerPoint(index=10, p=BASELINE_KW + change_kw, p_price=price)],
            )
        ],
        submitted_at=None if minute is None else START + timedelta(minutes=minute),
    )


def request(
    kind: ServiceType,
    pods: list[str] | None,
    change_kw: float,
    limit: float = 1.0,
    *,
    name: str = "",
    minute: int | None = None,
) -> RecordedService:
    members = len(pods) if pods else 4
    total_kw = members * BASELINE_KW + change_kw
    return RecordedService(
        player_id=kind.value[:3],
        service_type=kind,
        player_service_id=name or kind.value,
        flexibility=[
            Flexibility(
                pod=pods,
                pom=None if pods else "POM",
                power=[PowerPoint(index=10, p=total_kw, p_price=limit)],
            )
        ],
        submitted_at=None if minute is None else START + timedelta(minutes=minute),
    )


def told(*services: RecordedService) -> dict[str, list[AcceptedPower]]:
    return {pod.pod: pod.power for pod in clear(session(*services)).flexibility}


ALL = ["POD0", "POD1", "POD2", "POD3"]
DSO, TSO = ServiceType.DSO_REQUEST, ServiceType.TSO_REQUEST


def test_an_offer_left_over_by_the_dso_serves_the_tso_once() -> None:
    found = told(offer("POD0", -50, 0.1), request(DSO, ALL, -30), request(TSO, None, -30))

    first, second = found["POD0"]
    assert (first.player_request_id, first.accepted_p_change) == ("DSO", -30)
    assert (second.player_request_id, second.accepted_p_change) == ("TSO", -20)
    assert first.accepted_p_value == second.accepted_p_value == 50  # the total after both


def test_the_dso_comes_first_even_if_it_came_last() -> None:
    found = told(
        offer("POD0", -50, 0.1),
        request(TSO, None, -50, minute=0),
        request(DSO, ALL, -50, minute=9),
    )

    assert [power.player_request_id for power in found["POD0"]] == ["DSO"]


def test_requests_that_compete_for_an_offer_share_a_price() -> None:
    found = told(
        offer("POD0", -50, 0.1),
        offer("POD1", -50, 0.2),
        offer("POD2", -50, 0.3),
        request(DSO, ALL, -60),
        request(TSO, None, -60),
    )

    assert [power.accepted_p_price for power in found["POD0"]] == [0.3]
    assert [power.accepted_p_price for power in found["POD1"]] == [0.3, 0.3]
    assert [power.accepted_p_price for power in found["POD2"]] == [0.3]


def test_requests_that_share_no_offer_have_their_own_prices() -> None:
    found = told(
        offer("POD0", -50, 0.1),
        offer("POD1", -50, 0.2),
        request(DSO, ["POD0"], -20, name="a"),
        request(DSO, ["POD1"], -20, name="b"),
    )

    assert found["POD0"][0].accepted_p_price == 0.1
    assert found["POD1"][0].accepted_p_price == 0.2


def test_who_finds_it_cheaper_elsewhere_does_not_pay_what_a_scarce_place_costs() -> None:
    found = told(
        offer("POD0", -50, 0.1),
        offer("POD1", -50, 0.3),
        offer("POD2", -50, 0.2),
        request(DSO, ["POD0", "POD1"], -60),
        request(TSO, ["POD0", "POD1", "POD2"], -20),
    )

    assert [power.accepted_p_price for power in found["POD0"]] == [0.3]
    assert [power.accepted_p_price for power in found["POD1"]] == [0.3]
    assert [power.accepted_p_price for power in found["POD2"]] == [0.2]


def test_a_request_pays_no_more_than_its_limit_for_what_others_pay() -> None:
    found = told(
        offer("POD0", -50, 0.1),
        offer("POD1", -50, 0.3),
        request(DSO, ALL, -50, 0.2),
        request(TSO, None, -20, 0.4),
    )

    assert [power.accepted_p_price for power in found["POD0"]] == [0.2]
    assert [power.accepted_p_price for power in found["POD1"]] == [0.3]


def test_a_chain_of_competitors_shares_a_price() -> None:
    """The first could not buy POD2, but what it took would have spared the second the third."""
    found = told(
        offer("POD0", -50, 0.1),
        offer("POD1", -50, 0.2),
        offer("POD2", -50, 0.3),
        request(DSO, ["POD0"], -50, 0.5, name="a"),
        request(DSO, ["POD0", "POD1"], -50, 0.4, name="b"),
        request(TSO, ["POD1", "POD2"], -50, 0.6, name="c"),
    )

    assert [power.accepted_p_price for power in found["POD2"]] == [0.3]
    assert [power.accepted_p_price for power in found["POD1"]] == [0.3]
    assert [power.accepted_p_price for power in found["POD0"]] == [0.3]


def test_less_than_a_watt_is_not_sold() -> None:
    found = told(offer("POD0", -50, 0.1), offer("POD1", -50, 0.9), request(DSO, ALL, -50.000_9))

    assert found["POD0"][0].accepted_p_price == 0.1
    assert found["POD1"][0].rejection_type_p == "notNeeded"


def test_a_watt_and_more_is_sold() -> None:
    """Of the second offer 1.5 W are taken, and its price counts."""
    found = told(offer("POD0", -50, 0.1), offer("POD1", -50, 0.9), request(DSO, ALL, -50.001_5))

    assert found["POD1"][0].accepted_p_change == pytest.approx(-0.001_5, abs=1e-9)
    assert [found[pod][0].accepted_p_price for pod in ("POD0", "POD1")] == [0.9, 0.9]


@pytest.mark.parametrize(
    ("services", "reason"),
    [
        ([offer("POD0", -50, 0.1)], "noRequest"),
        ([offer("POD0", -50, 0.1), request(DSO, ["POD1"], -10)], "noRequest"),
        ([offer("POD0", -50, 0.1), request(DSO, ALL, 10)], "wrongDirection"),
        ([offer("POD0", 0, 0.1), request(DSO, ALL, 10)], "wrongDirection"),
        ([offer("POD0", -50, 1.1), request(DSO, ALL, -10)], "priceAboveLimit"),
        ([offer("POD0", -50, 0.1), request(DSO, ALL, 0)], "notNeeded"),
        ([offer("POD0", 50, 0.1), request(DSO, ALL, 0)], "notNeeded"),
        ([offer("POD0", 50, 1.0), request(DSO, ALL, 1e-10)], "notNeeded"),
        ([offer("POD0", -50, 1.0), request(DSO, ALL, 1e-10)], "notNeeded"),
        ([offer("POD0", -50, 1.1), request(DSO, ALL, 0)], "priceAboveLimit"),
        ([offer("POD0", 50, 1.1), request(DSO, ALL, 0)], "priceAboveLimit"),
        ([offer("POD0", 0, 0.1), request(DSO, ALL, 0)], "wrongDirection"),
        (
            [offer("POD0", -50, 0.2), offer("POD1", -50, 0.1), request(DSO, ALL, -10)],
            "notNeeded",
        ),
    ],
)
def test_every_rejection_says_why(services: list[RecordedService], reason: str) -> None:
    (power,) = told(*services)["POD0"]

    assert power.rejection_type_p == reason
    assert power.accepted_p_value is None
    assert power.player_request_id is None


def test_equal_prices_go_to_the_earlier_submission() -> None:
    found = told(
        offer("POD0", -50, 0.1, minute=5),
        offer("POD1", -50, 0.1, minute=4),
        request(DSO, ALL, -50),
    )

    assert found["POD1"][0].accepted_p_value == 50
    assert found["POD0"][0].rejection_type_p == "notNeeded"


def test_equal_prices_and_instants_go_to_the_lesser_identifier() -> None:
    found = told(
        offer("POD0", -50, 0.1, name="b", minute=5),
        offer("POD1", -50, 0.1, name="a", minute=5),
        request(DSO, ALL, -50),
    )

    assert found["POD1"][0].accepted_p_value == 50
    assert found["POD0"][0].rejection_type_p == "notNeeded"


def test_the_identifier_of_a_message_counts_before_that_of_its_player() -> None:
    later = offer("POD0", -50, 0.1, name="b", minute=5)
    found = told(
        msgspec.structs.replace(later, player_id="A-LESSER-PLAYER"),
        offer("POD1", -50, 0.1, name="a", minute=5),
        request(DSO, ALL, -50),
    )

    assert found["POD1"][0].accepted_p_value == 50
    assert found["POD0"][0].rejection_type_p == "notNeeded"


def test_of_two_requests_with_one_limit_the_earlier_is_served_first() -> None:
    found = told(
        offer("POD0", -50, 0.1),
        request(DSO, ALL, -50, name="a", minute=5),
        request(DSO, ["POD0"], -50, name="b", minute=4),
    )

    assert [power.request_service_id for power in found["POD0"]] == ["b"]


def test_of_two_requests_of_one_operator_the_higher_limit_is_served_first() -> None:
    found = told(
        offer("POD0", -50, 0.1),
        request(DSO, ALL, -50, 0.5, name="a", minute=5),
        request(DSO, ["POD0"], -50, 0.4, name="b", minute=4),
    )

    assert [power.request_service_id for power in found["POD0"]] == ["a"]


def test_nobody_bids() -> None:
    assert told(request(DSO, ALL, -50)) == {}


def test_reactive_power_is_refused_by_name() -> None:
    service = RecordedService(
        player_id="AGG",
        service_type=ServiceType.OFFER,
        player_service_id="with-q",
        flexibility=[
            Flexibility(
                pod=["POD0"],
                power=[PowerPoint(index=10, p=50, p_price=0.1, q=5.0, q_price=0.1)],
            )
        ],
    )

    (power,) = told(service, request(DSO, ALL, -50))["POD0"]
    assert power.accepted_p_value == 50
    assert power.rejection_type_q == "notTraded"


@pytest.mark.parametrize(
    "services",
    [
        [offer("POD9", -1, 0.1)],
        [offer("POD0", -1, 0.1, name="a"), offer("POD0", -2, 0.1, name="b")],
        [request(DSO, ["POD9"], -1)],
    ],
)
def test_a_recording_that_contradicts_itself_is_refused(services: list[RecordedService]) -> None:
    with pytest.raises(RecordingInvalid):
        clear(session(*services))


@pytest.mark.parametrize(("pod", "pom"), [(None, None), (["POD0"], "POM")])
def test_a_request_is_for_pods_or_for_a_pom(pod: list[str] | None, pom: str | None) -> None:
    asked = request(DSO, ALL, -50)
    power = asked.flexibility[0].power
    unclear = msgspec.structs.replace(
        asked, flexibility=[Flexibility(pod=pod, pom=pom, power=power)]
    )
    with pytest.raises(RecordingInvalid, match="one of both"):
        clear(session(unclear))


def test_a_request_names_a_quarter_hour_of_a_group_once() -> None:
    asked = request(DSO, ALL, -50)
    (entry,) = asked.flexibility
    doubled = Flexibility(pod=ALL, power=[*entry.power, *entry.power])
    with pytest.raises(RecordingInvalid, match="twice"):
        clear(session(msgspec.structs.replace(asked, flexibility=[doubled])))


def test_two_empty_sessions_have_different_outcomes() -> None:
    one = session()
    other = RecordedSession(
        session=SessionTerms(
            market_type=MarketType.REAL_TIME, start_time=START + timedelta(hours=4), duration=4
        ),
        pods=one.pods,
        flexibility_services=[],
    )

    assert clear(one).market_outcome != clear(other).market_outcome


@pytest.mark.parametrize("values", [0, 10, 11])
def test_an_offer_and_a_request_need_a_baseline_at_their_quarter_hour(values: int) -> None:
    """A curve that ends before quarter-hour 10, or just behind it."""
    for service in (offer("POD0", -1, 0.1), request(DSO, ["POD0"], -1)):
        whole = session(service)
        pods = [
            msgspec.structs.replace(whole.pods[0], power_baseline=[BASELINE_KW] * values),
            *whole.pods[1:],
        ]
        short = msgspec.structs.replace(whole, pods=pods)
        if values == 11:
            clear(short)
            continue
        with pytest.raises(RecordingInvalid, match="no baseline at index 10"):
            clear(short)


def test_a_trade_says_whose_it_is() -> None:
    """Requester and offerer decide who may read it."""
    (power,) = told(offer("POD0", -50, 0.1, name="o"), request(TSO, ALL, -50, name="r"))["POD0"]
    assert (power.player_offer_id, power.player_service_id) == ("AGG", "o")
    assert (power.player_request_id, power.request_service_id) == ("TSO", "r")
    assert (power.accepted_p_value, power.accepted_p_change) == (50.0, -50.0)


def test_a_free_offer_is_taken_first_and_costs_nothing() -> None:
    found = told(
        offer("POD0", -50, 0.0), offer("POD1", -50, 0.1), request(DSO, ALL, -50, limit=0.0)
    )
    assert [found["POD0"][0].accepted_p_price, found["POD0"][0].accepted_p_change] == [0.0, -50.0]
    assert found["POD1"][0].rejection_type_p == "priceAboveLimit"


def test_all_of_a_consumption_may_be_sold() -> None:
    """The total is then 0 kW, which is a number and not a lack of one."""
    (power,) = told(offer("POD0", -BASELINE_KW, 0.1), request(DSO, ALL, -BASELINE_KW))["POD0"]
    assert (power.accepted_p_value, power.accepted_p_change) == (0.0, -BASELINE_KW)
    assert power.rejection_type_p is None
