"""Which lines of an aggregator are open, in small cases worked by hand."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from platone.aggregator.domain.open_line import open_lines
from platone.messages.base import MarketType
from platone.messages.delivery import LineState, OpenLine
from platone.messages.dispute import Dispute, DisputeReason, DisputeStatus
from platone.messages.outcome import ValidatedOutcome, ValidatedPod, ValidatedPower
from platone.messages.settlement import (
    FlexibilitySettlement,
    LineVersion,
    MeasuredPower,
    SettledQuantities,
    Settlement,
)

START = datetime(2021, 6, 22, 22, tzinfo=UTC)
ZERO = SettledQuantities(reference=0, ordered=0, measured=0, price=0)


def trade(index: int, change: float | None = -5.0, **more: Any) -> ValidatedPower:
    told = {"player_service_id": "o", "player_offer_id": "MINE", "player_request_id": "DSO"}
    fixed = {"accepted_p_value": 1.0, "accepted_p_change": change, "accepted_p_price": 0.2}
    return ValidatedPower(index=index, **{**told, **fixed, **more})


def outcome(*trades: ValidatedPower, pod: str = "P1", **more: Any) -> ValidatedOutcome:
    told = {"market_outcome": "o1", "market_type": MarketType.DAY_AHEAD, "start_time": START}
    fixed = {"duration": 24, "interval": 15, "output_hash": "0" * 64}
    parts = [ValidatedPod(pod=pod, power=list(trades))]
    return ValidatedOutcome(flexibility=parts, **{**told, **fixed, **more})


def line(index: int, status: str = "settled", **more: Any) -> MeasuredPower:
    told = {"requested_p": 1.0, "measured_p": 1.0, "baseline_p": 6.0, "price_p": 0.3}
    paid = {"paid_p": 0.0, "penalty_p": 0.0, "change_p": -4.0, "line_id": f"line-{index}"}
    who = {"request_player_id": "DSO", "offer_player_id": "MINE", "status": status}
    return MeasuredPower(index=str(index), **{**told, **paid, **who, **more})


def settlement(*lines: MeasuredPower, of: str = "o1", pod: str = "P1", run: int = 1) -> Settlement:
    return Settlement(
        settlement_id=f"s{run}",
        market_outcome_id=of,
        market_type=MarketType.DAY_AHEAD,
        flexibility=[FlexibilitySettlement(pod=pod, power=list(lines))],
        start_time=START,
        run=run,
    )


def dispute(of: str, status: DisputeStatus) -> Dispute:
    return Dispute(
        id=f"d-{of}",
        dispute_id="mine",
        line_id=of,
        market_outcome_id="o1",
        pod="P1",
        opened_by="MINE",
        reason=DisputeReason.OTHER,
        status=status,
        answer_due=START,
        steps=(),
    )


def found(
    outcomes: Sequence[ValidatedOutcome] = (),
    settlements: Sequence[Settlement] = (),
    disputes: Sequence[Dispute] = (),
) -> list[OpenLine]:
    return open_lines(outcomes, settlements, disputes, "MINE", "Europe/Rome")


def test_a_trade_that_nobody_settled_waits() -> None:
    (waiting,) = found([outcome(trade(50))])
    assert waiting == OpenLine(
        pod_id="P1",
        market_outcome="o1",
        start_time=datetime(2021, 6, 23, 10, 30, tzinfo=UTC),  # 12:30 in Rome
        change_p=-5.0,
        price_p=0.2,
        request_player_id="DSO",
        state=LineState.WAITING,
    )


def test_what_is_no_trade_of_the_party_is_not_open_and_hides_none() -> None:
    others = [
        trade(1, player_offer_id="OTHER"),
        trade(2, 0.0),
        trade(3, None, accepted_p_value=None),
        trade(4, player_request_id=None),
    ]
    assert [each.start_time.hour for each in found([outcome(*others, trade(50))])] == [10]


def test_a_settled_trade_waits_no_more_but_another_of_its_kind_does() -> None:
    settled = [settlement(line(50))]
    assert found([outcome(trade(50))], settled) == []
    for other in (
        outcome(trade(51)),
        outcome(trade(50), pod="P2"),
        outcome(trade(50, player_request_id="TSO")),
        outcome(trade(50), market_type=MarketType.REAL_TIME),
        outcome(trade(50), start_time=datetime(2021, 6, 23, 22, tzinfo=UTC)),
    ):
        assert [each.state for each in found([other], settled)] == [LineState.WAITING]


def test_a_line_that_is_not_paid_is_open() -> None:
    lines = [line(50, "missingMeasurement"), line(51), line(52, "notPaid", change_p=None)]
    first, second = found(
        settlements=[settlement(*lines, line(53, "notPaid", offer_player_id="O"))]
    )
    assert (first.state, first.change_p, first.price_p) == (
        LineState.MISSING_MEASUREMENT,
        -4.0,
        0.3,
    )
    assert (first.line_id, first.dispute, first.market_outcome) == ("line-50", None, "o1")
    assert first.start_time == datetime(2021, 6, 23, 10, 30, tzinfo=UTC)
    assert (second.state, second.change_p) == (LineState.NOT_PAID, 0.0)


def test_the_last_settlement_of_an_outcome_counts() -> None:
    runs = [settlement(line(50, "missingMeasurement")), settlement(line(50), run=2)]
    assert found([outcome(trade(50))], runs) == []
    assert len(found([], [*runs, settlement(line(51, "notPaid"), of="o2")])) == 1


def test_a_disputed_line_is_open_although_it_is_paid() -> None:
    before = LineVersion(
        version=1, line_id="older", settlement_id="s0", measured_p=1.0, net=0.0, quantities=ZERO
    )
    paid = [settlement(line(50, versions=(before,)), line(51))]
    for name in ("line-50", "older"):
        for status in (DisputeStatus.OPEN, DisputeStatus.ANSWERED):
            (disputed,) = found([], paid, [dispute(name, status)])
            assert (disputed.state, disputed.dispute) == (LineState.DISPUTED, f"d-{name}")
            assert disputed.line_id == "line-50"
        assert found([], paid, [dispute(name, DisputeStatus.CLOSED)]) == []


def test_lines_stand_by_time_then_place_then_who_asked() -> None:
    trades = [trade(51), trade(50), trade(50, player_request_id="A")]
    told = found([outcome(trade(50), pod="P2"), outcome(*trades)])
    assert [(each.start_time.minute, each.pod_id, each.request_player_id) for each in told] == [
        (30, "P1", "A"),
        (30, "P1", "DSO"),
        (30, "P2", "DSO"),
        (45, "P1", "DSO"),
    ]
