"""What of an outcome is activated, as the market tells it: by the DSO's answer, or without it."""

from datetime import UTC, datetime
from typing import Any

from tests.integration.dso.test_grid_day import SESSION, outcome, trade

POD = "IT002E60550189"
NAME = "60d1b91478e4d2002bdcd39c"
AT_50 = {"startTime": "2021-06-23T10:30:00Z", "durationMinutes": 15}
BY_THE_CLOCK = {"decidedBy": "market", "decidedBecause": "The DSO did not answer in time."}


def traded() -> dict[str, Any]:
    """271.748 kW more of one PoD at quarter-hour 50."""
    return outcome(NAME, **{POD: trade(50, 342.128, 271.748, 0.07, "TSO")})


def nothing() -> dict[str, Any]:
    """The same, of which nothing is activated."""
    power = trade(50, 0, 0, 0, "TSO") | {
        "acceptedPValue": None,
        "acceptedPPrice": None,
        "acceptedPChange": None,
        "rejectionTypeP": "notValidated",
    }
    return {"flexibility": [{"pod": POD, "power": [power]}]}


async def _set(world: Any, party: str = "ACEAE", kw: float = 342.128, name: str = NAME) -> Any:
    setpoint = {"setpointId": f"{party}-{kw}", "podId": POD, "powerKw": kw, "marketOutcome": name}
    return await world.call(party, "POST", "/api/dso/setpoints", {"setpoints": [setpoint | AT_50]})


async def _power_at_50(world: Any) -> float:
    """The current of the PoD's line in the forecast of the day, A."""
    answer = await world.call(
        "DSO", "POST", "/api/dso/powerFlow", {"startTime": SESSION["startTime"]}
    )
    (branch,) = (
        each
        for each in answer.json()["results"][50]["branches"]
        if each["id"] == "line/12157-12149"
    )
    return float(branch["fromA"])


async def test_setpoints_wait_until_the_outcome_is_final(world: Any) -> None:
    """Messages overtake one another: the sender tries again, and the true setpoint is taken."""
    await world.prepare()
    unknown = await _set(world, kw=120.0)
    assert (unknown.status_code, unknown.json()["type"]) == (503, "/problems/outcome-not-final")
    small = outcome(NAME, **{POD: trade(50, 120.0, 49.62, 0.05, "DSO")})
    await world.call("MO", "POST", "/api/dso/marketOutcome", small)
    early = await _set(world, kw=120.0)
    assert (early.status_code, early.json()["type"]) == (503, "/problems/outcome-not-final")
    assert int(early.headers["Retry-After"]) > 0
    await world.finish(small)
    taken = await _set(world, kw=120.0)
    assert taken.json()["results"][0]["status"] == "accepted"


async def test_an_outcome_that_never_comes_is_refused_when_its_quarter_hour_is_over(
    world: Any,
) -> None:
    await world.prepare()
    assert (await _set(world)).status_code == 503
    world.clock.move_to(datetime(2021, 6, 23, 10, 45, tzinfo=UTC))
    (refused,) = (await _set(world)).json()["results"]
    assert refused["problem"]["type"] == "/problems/setpoint-without-trade"


async def test_a_setpoint_that_waits_holds_up_no_other_of_its_message(world: Any) -> None:
    await world.prepare()
    await world.finish(outcome(NAME, **{POD: trade(50, 120.0, 49.62, 0.05, "DSO")}))
    early, ready = (
        AT_50 | {"setpointId": name, "podId": POD, "powerKw": 120.0, "marketOutcome": name}
        for name in ("0" * 24, NAME)
    )
    answer = await world.call("ACEAE", "POST", "/api/dso/setpoints", {"setpoints": [early, ready]})
    assert (answer.status_code, answer.json()["marketOutcome"]) == (503, "0" * 24)
    kept = (await world.call("ACEAE", "GET", "/api/dso/setpoints")).json()["setpoints"]
    assert [each["setpointId"] for each in kept] == [NAME]


async def test_what_the_fallback_left_out_gets_no_setpoint_and_no_place_in_the_forecast(
    world: Any,
) -> None:
    """The DSO's answer was on its way when the time for it was over."""
    await world.prepare()
    before = await _power_at_50(world)
    small = outcome(NAME, **{POD: trade(50, 120.0, 49.62, 0.05, "DSO")})
    await world.call("MO", "POST", "/api/dso/marketOutcome", small)
    assert await _power_at_50(world) > before + 1

    await world.finish(small, **nothing(), **BY_THE_CLOCK)

    assert await _power_at_50(world) == before
    refused = (await _set(world, kw=120.0)).json()["results"][0]
    assert refused["problem"]["type"] == "/problems/setpoint-without-trade"
    assert refused["problem"]["detail"].endswith(
        "market decided it: The DSO did not answer in time."
    )
    shown = await world.call("AUDITOR", "GET", f"/api/dso/validatedOutcome/{NAME}")
    assert {name: shown.json()[name] for name in BY_THE_CLOCK} == BY_THE_CLOCK


async def test_what_the_operator_decided_counts_though_the_dso_never_answered(world: Any) -> None:
    await world.prepare()
    by = {"decidedBy": "MO", "decidedBecause": "The DSO's computers are down; it agreed by phone."}
    missing = await world.call("DSO", "GET", f"/api/dso/validatedOutcome/{NAME}")
    assert (missing.status_code, missing.json()["type"]) == (503, "/problems/outcome-not-final")
    before = await _power_at_50(world)
    await world.finish(traded(), **by)
    assert (await _set(world)).json()["results"][0]["status"] == "accepted"
    assert await _power_at_50(world) > before + 1
    shown = await world.call("DSO", "GET", f"/api/dso/validatedOutcome/{NAME}")
    assert shown.json()["decidedBecause"] == by["decidedBecause"]


async def test_a_trade_stands_for_who_sold_it_whoever_has_the_pod_since(world: Any) -> None:
    await world.prepare()
    await world.finish(traded())
    end = {"podId": POD, "aggregatorId": "ACEAE", "actionType": "delete"}
    assert (await world.call("ACEAE", "POST", "/api/scd/pods", end)).status_code == 201
    new = {"podId": POD, "aggregatorId": "ACEAE_2", "pnP": 6000}
    assert (await world.call("ACEAE_2", "POST", "/api/scd/pods", new)).status_code == 201

    theirs = (await _set(world, "ACEAE_2")).json()["results"][0]
    ours = (await _set(world)).json()["results"][0]

    assert theirs["problem"]["type"] == "/problems/setpoint-without-trade"
    assert ours["status"] == "accepted"


async def test_a_final_outcome_is_told_once_and_only_by_the_market(world: Any) -> None:
    await world.prepare()
    assert (await world.finish(traded())).status_code == 201
    assert (await world.finish(traded())).json()["status"] == "alreadySubmitted"
    other = {name: each for name, each in traded().items() if name != "inputHash"} | BY_THE_CLOCK
    changed = await world.call("MO", "POST", "/api/dso/validatedOutcome", other)
    assert (changed.status_code, changed.json()["type"]) == (409, "/problems/duplicate-identifier")
    for party in ("ACEAE", "TSO", "DSO"):
        refused = await world.call(party, "POST", "/api/dso/validatedOutcome", other)
        assert refused.status_code == 403
