import asyncio
from datetime import UTC, datetime
from typing import Any

from eth_account import Account

OUTCOME = "60d1b91478e4d2002bdcd39c"
POD = "IT002E60550189"


def setpoint(**changes: Any) -> dict[str, Any]:
    return {
        "setpointId": f"{OUTCOME}-{POD}-50",
        "podId": POD,
        "startTime": "2021-06-23T10:30:00Z",
        "durationMinutes": 15,
        "powerKw": 120.0,
        "marketOutcome": OUTCOME,
    } | changes


async def traded(world: Any) -> None:
    """The grid has taken a trade of the PoD: 120 kW at quarter-hour 50."""
    await world.prepare()
    await world.trade(OUTCOME, POD, 120.0, 49.62)


async def send(world: Any, *setpoints: dict[str, Any], party: str = "ACEAE") -> list[Any]:
    answer = await world.call(party, "POST", "/api/dso/setpoints", {"setpoints": setpoints})
    results: list[Any] = answer.json()["results"]
    return results


async def state_of(world: Any, party: str = "DSO") -> list[Any]:
    found: list[Any] = (await world.call(party, "GET", "/api/dso/setpoints")).json()["setpoints"]
    return found


async def pages_of(world: Any, party: str) -> list[list[str]]:
    """Return the identifiers on each page of a party's setpoints."""
    pages: list[list[str]] = []
    after: str | None = ""
    while after is not None:
        page = (await world.call(party, "GET", "/api/dso/setpoints", after=after)).json()
        pages.append([each["setpointId"] for each in page["setpoints"]])
        after = page.get("next")
    return pages


async def test_setpoints_are_listed_in_pages_and_none_is_left_out_or_twice(world: Any) -> None:
    """2,001 of them, a thousand at a time; an aggregator's pages hold its own."""
    await traded(world)
    names = {f"sp-{number:04}" for number in range(2_001)}
    for start in range(0, 2_001, 700):
        some = sorted(names)[start : start + 700]
        results = await send(world, *(setpoint(setpointId=name) for name in some))
        assert {each["status"] for each in results} == {"accepted"}
    for party, expected in (("DSO", names), ("ACEAE", names), ("ACEAE_2", set())):
        pages = await pages_of(world, party)
        sizes = [len(page) for page in pages]
        listed = [name for page in pages for name in page]
        assert sizes == ([1_000, 1_000, 1] if expected else [0])
        assert listed == sorted(expected)


async def test_a_setpoint_goes_to_the_node_and_its_answer_comes_back(world: Any) -> None:
    await traded(world)
    device = await world.device(POD)
    (result,) = await send(world, setpoint())
    assert result["status"] == "accepted"
    command = await device.command()
    assert (command["podId"], command["powerKw"]) == (POD, 120.0)
    assert command["device"] == device.account.address
    await device.acknowledge(command["setpointId"])

    async def accepted() -> Any:
        (found,) = await state_of(world)
        return found["status"] == "accepted" and found

    found = await world.until(accepted)
    assert found["acknowledgedAt"] == "2021-06-22T13:40:00Z"

    async def recorded() -> Any:
        span = {"podId": POD, "from": "2021-06-23T00:00:00Z", "to": "2021-06-24T00:00:00Z"}
        return (await world.call("ACEAE", "GET", "/api/scd/setpoints", **span)).json()["setpoints"]

    (copy,) = await world.until(recorded)
    assert copy["powerKw"] == 120.0


async def test_a_setpoint_is_sent_until_it_is_acknowledged(world: Any) -> None:
    await traded(world)
    await send(world, setpoint())  # the node is not enrolled yet
    device = await world.device(POD)
    first = await device.command()
    assert await device.command() == first
    await world.restart()
    assert await device.command() == first
    await device.acknowledge(first["setpointId"], "refused", detail="the battery is empty")

    async def refused() -> Any:
        (found,) = await state_of(world)
        return found["status"] == "refused" and found

    assert (await world.until(refused))["detail"] == "the battery is empty"


async def test_a_setpoint_whose_interval_is_over_is_given_up(world: Any) -> None:
    await traded(world)
    await send(world, setpoint())
    world.clock.move_to(datetime(2021, 6, 23, 10, 45, tzinfo=UTC))

    async def expired() -> Any:
        (found,) = await state_of(world)
        return found["status"] == "expired"

    assert await world.until(expired)


async def test_what_is_not_the_validated_trade_is_refused(world: Any) -> None:
    await traded(world)
    wrong = [
        setpoint(setpointId="a", powerKw=150.0),
        setpoint(setpointId="c", startTime="2021-06-23T10:45:00Z"),
        setpoint(setpointId="d", podId="IT002E60976796"),
        setpoint(setpointId="e", startTime="2021-06-24T10:30:00Z"),
    ]
    results = await send(world, *wrong)
    assert [result["problem"]["type"] for result in results] == [
        "/problems/setpoint-beyond-limit",
        "/problems/setpoint-without-trade",
        "/problems/setpoint-without-trade",
        "/problems/setpoint-without-trade",
    ]
    (stranger,) = await send(world, setpoint(), party="ACEAE_2")
    assert stranger["problem"]["type"] == "/problems/setpoint-without-trade"
    assert await state_of(world) == []


async def test_the_same_setpoint_again_and_another_under_its_name(world: Any) -> None:
    await traded(world)
    await send(world, setpoint())
    (again,) = await send(world, setpoint())
    assert again["status"] == "alreadySubmitted"
    (other,) = await send(world, setpoint(powerKw=120.0005))
    assert other["problem"]["type"] == "/problems/duplicate-identifier"


async def test_each_sees_its_own(world: Any) -> None:
    await traded(world)
    await send(world, setpoint())
    assert len(await state_of(world, "ACEAE")) == 1
    assert await state_of(world, "ACEAE_2") == []
    assert len(await state_of(world, "AUDITOR")) == 1
    assert (await world.call("TSO", "GET", "/api/dso/setpoints")).status_code == 403
    assert (await world.call("MO", "GET", "/api/dso/setpoints")).status_code == 403


async def test_a_forged_acknowledgement_changes_nothing(world: Any) -> None:
    await traded(world)
    device = await world.device(POD)
    stranger = await world.device("IT002E60974469")
    await send(world, setpoint())
    command = await device.command()
    await device.acknowledge(command["setpointId"], signer=Account.create())
    await stranger.acknowledge(command["setpointId"])
    await device.link.publish(f"bal/nodes/{device.account.address}/acknowledgements", b"\xff{")
    await asyncio.sleep(0.3)
    assert [found["status"] for found in await state_of(world)] == ["waiting"]
    await device.acknowledge(command["setpointId"])

    async def accepted() -> Any:
        (found,) = await state_of(world)
        return found["status"] == "accepted"

    assert await world.until(accepted)


async def test_setpoints_of_one_message_have_each_their_own_answer(world: Any) -> None:
    await traded(world)
    await send(world, setpoint(setpointId="before"))
    batch = [
        setpoint(setpointId="new"),
        setpoint(setpointId="too-much", powerKw=150.0),
        setpoint(setpointId="new"),
        setpoint(setpointId="new", powerKw=120.0005),
        setpoint(setpointId="before"),
    ]
    told = [
        (each["status"], (each.get("problem") or {}).get("type"))
        for each in await send(world, *batch)
    ]
    assert told == [
        ("accepted", None),
        ("refused", "/problems/setpoint-beyond-limit"),
        ("alreadySubmitted", None),
        ("refused", "/problems/duplicate-identifier"),
        ("alreadySubmitted", None),
    ]
    assert {each["setpointId"] for each in await state_of(world)} == {"before", "new"}

    async def copied() -> Any:
        span = {"podId": POD, "from": "2021-06-23T00:00:00Z", "to": "2021-06-24T00:00:00Z"}
        page = (await world.call("ACEAE", "GET", "/api/scd/setpoints", **span)).json()
        return {each["setpointId"] for each in page["setpoints"]} == {"before", "new"}

    assert await world.until(copied)


async def test_a_message_of_more_setpoints_than_are_taken_at_once(world: Any) -> None:
    await traded(world)
    names = [f"setpoint-{number}" for number in range(2_500)]
    results = await send(world, *(setpoint(setpointId=name) for name in names))
    assert [(each["id"], each["status"]) for each in results] == [
        (name, "accepted") for name in names
    ]
    pages = await pages_of(world, "DSO")
    assert {name for page in pages for name in page} == set(names)
