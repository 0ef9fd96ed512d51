"""Recorded sessions as files: the same bytes give the same bytes, and the report's figures."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from platone.market.domain.problem.outcome import RecordingInvalid
from platone.market.domain.replay import clear_file, settle_file
from platone.market.domain.statement import pay_under
from platone.messages.ledger import AgreementTerms, SettlementLine
from platone.messages.market import RecordedSession


def _settled(recording: dict[str, Any]) -> dict[str, dict[str, Any]]:
    settled = json.loads(settle_file(json.dumps(recording).encode()))
    return {pod["pod"]: pod["power"][0] for pod in settled["flexibility"]}


def _reading(pod: str, energy_wh: int) -> dict[str, Any]:
    return {
        "podId": pod,
        "startTime": "2021-06-23T10:30:00Z",
        "durationMinutes": 15,
        "energyWh": energy_wh,
        "quality": "measured",
        "device": "0x" + "ab" * 20,
        "sequence": 1,
        "certificationId": f"reading-{pod}",
        "certificationHash": "0" * 64,
        "receivedAt": "2021-06-23T10:46:00Z",
    }


def test_clearing_a_file_is_repeatable(italian_session: RecordedSession) -> None:
    recorded = msgspec.json.encode(italian_session)

    cleared = clear_file(recorded)

    assert clear_file(recorded) == cleared
    assert b"4180.349299061132" in cleared


def test_a_later_change_of_the_inputs_shows_in_the_hashes(italian_session: RecordedSession) -> None:
    recorded = json.loads(msgspec.json.encode(italian_session))
    before = json.loads(clear_file(json.dumps(recorded).encode()))
    recorded["flexibilityServices"][4]["flexibility"][0]["power"][0]["pPrice"] = 0.08
    after = json.loads(clear_file(json.dumps(recorded).encode()))

    assert before["inputHash"] != after["inputHash"]
    assert before["outputHash"] != after["outputHash"]
    assert before["marketOutcome"] == before["outputHash"][:24]


def test_settling_a_file(italian_session: RecordedSession) -> None:
    recording = json.loads(msgspec.json.encode(italian_session))
    recording["measurements"] = [
        _reading("IT002E61899978", 319_636),  # 1278.544 kW: all of 1000 kW, and 1 W more
        _reading("IT002E60550189", 60_000),
    ]
    recording["agreements"] = [
        {
            "pod": "IT002E61899978",
            "aggregatorId": "ACEAE",
            "customerSharePpm": 800_000,
            "penaltyPrice": 20_000,
        }
    ]

    lines = _settled(recording)

    paid = lines["IT002E61899978"]
    assert (paid["status"], paid["paidP"], paid["penaltyP"]) == ("settled", 7.5, 0)
    assert paid["customerTokens"] == "6"
    assert lines["IT002E60550189"]["status"] == "notPaid"
    assert lines["IT002E60974469"]["status"] == "missingMeasurement"
    raw = json.dumps(recording).encode()
    assert settle_file(raw) == settle_file(raw)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"session": 1}', b"[" * 100_000, b"\xff"])
def test_what_is_no_recording_is_refused(raw: bytes) -> None:
    for replay in (clear_file, settle_file):
        with pytest.raises(RecordingInvalid):
            replay(raw)


@pytest.mark.parametrize("measured", [0, 25_000_000, 50_000_000])
def test_where_nothing_was_ordered_nothing_is_paid_or_owed(measured: int) -> None:
    line = SettlementLine(
        line_id="line",
        pod="IT002E61899978",
        aggregator_id="ACEAE",
        baseline=25_000_000,
        start_time=datetime(2021, 6, 23, 10, 30, tzinfo=UTC),
        readings=("reading-1",),
        ordered=0,
        measured=measured,
        price=30_000,
    )
    terms = AgreementTerms(
        pod=line.pod, aggregator_id="ACEAE", customer_share_ppm=800_000, penalty_price=20_000
    )

    paid = pay_under(line, terms)

    assert paid.problem == "nothing was ordered"
    assert (paid.paid, paid.penalty, paid.customer_tokens, paid.owed) == (0, 0, 0, 0)
