"""Which offered quarter-hours are not decided yet, in small cases worked by hand."""

from datetime import UTC, datetime
from typing import Any

import pytest

from platone.aggregator.domain.reservation import Decided, decided
from platone.messages.base import MarketType
from platone.messages.market import MarketSession, SessionReference
from platone.messages.outcome import ValidatedOutcome, ValidatedPod, ValidatedPower
from platone.messages.plan import PlannedPod, PlannedQuarter

START = datetime(2021, 6, 22, 22, tzinfo=UTC)
AHEAD = SessionReference(market_type=MarketType.DAY_AHEAD, start_time=START)
REAL = SessionReference(market_type=MarketType.REAL_TIME, start_time=START)
NEXT = SessionReference(
    market_type=MarketType.DAY_AHEAD, start_time=datetime(2021, 6, 23, 22, tzinfo=UTC)
)


def offered(pod: str = "P1", *indices: int) -> PlannedPod:
    quarters = [
        PlannedQuarter(index=index, change_kw=-1.0, price_eur_per_kwh=0.1, shares=())
        for index in indices or (48, 49, 50)
    ]
    return PlannedPod(pod_id=pod, quarters=tuple(quarters))


def trade(index: int, change: float | None = -1.0, **more: Any) -> ValidatedPower:
    told = {"player_service_id": "o", "player_offer_id": "MINE", "player_request_id": "DSO"}
    fixed = {"accepted_p_value": 1.0, "accepted_p_change": change}
    return ValidatedPower(index=index, **{**told, **fixed, **more})


def outcome(name: str, *trades: ValidatedPower, pod: str = "P1") -> ValidatedOutcome:
    return ValidatedOutcome(
        market_outcome=name,
        market_type=MarketType.DAY_AHEAD,
        start_time=START,
        duration=24,
        interval=15,
        output_hash="0" * 64,
        flexibility=[ValidatedPod(pod=pod, power=list(trades))],
    )


def session(status: str, of: SessionReference = AHEAD) -> MarketSession:
    return MarketSession(
        id="s",
        market_type=of.market_type,
        start_time=of.start_time,
        duration=24,
        interval=15,
        status=status,
        gate_opens=START,
        gate_closes=START,
    )


def left(found: Decided, of: SessionReference = AHEAD, pod: str = "P1") -> list[int]:
    return [each.index for each in found.open_quarters(of, offered(pod))]


def test_what_nothing_is_told_of_may_be_sold_yet() -> None:
    found = decided([], [], "MINE")
    assert left(found) == [48, 49, 50]
    assert found.may_return(AHEAD, offered())


def test_a_whole_outcome_decides_its_session_and_no_other() -> None:
    found = decided([outcome("o", trade(48))], [], "MINE")
    assert left(found) == []
    assert left(found, REAL) == left(found, NEXT) == [48, 49, 50]
    assert found.may_return(AHEAD, offered())  # what was sold has to come back
    assert not found.may_return(AHEAD, offered("P2"))


def test_a_part_decides_what_it_tells_of_the_party() -> None:
    told = [trade(48), trade(50, player_request_id=None), trade(49, player_offer_id="OTHER")]
    found = decided([outcome("o.2", *told)], [], "MINE")
    assert left(found) == [49]
    assert left(found, pod="P2") == left(found, REAL) == [48, 49, 50]
    assert left(decided([outcome("o.2", *told)], [], "OTHER")) == [48, 50]


@pytest.mark.parametrize(
    ("told", "returns"),
    [
        (trade(48), True),
        (trade(48, 0.0), False),  # cut to nothing
        (trade(48, player_request_id=None), False),
        (trade(48, player_offer_id="OTHER"), False),
    ],
)
def test_what_was_sold_has_to_come_back(told: ValidatedPower, *, returns: bool) -> None:
    assert decided([outcome("o", told)], [], "MINE").may_return(AHEAD, offered()) is returns


@pytest.mark.parametrize("status", ["notTraded", "notValidated", "cancelled"])
def test_a_session_that_ended_without_a_trade_leaves_all_free(status: str) -> None:
    found = decided([], [session(status)], "MINE")
    assert left(found) == []
    assert left(found, REAL) == [48, 49, 50]
    assert not found.may_return(AHEAD, offered())
    for other in ("created", "active", "closed", "outcome", "validated", "settled"):
        assert left(decided([], [session(other)], "MINE")) == [48, 49, 50]
