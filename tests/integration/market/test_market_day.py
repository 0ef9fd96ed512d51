"""The Italian day through the market's REST interface, from registration to payment."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from platone.market.domain.replay import clear_file

pytestmark = pytest.mark.both_databases

DELIVERY = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)
"""12:30 in Rome, index 50."""
GATE_CLOSES = datetime(2021, 6, 22, 13, 30, tzinfo=UTC)
WINDOW_ENDS = datetime(2021, 6, 23, 14, tzinfo=UTC)
"""16:00 in Rome."""
FINAL_KW = {
    "IT002E61899978": 1278.545,
    "IT002E60974469": 4180.349299061132,
    "IT002E60550189": 207.6620935799721,
}


async def _clear(desk: Any, submit: Any) -> dict[str, Any]:
    for each in submit:
        answer = await desk.call(each["playerId"], "POST", "/api/flexibilityService", each)
        assert answer.status_code == 201, answer.text
    await desk.tick(GATE_CLOSES)
    await desk.deliver()
    (outcome,) = desk.others.bodies("POST /api/dso/marketOutcome")
    found: dict[str, Any] = outcome
    return found


def technical(outcome: dict[str, Any]) -> dict[str, Any]:
    cut = {"element": "12157-12149", "kind": "current", "value": 30.07, "limit": 19.6, "unit": "A"}
    return {
        "marketType": "dayAhead",
        "duration": 24,
        "interval": 15,
        "startTime": outcome["startTime"],
        "marketOutcome": outcome["marketOutcome"],
        "flexibility": [
            {
                "pod": pod,
                "power": [
                    {
                        "index": 50,
                        "acceptedPValue": kw,
                        "acceptedP": "OK",
                        "cuts": [cut] if kw < 1000 else [],
                    }
                ],
            }
            for pod, kw in FINAL_KW.items()
        ],
    }


async def _validate(desk: Any, italian_services: Any) -> dict[str, Any]:
    outcome = await _clear(desk, italian_services)
    answer = await desk.call("DSO", "POST", "/api/technicalOutcome", technical(outcome))
    assert answer.status_code == 201, answer.text
    await desk.deliver()
    return outcome


async def _day_ahead(desk: Any) -> dict[str, Any]:
    page = await desk.get("MO", "/api/marketSession?from=2021-06-22T22:00:00Z&limit=1")
    found: dict[str, Any] = page["sessions"][0]
    return found


def _lines(settlement: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {pod["pod"]: pod["power"][0] for pod in settlement["flexibility"]}


async def test_outcome_goes_to_the_dso_and_is_the_reports(desk: Any, italian_services: Any) -> None:
    outcome = await _clear(desk, italian_services)

    trades = _lines(outcome)
    assert trades["IT002E60974469"]["acceptedPValue"] == 4180.349299061132
    assert trades["IT002E61899978"]["acceptedPValue"] == 1278.545
    assert trades["IT002E60550189"]["acceptedPValue"] == pytest.approx(342.128, abs=1e-9)
    (session,) = (await desk.get("MO", "/api/marketSession?status=outcome"))["sessions"]
    assert session["marketOutcome"] == outcome["marketOutcome"]


async def test_recording_clears_again_to_the_same_outcome(desk: Any, italian_services: Any) -> None:
    outcome = await _clear(desk, italian_services)
    (session,) = (await desk.get("MO", "/api/marketSession?status=outcome"))["sessions"]
    recording = await desk.call("AUDITOR", "GET", f"/api/marketSession/{session['id']}/recording")

    again = clear_file(recording.content)

    assert outcome["marketOutcome"].encode() in again
    assert clear_file(recording.content) == again


async def test_participants_read_their_own_part(desk: Any, italian_services: Any) -> None:
    outcome = await _validate(desk, italian_services)
    name = outcome["marketOutcome"]

    own = await desk.get("ACEAE", f"/api/validatedOutcome/{name}")
    assert {pod: line["acceptedPValue"] for pod, line in _lines(own).items()} == FINAL_KW
    assert _lines(own)["IT002E60550189"]["cuts"][0]["element"] == "12157-12149"
    assert (await desk.get("ACEAE_2", f"/api/validatedOutcome/{name}"))["flexibility"] == []
    assert set(_lines(await desk.get("TSO", f"/api/validatedOutcome/{name}"))) == {"IT002E60550189"}
    assert set(_lines(await desk.get("DSO", f"/api/marketOutcome/{name}"))) == set(FINAL_KW)
    assert (await desk.call("CUSTOMER-1", "GET", f"/api/marketOutcome/{name}")).status_code == 403
    table = await desk.call("ACEAE", "GET", f"/api/validatedOutcome/{name}?format=csv")
    assert table.headers["content-type"].startswith("text/csv")
    assert len(table.text.splitlines()) == 4


async def test_each_topic_has_its_reader(desk: Any, italian_services: Any) -> None:
    outcome = await _validate(desk, italian_services)

    for party, pods in (("DSO", 3), ("TSO", 1), ("ACEAE", 3)):
        page = await desk.get(party, f"/api/topics/validated_outcome_{party}")
        (message,) = page["messages"]
        assert message["offset"] == 1
        assert message["content"]["marketOutcome"] == outcome["marketOutcome"]
        assert len(message["content"]["flexibility"]) == pods
        later = await desk.get(party, f"/api/topics/validated_outcome_{party}?after=1")
        assert later["messages"] == []
    beyond = await desk.get("ACEAE", f"/api/topics/validated_outcome_ACEAE?after={10**30}")
    assert beyond["messages"] == []
    refused = await desk.call("ACEAE_2", "GET", "/api/topics/validated_outcome_ACEAE")
    assert refused.status_code == 403
    (pushed,) = desk.others.bodies("POST /api/aggregator/validatedOutcome")
    assert {power["playerOfferId"] for pod in pushed["flexibility"] for power in pod["power"]} == {
        "ACEAE"
    }
    assert len(desk.others.bodies("POST /api/scd/outcomes")) == 1


async def test_everything_is_certified_once(desk: Any, italian_services: Any) -> None:
    outcome = await _validate(desk, italian_services)

    kinds = [record["kind"] for record in desk.others.certified().values()]
    assert sorted(kinds) == sorted(
        [
            *["flexibilityService"] * 5,
            "marketOutcome",
            "technicalOutcome",
            "validatedOutcome",
        ]
    )
    salts = {record["salt"] for record in desk.others.certified().values()}
    assert len(salts) == 8
    assert f"validatedOutcome-{outcome['marketOutcome']}" in desk.others.certified()


async def test_technical_outcome_may_only_cut(desk: Any, italian_services: Any) -> None:
    outcome = await _clear(desk, italian_services)
    beyond = technical(outcome)
    beyond["flexibility"][2]["power"][0]["acceptedPValue"] = 343.0
    below = technical(outcome)
    below["flexibility"][2]["power"][0]["acceptedPValue"] = 70.0
    fewer = technical(outcome)
    fewer["flexibility"].pop()
    for wrong, slug in (
        (beyond, "outcome-beyond-accepted"),
        (below, "outcome-beyond-accepted"),
        (fewer, "outcome-mismatch"),
    ):
        answer = await desk.call("DSO", "POST", "/api/technicalOutcome", wrong)
        assert answer.status_code == 422
        assert answer.json()["type"] == f"/problems/{slug}"
    as_tso = await desk.call("TSO", "POST", "/api/technicalOutcome", technical(outcome))
    assert as_tso.status_code == 403

    right = await desk.call("DSO", "POST", "/api/technicalOutcome", technical(outcome))
    again = await desk.call("DSO", "POST", "/api/technicalOutcome", technical(outcome))
    other = technical(outcome)
    other["flexibility"][2]["power"][0]["acceptedPValue"] = 100.0
    differs = await desk.call("DSO", "POST", "/api/technicalOutcome", other)
    assert [right.status_code, again.status_code, differs.status_code] == [201, 200, 409]


async def test_settlement_pays_what_was_delivered(desk: Any, italian_services: Any) -> None:
    outcome = await _validate(desk, italian_services)
    # Delivered in full; half of the reduction; raised beyond what was ordered.
    desk.others.read("IT002E61899978", DELIVERY, 319_636)
    desk.others.read("IT002E60974469", DELIVERY, 1_092_180)
    desk.others.read("IT002E60550189", DELIVERY, 60_000)

    await desk.tick(WINDOW_ENDS)
    await desk.deliver()

    settlement = await desk.get("ACEAE", f"/api/settlement/{outcome['marketOutcome']}")
    lines = _lines(settlement)
    assert {line["status"] for line in lines.values()} == {"settled"}
    # By hand, in EUR: energy of a quarter-hour is a quarter of the power.
    baseline, ordered = Decimal("4557.09") / 4, Decimal("376.740701") / 4
    delivered = baseline - Decimal("1092.18")
    missing = ordered - delivered
    half = lines["IT002E60974469"]
    assert half["paidP"] == pytest.approx(float(delivered * Decimal("0.03")), abs=1e-9)
    assert half["penaltyP"] == pytest.approx(float(missing * Decimal("0.02")), abs=1e-7)
    raised = lines["IT002E60550189"]
    assert raised["paidP"] == pytest.approx((207.6620935799721 - 70.38) / 4 * 0.07, abs=1e-6)
    assert raised["penaltyP"] == 0
    full = lines["IT002E61899978"]
    assert full["paidP"] == pytest.approx(7.5, abs=1e-4)  # 250 kWh at 0.03 EUR/kWh
    assert full["measuredP"] == pytest.approx(1278.544)
    assert settlement["transactionHash"] == "0x" + "12" * 32
    assert settlement["sent"] is True
    session = await _day_ahead(desk)
    assert session["status"] == "settled"
    (pushed,) = desk.others.bodies("POST /api/aggregator/settlement")
    assert pushed == settlement
    assert len(desk.others.settlements) == 1
    kinds = [record["kind"] for record in desk.others.certified().values()]
    assert (kinds.count("settlement"), kinds.count("settlementLine")) == (1, 3)


async def test_a_missing_reading_stops_no_other_and_comes_later(
    desk: Any, italian_services: Any
) -> None:
    outcome = await _validate(desk, italian_services)
    name = outcome["marketOutcome"]
    desk.others.read("IT002E61899978", DELIVERY, 319_636)
    desk.others.read("IT002E60550189", DELIVERY, 60_000)
    await desk.tick(WINDOW_ENDS)
    session = await _day_ahead(desk)
    for _ in range(4):  # the market waits a little before it settles without the third
        await desk.call("MO", "POST", f"/api/marketSession/{session['id']}/settlement")

    first = _lines(await desk.get("MO", f"/api/settlement/{name}"))
    assert first["IT002E60974469"]["status"] == "missingMeasurement"
    assert first["IT002E60974469"]["measuredP"] is None
    assert first["IT002E61899978"]["status"] == "settled"
    assert first["IT002E60550189"]["status"] == "settled"

    desk.others.read("IT002E60974469", DELIVERY, 1_092_180)
    session = await _day_ahead(desk)
    await desk.call("MO", "POST", f"/api/marketSession/{session['id']}/settlement")
    await desk.deliver()

    second = await desk.get("MO", f"/api/settlement/{name}")
    assert _lines(second)["IT002E60974469"]["status"] == "settled"
    assert second["settlementId"] == f"{name}.2"
    assert _lines(second)["IT002E61899978"] == first["IT002E61899978"]
    assert len(desk.others.settlements) == 2
    assert _lines(await desk.get("MO", f"/api/settlement/{name}.1")) == first


async def test_a_line_without_agreement_is_told_and_tried_again_on_request(
    desk: Any, italian_services: Any
) -> None:
    outcome = await _validate(desk, italian_services)
    for pod, energy_wh in zip(FINAL_KW, (319_636, 1_045_087, 51_915), strict=True):
        desk.others.read(pod, DELIVERY, energy_wh)
    desk.others.agreed = {"IT002E61899978", "IT002E60974469"}
    await desk.tick(WINDOW_ENDS)

    told = _lines(await desk.get("ACEAE", f"/api/settlement/{outcome['marketOutcome']}"))
    assert told["IT002E60550189"]["status"] == "notPaid"
    assert told["IT002E60550189"]["customerTokens"] is None

    desk.others.agreed = None
    session = await _day_ahead(desk)
    await desk.call("MO", "POST", f"/api/marketSession/{session['id']}/settlement")
    told = _lines(await desk.get("ACEAE", f"/api/settlement/{outcome['marketOutcome']}"))
    assert told["IT002E60550189"]["status"] == "settled"
    await desk.deliver()
    assert len([r for r in desk.others.certified() if r.startswith("settlementLine")]) == 3


async def test_the_ledger_fails_and_the_market_restarts_and_nothing_is_paid_twice(
    desk: Any, italian_services: Any
) -> None:
    outcome = await _validate(desk, italian_services)
    for pod, energy_wh in zip(FINAL_KW, (319_636, 1_045_087, 51_915), strict=True):
        desk.others.read(pod, DELIVERY, energy_wh)
    desk.others.ledger_is_down = True
    await desk.tick(WINDOW_ENDS)
    await desk.restart()
    desk.others.ledger_is_down = False
    desk.others.forget_ledger_answers = 1  # paid, but the answer is lost
    await desk.tick()
    await desk.restart()
    await desk.tick()
    await desk.tick(WINDOW_ENDS + timedelta(days=1))
    await desk.deliver()

    assert len(desk.others.settlements) == 1
    settlement = await desk.get("ACEAE", f"/api/settlement/{outcome['marketOutcome']}")
    assert {line["status"] for line in _lines(settlement).values()} == {"settled"}
    assert len(desk.others.bodies("POST /api/aggregator/settlement")) == 1
