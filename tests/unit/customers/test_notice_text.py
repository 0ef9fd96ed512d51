"""Notices of what was sold and of what plants are told, worked by hand."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from platone.customers.domain.notice import Notice, encoded, outcome_notices, setpoint_notices
from platone.messages.base import MarketType
from platone.messages.outcome import ValidatedOutcome, ValidatedPod, ValidatedPower
from platone.messages.registry import Setpoint

MIDNIGHT = datetime(2021, 6, 22, 22, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def sold(index: int, kw: float | None, asked_by: str | None = "DSO") -> ValidatedPower:
    return ValidatedPower(
        index=index,
        accepted_p_value=kw,
        player_service_id="o",
        player_offer_id="A",
        player_request_id=asked_by,
    )


def body(kind: str, first: datetime, end: datetime, power: float, unit: str) -> dict[str, Any]:
    return {"kind": kind, "from": first, "to": end, "power": power, "unit": unit}


def test_each_that_sold_something_is_told_once_over_all_of_it() -> None:
    outcome = ValidatedOutcome(
        market_outcome="o",
        market_type=MarketType.DAY_AHEAD,
        start_time=MIDNIGHT,
        duration=24,
        interval=15,
        output_hash="0" * 64,
        flexibility=[
            ValidatedPod(pod="P1", power=[sold(52, 6.0), sold(50, 3.0), sold(50, 3.0)]),
            ValidatedPod(pod="P2", power=[sold(50, None), sold(51, 9.0, None)]),
            ValidatedPod(pod="P3", power=[sold(0, 0.0), sold(95, None), sold(4, 1.0, None)]),
        ],
    )
    first, second = outcome_notices(outcome, "Europe/Rome")
    # two quarter-hours of 3 and 6 kW
    start, end = MIDNIGHT + 50 * QUARTER, MIDNIGHT + 53 * QUARTER
    assert first == Notice("P1", body("accepted", start, end, 4.5, "kW"))
    assert second == Notice("P3", body("accepted", MIDNIGHT, MIDNIGHT + QUARTER, 0.0, "kW"))


def setpoint(pod: str, place: int, kw: float | None, kvar: float | None = None) -> Setpoint:
    return Setpoint(
        setpoint_id="s",
        pod_id=pod,
        start_time=MIDNIGHT + place * QUARTER,
        duration_minutes=15 if place else 30,
        power_kw=kw,
        power_kvar=kvar,
        market_outcome="o",
    )


def test_each_that_is_told_to_move_is_told_so_once() -> None:
    found = list(
        setpoint_notices(
            [
                setpoint("P2", 4, None, -3.0),
                setpoint("P1", 3, 8.0, 1.0),
                setpoint("P3", 1, None),
                setpoint("P2", 3, None, -1.0),
                setpoint("P1", 2, 5.0),
                setpoint("P4", 0, 0.0, 7.0),
                setpoint("P1", 5, None, 2.0),
            ]
        )
    )

    def span(first: int, end: int, power: float, unit: str) -> dict[str, Any]:
        ends = MIDNIGHT + first * QUARTER, MIDNIGHT + end * QUARTER
        return body("activated", *ends, power, unit)

    assert found == [
        Notice("P1", span(2, 6, 6.5, "kW")),
        Notice("P2", span(3, 5, -2.0, "kvar")),
        Notice("P4", span(0, 2, 0.0, "kW")),
    ]


def test_a_reader_is_told_in_its_language() -> None:
    notice = Notice("P1", body("accepted", MIDNIGHT, MIDNIGHT + QUARTER, 4.5, "kW"))
    assert json.loads(encoded(notice, "it", "Europe/Rome")) == {
        "kind": "accepted",
        "from": "2021-06-22T22:00:00Z",
        "to": "2021-06-22T22:15:00Z",
        "power": 4.5,
        "unit": "kW",
        "language": "it",
        "zone": "Europe/Rome",
    }
