"""What counts when: baselines at the gate, groups and directions at a request's acceptance."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey
from tests.integration.market.test_market_with_customers import START, Town

GATE = datetime(2021, 6, 22, 13, 30, tzinfo=UTC)
SERVICES = "/api/flexibilityService"
_LIMITS = {"maxFlexibility": {"upperP": 50, "downP": 50}}


@pytest.fixture
async def town(tmp_path: Path, issuer_key: ECKey, party_token: Any) -> AsyncIterator[Town]:
    made = Town(tmp_path, issuer_key, party_token)
    await made.market.start()
    await made.customers.start()
    await made.market.tick(made.clock.now())
    yield made
    await made.market.stop()
    await made.customers.stop()


async def register(town: Town, *pods: str, **more: object) -> None:
    for pod in pods:
        record = {"podId": pod, "aggregatorId": "ACEAE"} | _LIMITS | more
        await town.call("ACEAE", "POST", "/api/scd/pods", record)
        await town.call("DSO", "PUT", f"/api/scd/pods/{pod}/pom", {"poMId": "CP9"})
        wallet = f"api/contracts/wallets/{pod}"
        await town.until(lambda name=wallet: name in {path for path, _ in town.noted})
    placed = [
        {"podId": pod, "aggregatorId": "ACEAE", "poMId": "CP9"} | _LIMITS | more for pod in pods
    ]
    await town.call("MDA", "POST", "/api/podRegistry", {"pods": placed})


async def baseline(town: Town, pod: str, kw: float) -> list[dict[str, Any]]:
    """Give a baseline of the day; the sessions that it came too late for."""
    series = [{"podId": pod, "startTime": START, "values": [kw] * 96}]
    answer = await town.call("ACEAE", "POST", "/api/scd/baselines", {"series": series})
    late: list[dict[str, Any]] = answer["results"][0].get("doesNotCountFor", [])
    return late


def service_of(player: str, name: str, target: dict[str, Any], p: float, **more: Any) -> Any:
    kinds = {"DSO": "DSO_request", "TSO": "TSO_request", "ACEAE": "offer"}
    power = [{"index": 50, "p": p, "pPrice": 0.05 if player == "ACEAE" else 1.0}]
    return {
        "marketType": "dayAhead",
        "startTime": START,
        "playerId": player,
        "serviceType": kinds[player],
        "playerServiceId": name,
        "flexibility": [target | {"power": power}],
    } | more


async def send(town: Town, *args: Any, **more: Any) -> None:
    service = service_of(*args, **more)
    await town.call(service["playerId"], "POST", SERVICES, service)


async def session_like(town: Town, **wanted: str) -> dict[str, Any]:
    page = await town.call("MO", "GET", "/api/marketSession?from=2021-06-22T21:00:00Z&limit=50")
    (found,) = (
        each
        for each in page["sessions"]
        if all(each[name] == value for name, value in wanted.items())
    )
    session: dict[str, Any] = found
    return session


async def cleared(town: Town, at: datetime = GATE, **wanted: str) -> dict[str, dict[str, Any]]:
    """The outcome's line of each PoD at index 50."""
    town.clock.move_to(at)
    await town.market.tick(at)
    wanted = wanted or {"marketType": "dayAhead", "startTime": START}
    session = await session_like(town, **wanted)
    outcome = await town.call("MO", "GET", f"/api/marketOutcome/{session['id']}")
    return {each["pod"]: each["power"][0] for each in outcome["flexibility"]}


async def test_the_need_is_counted_from_the_baseline_at_the_gate(town: Town) -> None:
    """Another's first message named the PoD when only its typical day was known (-15 was +11)."""
    await register(town, "IT001", powerBaselineCurves=[79.0] * 96)
    await send(town, "TSO", "early", {"pod": ["IT001"]}, 70.0)
    await baseline(town, "IT001", 105.0)
    await send(town, "DSO", "need", {"pod": ["IT001"]}, 90.0)  # 15 kW less than 105
    await send(town, "ACEAE", "offer", {"pod": ["IT001"]}, 75.0)

    line = (await cleared(town))["IT001"]

    assert line["requestServiceId"] == "need"
    assert line["acceptedPChange"] == -15.0


async def test_who_joins_a_pom_after_a_request_changes_nothing_of_its_need(town: Town) -> None:
    """+20 of 200 kW is asked, also when a third PoD of 100 kW joins (its need was -80)."""
    await register(town, "IT001", "IT002")
    for pod in ("IT001", "IT002"):
        await baseline(town, pod, 100.0)
    await send(town, "TSO", "request", {"pom": "CP9"}, 220.0)
    await send(town, "ACEAE", "up", {"pod": ["IT001"]}, 130.0)
    await register(town, "IT003")
    await baseline(town, "IT003", 100.0)
    await send(town, "ACEAE", "down", {"pod": ["IT003"]}, 60.0)

    lines = await cleared(town)

    assert lines["IT001"]["acceptedPChange"] == 20.0
    assert lines["IT003"]["rejectionTypeP"] == "noRequest"


async def test_a_request_never_turns_round(town: Town) -> None:
    """The group falls below the total after the request: the DSO has what it asked for."""
    await register(town, "IT001")
    await baseline(town, "IT001", 100.0)
    await send(town, "DSO", "less", {"pod": ["IT001"]}, 85.0)
    await baseline(town, "IT001", 74.0)
    await send(town, "ACEAE", "more", {"pod": ["IT001"]}, 90.0)

    assert (await cleared(town))["IT001"]["acceptedPValue"] is None


async def test_a_baseline_after_the_gate_does_not_count_whenever_the_market_clears(
    town: Town,
) -> None:
    await register(town, "IT001")
    assert await baseline(town, "IT001", 100.0) == []
    await send(town, "DSO", "need", {"pod": ["IT001"]}, 85.0)
    await send(town, "ACEAE", "offer", {"pod": ["IT001"]}, 60.0)
    town.clock.move_to(GATE)  # and the market sleeps

    late = await baseline(town, "IT001", 60.0)
    line = (await cleared(town, GATE + timedelta(hours=3)))["IT001"]

    assert late == [
        {"marketType": "dayAhead", "startTime": START, "gateClosed": "2021-06-22T13:30:00Z"}
    ]
    assert (line["acceptedPChange"], line["acceptedPValue"]) == (-15.0, 85.0)


async def test_all_hold_the_same_baseline_as_of_the_gate(town: Town) -> None:
    await register(town, "IT001")
    await baseline(town, "IT001", 100.0)
    await send(town, "DSO", "need", {"pod": ["IT001"]}, 85.0)
    await send(town, "ACEAE", "offer", {"pod": ["IT001"]}, 60.0)
    await cleared(town)
    await baseline(town, "IT001", 60.0)

    session = await session_like(town, startTime=START, marketType="dayAhead")
    recording = await town.call("MO", "GET", f"/api/marketSession/{session['id']}/recording")
    await town.until(lambda: town.sent("api/dso/marketOutcome"))
    (told,) = town.sent("api/dso/marketOutcome")
    as_of = recording["baselinesAsOf"]
    path = f"/api/scd/baselines?podId=IT001&from={START}&to=2021-06-23T22:00:00Z"
    now = await town.call("DSO", "GET", path)
    then = await town.call("DSO", "GET", f"{path}&asOf={as_of}")

    assert as_of == "2021-06-22T13:30:00Z"
    assert told["baselinesAsOf"] == as_of
    assert now["series"][0]["values"] == [60.0] * 96
    assert then["series"][0]["values"] == recording["pods"][0]["powerBaseline"] == [100.0] * 96


async def test_an_offer_that_the_baseline_left_is_left_out_with_its_reason(town: Town) -> None:
    await register(town, "IT001", "IT002")
    for pod in ("IT001", "IT002"):
        await baseline(town, pod, 100.0)
    await send(town, "DSO", "need", {"pod": ["IT001", "IT002"]}, 150.0)
    await send(town, "ACEAE", "one", {"pod": ["IT001"]}, 60.0)
    await send(town, "ACEAE", "two", {"pod": ["IT002"]}, 60.0)
    await baseline(town, "IT001", 115.0)  # 60 kW lies beyond its 50 kW of room now

    lines = await cleared(town)

    assert lines["IT001"]["rejectionTypeP"] == "baselineMoved"
    assert lines["IT002"]["acceptedPChange"] == -40.0


async def test_a_pod_that_is_registered_no_more_at_the_gate_takes_no_part(town: Town) -> None:
    await register(town, "IT001", "IT002")
    for pod in ("IT001", "IT002"):
        await baseline(town, pod, 100.0)
    await send(town, "DSO", "need", {"pod": ["IT001", "IT002"]}, 180.0)
    await send(town, "ACEAE", "one", {"pod": ["IT001"]}, 60.0)
    await send(town, "ACEAE", "two", {"pod": ["IT002"]}, 60.0)
    gone = {"podId": "IT001", "aggregatorId": "ACEAE", "actionType": "delete"}
    await town.call("MDA", "POST", "/api/podRegistry", {"pods": [gone]})

    lines = await cleared(town)

    assert lines["IT001"]["rejectionTypeP"] == "notRegistered"
    assert lines["IT002"]["acceptedPChange"] == -20.0


async def test_an_offer_by_the_newest_baseline_is_taken_without_the_market_having_seen_it(
    town: Town,
) -> None:
    await register(town, "IT001")
    await baseline(town, "IT001", 100.0)
    await send(town, "DSO", "need", {"pod": ["IT001"]}, 85.0)
    await baseline(town, "IT001", 200.0)

    await send(town, "ACEAE", "offer", {"pod": ["IT001"]}, 160.0)


async def order(town: Town, action: str, until: datetime | None = None) -> None:
    """An order of the operator about the day-ahead session, which all have heard of."""
    session = await session_like(town, marketType="dayAhead", startTime=START)
    body = {"action": action, "reason": "A storm.", "until": until and until.isoformat()}
    await town.call("MO", "POST", f"/api/marketSession/{session['id']}/override", body)
    path = Path(town.folder / "market.db")
    waiting = "SELECT count(*) FROM outbox WHERE state = 'waiting'"
    with closing(sqlite3.connect(path)) as records:
        await town.until(lambda: records.execute(waiting).fetchone() == (0,))


async def test_a_baseline_is_too_late_by_the_gate_as_the_market_moved_it(town: Town) -> None:
    """It is extended by an hour, and then closed half an hour before that."""
    await register(town, "IT001")
    assert await baseline(town, "IT001", 100.0) == []
    extended = GATE + timedelta(hours=1)
    await order(town, "extendGate", extended)

    town.clock.move_to(GATE + timedelta(minutes=20))
    assert await baseline(town, "IT001", 101.0) == []
    town.clock.move_to(GATE + timedelta(minutes=30))
    await send(town, "DSO", "need", {"pod": ["IT001"]}, 86.0)
    await send(town, "ACEAE", "offer", {"pod": ["IT001"]}, 60.0)
    await order(town, "close")

    (late,) = await baseline(town, "IT001", 102.0)
    assert (late["marketType"], late["startTime"]) == ("dayAhead", START)
    closed = (GATE + timedelta(minutes=30)).isoformat().replace("+00:00", "Z")
    assert late["gateClosed"] == closed
    session = await session_like(town, marketType="dayAhead", startTime=START)
    assert session["gateCloses"] == closed
    outcome = await town.call("MO", "GET", f"/api/marketOutcome/{session['id']}")
    assert outcome["baselinesAsOf"] == closed
    assert outcome["flexibility"][0]["power"][0]["acceptedPChange"] == -15.0  # 86 of 101 kW


async def test_of_two_orders_the_one_that_was_decided_last_counts(town: Town) -> None:
    """The messages may overtake each other on their way."""
    await register(town, "IT001")
    gate = {"marketType": "dayAhead", "startTime": START}
    later = gate | {"gateCloses": "2021-06-22T14:00:00Z", "decidedAt": "2021-06-22T12:00:00Z"}
    early = gate | {"gateCloses": "2021-06-22T15:00:00Z", "decidedAt": "2021-06-22T11:00:00Z"}
    path = "/api/scd/movedGates"
    told = [await town.call("MO", "POST", path, each) for each in (later, early, later)]
    assert [each["status"] for each in told] == ["accepted", *["alreadySubmitted"] * 2]
    town.clock.move_to(datetime(2021, 6, 22, 14, tzinfo=UTC))
    (late,) = await baseline(town, "IT001", 100.0)
    assert late["gateClosed"] == "2021-06-22T14:00:00Z"
    refused = await town.ask("ACEAE", "POST", path, early)
    assert refused.status_code == 403


RT_START, RT_GATE = "2021-06-23T10:00:00Z", datetime(2021, 6, 23, 8, tzinfo=UTC)
"""The real-time session from 12:00 to 16:00 in Rome, in which index 50 lies."""
REAL_TIME = {"marketType": "realTime", "startTime": RT_START}


DELIVERY = datetime(2021, 6, 23, 10, 30, tzinfo=UTC)


def reading(pod: str, kw: float) -> dict[str, Any]:
    """A certified reading of the quarter-hour at index 50."""
    return {
        "podId": pod,
        "startTime": DELIVERY.isoformat(),
        "durationMinutes": 15,
        "energyWh": round(kw * 250),
        "quality": "measured",
        "device": "0x" + "ab" * 20,
        "sequence": 1,
        "certificationId": f"reading-{pod}",
        "certificationHash": "0" * 64,
        "receivedAt": (DELIVERY + timedelta(minutes=16)).isoformat(),
    }


async def validate(town: Town, number: int = 0) -> dict[str, Any]:
    """The grid takes all of an outcome."""
    await town.until(lambda: len(town.sent("api/dso/marketOutcome")) > number)
    outcome: dict[str, Any] = town.sent("api/dso/marketOutcome")[number]
    taken = [
        {"pod": part["pod"], "power": [{"index": 50, "acceptedPValue": each["acceptedPValue"]}]}
        for part in outcome["flexibility"]
        for each in part["power"]
        if each["acceptedPValue"] is not None
    ]
    kept = ("marketType", "duration", "interval", "startTime", "marketOutcome")
    technical = {name: outcome[name] for name in kept} | {"flexibility": taken}
    await town.call("DSO", "POST", "/api/technicalOutcome", technical)
    return outcome


async def _two_days_ahead(town: Town) -> None:
    """IT001 sells 15 of 100 kW the day ahead; IT002 sells nothing of its 100 kW."""
    await register(town, "IT001", "IT002")
    for pod in ("IT001", "IT002"):
        await baseline(town, pod, 100.0)
    await send(town, "DSO", "need", {"pod": ["IT001"]}, 85.0)
    await send(town, "ACEAE", "offer", {"pod": ["IT001"]}, 60.0)
    await send(town, "ACEAE", "standing", {"pod": ["IT002"]}, 80.0)
    await cleared(town)
    await validate(town)
    opens = RT_GATE - timedelta(hours=1)
    town.clock.move_to(opens)
    await town.market.tick(opens)


async def test_a_new_baseline_counts_in_real_time_where_nothing_was_traded(town: Town) -> None:
    """IT001 keeps the 100 kW that it sold from: 85 kW is its schedule. IT002 has 110 kW now."""
    await _two_days_ahead(town)
    for pod in ("IT001", "IT002"):
        late = await baseline(town, pod, 110.0)
        assert [each["marketType"] for each in late] == ["dayAhead", *["realTime"] * 3]
    await send(town, "DSO", "rt", {"pod": ["IT001", "IT002"]}, 165.0, **REAL_TIME)

    lines = await cleared(town, RT_GATE, **REAL_TIME)

    # The need is 165 - (85 + 110) = -30: what is left of IT001's offer, from 85 to 60, comes first.
    assert lines["IT001"]["acceptedPChange"] == -25.0
    assert lines["IT002"]["acceptedPChange"] == -5.0
    session = await session_like(town, **REAL_TIME)
    recording = await town.call("MO", "GET", f"/api/marketSession/{session['id']}/recording")
    at_50 = {pod["podId"]: pod["powerBaseline"][50] for pod in recording["pods"]}
    assert at_50 == {"IT001": 85.0, "IT002": 110.0}


async def test_a_real_time_total_is_a_change_from_the_schedule(town: Town) -> None:
    """90 kW is 10 less than the baseline, but 5 more than the schedule."""
    await _two_days_ahead(town)
    same = service_of("ACEAE", "nothing", {"pod": ["IT001"]}, 85.0, **REAL_TIME)
    refused = await town.ask("ACEAE", "POST", SERVICES, same)
    assert refused.json()["type"] == "/problems/offers-nothing"
    await send(town, "DSO", "rt", {"pod": ["IT001"]}, 90.0, **REAL_TIME)
    await send(town, "ACEAE", "up", {"pod": ["IT001"]}, 95.0, **REAL_TIME)

    line = (await cleared(town, RT_GATE, **REAL_TIME))["IT001"]

    assert (line["acceptedPChange"], line["acceptedPValue"]) == (5.0, 90.0)


async def test_opposite_trades_are_stacked_on_the_baseline_of_the_first(town: Town) -> None:
    """15 kW less the day ahead, 5 more in real time; the aggregator's 120 kW come too late."""
    await _two_days_ahead(town)
    await baseline(town, "IT001", 120.0)
    await send(town, "DSO", "rt", {"pod": ["IT001"]}, 90.0, **REAL_TIME)
    await send(town, "ACEAE", "up", {"pod": ["IT001"]}, 95.0, **REAL_TIME)
    await cleared(town, RT_GATE, **REAL_TIME)
    await validate(town, 1)
    town.clock.move_to(DELIVERY + timedelta(hours=1))
    await town.call(
        "MDA", "POST", "/api/scd/measurements", {"measurements": [reading("IT001", 91.0)]}
    )
    town.clock.move_to(datetime(2021, 6, 23, 14, tzinfo=UTC))
    await town.until(lambda: len(town.sent("api/contracts/settlements")) == 2)

    lines = {
        line["ordered"]: line
        for order in town.sent("api/contracts/settlements")
        for line in order["lines"]
    }
    # The first counts from 105 kW (100 and the 5 of the second), the second from 85 kW.
    assert lines[-3_750_000]["baseline"] == 26_250_000
    assert lines[1_250_000]["baseline"] == 21_250_000
