"""An erasure waits for what is not decided or paid yet, says so, and goes on by itself then."""

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

POD, OTHER = "IT002E60550189", "IT002E99999999"
GATE_CLOSES = datetime(2021, 6, 22, 13, 30, tzinfo=UTC)
DELIVERY = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)
SESSION_ENDS = datetime(2021, 6, 23, 22, tzinfo=UTC)
WINDOW_ENDS = datetime(2021, 6, 23, 14, tzinfo=UTC)
FINAL_KW = {
    "IT002E61899978": 1278.545,
    "IT002E60974469": 4180.349299061132,
    "IT002E60550189": 207.6620935799721,
}


async def _asked(desk: Any, pod: str = POD) -> Any:
    order = {"erasureId": "e" * 32, "podIds": [pod]}
    answer = await desk.call("MDA", "POST", "/api/market/erasures", order)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _offers(desk: Any, pod: str) -> int:
    """Stored messages that name a point of delivery."""
    return sum(pod in str(row) for row in desk.records("SELECT * FROM service"))


async def _submit(desk: Any, services: Any) -> None:
    for each in services:
        answer = await desk.call(each["playerId"], "POST", "/api/flexibilityService", each)
        assert answer.status_code == 201, answer.text


async def _cleared(desk: Any) -> Any:
    await desk.tick(GATE_CLOSES)
    await desk.deliver()
    (outcome,) = desk.others.bodies("POST /api/dso/marketOutcome")
    return outcome


async def _validated(desk: Any) -> None:
    outcome = await _cleared(desk)
    answer = await desk.call(
        "DSO",
        "POST",
        "/api/technicalOutcome",
        {name: outcome[name] for name in ("marketType", "duration", "interval", "startTime")}
        | {
            "marketOutcome": outcome["marketOutcome"],
            "flexibility": [
                {"pod": pod, "power": [{"index": 50, "acceptedPValue": kw, "acceptedP": "OK"}]}
                for pod, kw in FINAL_KW.items()
            ],
        },
    )
    assert answer.status_code == 201, answer.text
    await desk.deliver()


async def test_an_offer_in_an_open_session_is_decided_first(
    desk: Any, italian_services: Any
) -> None:
    await _submit(desk, italian_services)
    await desk.deliver()
    told = await _asked(desk)
    assert (told["state"], told["reason"]) == ("waiting", "a session may yet trade its offers")
    assert datetime.fromisoformat(told["until"]) >= GATE_CLOSES
    assert await _offers(desk, POD) > 0
    assert (await _asked(desk, OTHER))["state"] == "done"  # who offered nothing waits for nobody


async def test_a_trade_is_paid_first(desk: Any, italian_services: Any) -> None:
    await _submit(desk, italian_services)
    await _validated(desk)
    told = await _asked(desk)
    assert (told["state"], told["reason"]) == ("waiting", "a trade is not settled")
    assert await _offers(desk, POD) > 0

    for pod, kw in FINAL_KW.items():
        desk.others.read(pod, DELIVERY, round(kw * 250))
    await desk.tick(WINDOW_ENDS)
    await desk.deliver()
    assert len(desk.others.settlements) == 1
    assert (await _asked(desk))["state"] == "done"
    assert await _offers(desk, POD) == 0


async def test_a_trade_whose_readings_never_come_is_not_waited_for_for_ever(
    desk: Any, italian_services: Any
) -> None:
    await _submit(desk, italian_services)
    await _validated(desk)
    await desk.tick(WINDOW_ENDS)
    await desk.deliver()
    assert (await _asked(desk))["reason"] == "a trade is not settled"
    await desk.tick(WINDOW_ENDS + timedelta(days=400))
    await desk.deliver()
    assert (await _asked(desk))["state"] == "done"


async def test_messages_that_nobody_takes_are_waited_for_a_day_after_the_session(
    desk: Any, italian_services: Any
) -> None:
    """The DSO has no network and takes no outcome: what waits for it goes without the person."""
    desk.others.away = {"/api/dso/marketOutcome"}
    await _submit(desk, italian_services)
    await desk.tick(GATE_CLOSES)
    await desk.tick(SESSION_ENDS)
    told = await _asked(desk)
    assert told["reason"] == "messages about it are on their way: POST /api/dso/marketOutcome"
    assert datetime.fromisoformat(told["until"]) == SESSION_ENDS + timedelta(hours=24)

    await desk.tick(SESSION_ENDS + timedelta(hours=24))
    assert (await _asked(desk))["state"] == "done"
    assert await _offers(desk, POD) == 0
    desk.others.away = set()
    await desk.deliver()
    (outcome,) = desk.others.bodies("POST /api/dso/marketOutcome")
    named = {each["pod"] for each in outcome["flexibility"]}
    assert named
    assert POD not in str(outcome)


@pytest.mark.parametrize("batches_it", [False, True])
async def test_what_waits_to_be_certified_goes_and_no_empty_text_is_certified(
    desk: Any, italian_services: Any, *, batches_it: bool
) -> None:
    """The ledger is away: records about the person wait in their table, or in a message."""
    desk.others.away = {"/api/certification", "/api/dso/marketOutcome"}
    await _submit(desk, italian_services)
    if batches_it:
        await desk.tick(GATE_CLOSES)
    else:
        desk.clock.move_to(GATE_CLOSES)
    desk.clock.move_to(SESSION_ENDS + timedelta(hours=24))
    if batches_it:
        await desk.tick()
    assert (await _asked(desk))["state"] == "done"
    desk.others.away = set()
    await desk.deliver()
    certified = desk.others.certified()
    assert certified
    assert all(each["content"] for each in certified.values())
    assert not any(POD in str(each) for each in certified.values())
    orders = [each for each in certified.values() if each["kind"] == "flexibilityService"]
    whose = sorted(json.loads(each["content"])["playerId"] for each in orders)
    assert whose == ["ACEAE", "ACEAE", "DSO"]  # the TSO's names all behind the point it asks


def _sums(told: Any, pods: set[str] | None = None) -> list[float]:
    """What the lines of a settlement come to: paid, penalties and tokens."""
    parts = [each for each in told["flexibility"] if pods is None or each["pod"] in pods]
    names = "paidP", "penaltyP", "customerTokens"
    every = [line for part in parts for line in part["power"]]
    return [math.fsum(float(line[name] or 0) for line in every) for name in names]


async def test_a_later_settlement_has_the_sums_of_the_erased(
    desk: Any, italian_services: Any
) -> None:
    """A correction of another's line, and a second erasure, leave what the first came to."""
    await _submit(desk, italian_services)
    await _validated(desk)
    for pod, kw in FINAL_KW.items():
        desk.others.read(pod, DELIVERY, round(kw * 250))
    await desk.tick(WINDOW_ENDS)
    await desk.deliver()
    sessions = (await desk.get("MO", "/api/marketSession"))["sessions"]
    (name,) = {each["marketOutcome"] for each in sessions if each["marketOutcome"]}
    path = f"/api/settlement/{name}"
    whole = await desk.get("MO", path)
    own = _sums(whole, {POD})
    assert own[0] > 0
    assert (await _asked(desk))["state"] == "done"
    assert _sums(await desk.get("MO", path)) == pytest.approx(_sums(whole), abs=1e-12)

    first, second = sorted(FINAL_KW.keys() - {POD})
    wh = round(FINAL_KW[first] * 250) + 5_000
    desk.others.read(first, DELIVERY, wh, revision=1, version=2)
    told = {"podId": first, "startTime": DELIVERY.isoformat(), "durationMinutes": 15}
    answer = await desk.call("MDA", "POST", "/api/measurementCorrections", {"corrections": [told]})
    assert answer.status_code == 200, answer.text
    await desk.deliver()
    later = await desk.get("MO", path)
    assert later["run"] > whole["run"]
    assert _sums(later, {first}) != _sums(whole, {first})
    assert _sums(later, {"erased"}) == pytest.approx(own, abs=1e-12)

    assert (await _asked(desk, second))["state"] == "done"
    last = await desk.get("MO", path)
    assert {part["pod"] for part in last["flexibility"]} == {"erased", first}
    assert _sums(last) == pytest.approx(_sums(later), abs=1e-12)
