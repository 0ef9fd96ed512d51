"""Settlements that the market made, as files: what is due, among which trades, under which name."""

import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from tests.unit.market.market_case import ask, offer, session
from tests.unit.market.random_session import START

from platone.market.domain.clearing import clear
from platone.market.domain.problem.outcome import OutcomeMismatch, RecordingInvalid
from platone.market.domain.replay import settle_file
from platone.market.domain.validation import validate_as_cleared
from platone.messages.base import MarketType
from platone.messages.outcome import ValidatedOutcome
from platone.messages.recording import (
    DayBaseline,
    LineTerms,
    OtherTrade,
    SettlementContext,
    SettlementRecording,
)
from platone.messages.registry import Measurement

SESSION = session(
    ask("need", ["POD0", "POD1"], -20.0, 0.5), offer("POD0", -10.0, 0.1), offer("POD1", -10.0, 0.1)
)
OUTCOME = validate_as_cleared(clear(SESSION))
NAME = OUTCOME.market_outcome
GATE = START - timedelta(hours=10)


def reading(pod: str, energy_wh: int) -> Measurement:
    return Measurement(
        pod_id=pod,
        start_time=START,
        duration_minutes=15,
        energy_wh=energy_wh,
        quality="measured",
        device="0x" + "ab" * 20,
        sequence=1,
        certification_id=f"reading-{pod}",
        certification_hash="0" * 64,
        received_at=START + timedelta(minutes=16),
    )


def context(*others: OtherTrade, **more: Any) -> SettlementContext:
    told: dict[str, Any] = {
        "settlement_id": "S1",
        "transaction_hash": "0x" + "12" * 32,
        "traded_at": GATE,
        "windows": [START],
        "day_baselines": [],
        "other_trades": list(others),
        "terms": [
            LineTerms(line_id=f"{NAME}.{pod}.0.0", customer_share_ppm=0, penalty_price=0)
            for pod in ("POD0", "POD1")
        ],
        "run": 3,
    }
    return SettlementContext(**told | more)


def settled(
    outcome: ValidatedOutcome | None = None, told: SettlementContext | None = None
) -> dict[str, Any]:
    """The settlement of both points, of which 22 kWh are measured each, 3 below the baseline."""
    fields = {field.name: getattr(SESSION, field.name) for field in msgspec.structs.fields(SESSION)}
    recording = SettlementRecording(
        **fields,
        validated_outcome=outcome,
        measurements=(reading("POD0", 22_000), reading("POD1", 22_000)),
        context=told,
    )
    found: dict[str, Any] = json.loads(settle_file(msgspec.json.encode(recording)))
    return found


def paid(settlement: dict[str, Any]) -> dict[str, float]:
    return {pod["pod"]: pod["power"][0]["paidP"] for pod in settlement["flexibility"]}


@pytest.mark.parametrize(
    "change",
    [
        {"market_type": MarketType.REAL_TIME},
        {"start_time": START + timedelta(days=1)},
        {"duration": 23},
    ],
)
def test_an_outcome_of_another_session_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(OutcomeMismatch) as refused:
        settled(msgspec.structs.replace(OUTCOME, **change), context())
    assert "Kind, start or duration" in refused.value.detail


def test_a_settlement_of_the_market_has_its_names() -> None:
    """10 kW for a quarter-hour at the clearing price: 2.5 kWh of the 3 are paid."""
    found = settled(OUTCOME, context())
    assert (found["settlementId"], found["run"], found["sent"]) == ("S1", 3, True)
    assert found["certificationId"] == "settlement-S1"
    assert found["transactionHash"] == "0x" + "12" * 32
    assert found["marketOutcomeId"] == NAME
    (price,) = {power.accepted_p_price for pod in OUTCOME.flexibility for power in pod.power}
    assert price is not None
    assert paid(found) == pytest.approx({"POD0": 2.5 * price, "POD1": 2.5 * price})


def test_without_circumstances_it_is_named_by_its_content() -> None:
    found = settled()
    assert len(found["settlementId"]) == 24
    assert (found["run"], found["sent"]) == (1, False)
    assert found.get("certificationId") is None
    assert found.get("transactionHash") is None
    assert {pod["power"][0]["status"] for pod in found["flexibility"]} == {"notPaid"}
    assert settled(OUTCOME)["settlementId"] == found["settlementId"]


def test_only_windows_that_have_come_due_are_settled() -> None:
    assert settled(OUTCOME, context(windows=[START + timedelta(hours=4)]))["flexibility"] == []


def other(minutes: int, name: str = "z", **more: Any) -> OtherTrade:
    """A reduction by 4 kW, which is 1 kWh, made some minutes after the gate."""
    told: dict[str, Any] = {"rank": 0, "pod": "POD0", "index": 0, "p_change": -4.0}
    at = GATE + timedelta(minutes=minutes)
    return OtherTrade(market_outcome=name, traded_at=at, **told | more)


@pytest.mark.parametrize(
    ("before", "kwh"),
    [
        (other(-1), 2.0),  # it takes the first of the 3 kWh
        (other(1), 2.5),
        (other(0, "0"), 2.0),  # made at the same time, it is the lesser name that counts first
        (other(0, "z"), 2.5),
        (other(-1, pod="POD2"), 2.5),
        (other(-1, index=1), 2.5),
        (other(-1, reactive=True), 2.5),
    ],
)
def test_trades_of_other_sessions_stand_before_or_after(before: OtherTrade, kwh: float) -> None:
    alone = paid(settled(OUTCOME, context()))
    found = paid(settled(OUTCOME, context(before)))
    assert found == pytest.approx({"POD0": alone["POD0"] * kwh / 2.5, "POD1": alone["POD1"]})


def test_trades_of_one_other_session_stand_by_their_rank() -> None:
    """4 and 2 kW less are the first 1.5 of the 3 kWh."""
    alone = paid(settled(OUTCOME, context()))["POD0"]
    both = [other(-1, rank=1, p_change=-2.0), other(-1, rank=0)]
    assert paid(settled(OUTCOME, context(*both)))["POD0"] == pytest.approx(alone * 1.5 / 2.5)


def test_the_days_baseline_counts_where_it_is_told() -> None:
    """90 kW are 22.5 kWh, of which half a kWh is not used."""
    alone = paid(settled(OUTCOME, context()))
    day = DayBaseline(pod_id="POD1", power_baseline=[90.0] * 96)
    found = paid(settled(OUTCOME, context(day_baselines=[day])))
    assert found == pytest.approx({"POD0": alone["POD0"], "POD1": alone["POD1"] * 0.5 / 2.5})


def test_a_trade_of_a_point_without_a_baseline_is_refused() -> None:
    pod, second = OUTCOME.flexibility
    strange = msgspec.structs.replace(pod, pod="POD9")
    outcome = msgspec.structs.replace(OUTCOME, flexibility=[strange, second])
    with pytest.raises(RecordingInvalid) as refused:
        settled(outcome, context())
    assert "POD9" in refused.value.detail
