"""Phasor power by REST: the latest, the history, and how devices are configured."""

import json
import math
from typing import Any

import pytest

POD = "IT002E60550189"


def message(
    device: str, *, second: int = 0, watts: float = 2300.0, component: str = "line/3", **more: Any
) -> dict[str, Any]:
    """Three phases of 230 V, and a current in phase with them: power is `watts` a phase."""
    unit = more.get("unit", 1.0)
    readings = [
        {"component": component, "measurand": measurand, "phase": phase, "data": value}
        for phase, angle in (("A", 0.0), ("B", -120.0), ("C", 120.0))
        for measurand, value in (
            ("voltmagnitude", 230.0),
            ("voltangle", angle * unit),
            ("currmagnitude", watts / 230.0),
            ("currangle", angle * unit),
        )
        if measurand not in more.get("without", ())
    ]
    at = f"2021-06-22T15:00:{second:02d}+02:00"
    return {"device": device, "timestamp": at, "readings": readings}


async def say(world: Any, unit: Any, *messages: dict[str, Any]) -> None:
    """Publish, once the DSO listens: what comes before is gone, as it is with a stream."""
    subscriptions = world.broker._router._subscriptions

    async def listens() -> bool:
        return any(
            session.transitions.state == "connected"
            for session, _ in subscriptions.get("raw/bal/#", ())
        )

    await world.until(listens)
    for each in messages:
        topic = f"bal/pmu/{unit.account.address}"
        await unit.link.publish(topic, json.dumps(each).encode())


async def told(world: Any, device: str, instants: int, **span: str) -> Any:
    """Return the answer of REST on a device that has so many instants."""

    async def found() -> Any:
        answer = await world.call("DSO", "GET", f"/api/dso/phasorPower/{device}", **span)
        content = answer.json()
        return content if len(content.get("results", ())) >= instants else None

    return await world.until(found)


def totals(content: Any) -> list[tuple[str, str, Any]]:
    """Component, instant and total active power of what REST told."""
    return [
        (it["component"], each["timestamp"], pytest.approx(it["data"]))
        for each in content["results"]
        for it in each["readings"]
        if (it["measurand"], it["phase"]) == ("activepower", "ABC")
    ]


async def test_the_latest_of_each_component(world: Any) -> None:
    unit = await world.device(POD)
    name = unit.account.address
    await say(
        world,
        unit,
        message(name, component="line/1", watts=100.0),
        message(name, second=1, component="line/2", watts=200.0),
        message(name, second=2, component="line/2", watts=300.0),
    )
    await told(world, name, 3, **{"from": "2021-06-22T00:00:00Z"})
    content = await told(world, name, 2)
    assert totals(content) == [
        ("line/1", "2021-06-22T13:00:00Z", 300.0),
        ("line/2", "2021-06-22T13:00:02Z", 900.0),
    ]
    assert (content["device"], content["next"], content["problems"]) == (name, None, [])
    assert len(content["results"][0]["readings"]) == 12


async def test_history_is_half_open_and_outlives_a_restart(world: Any) -> None:
    unit = await world.device(POD)
    name = unit.account.address
    await say(world, unit, *(message(name, second=second) for second in (3, 1, 2)))
    await say(world, unit, message(name, second=2, watts=50.0))  # again: the later one counts
    everything = {"from": "2021-06-22T13:00:00Z", "to": "2021-06-22T14:00:00Z"}

    async def corrected() -> Any:
        found = totals(await told(world, name, 3, **everything))
        return found[1][2] == 150.0 and found

    assert [at[-3:] for _, at, _ in await world.until(corrected)] == ["01Z", "02Z", "03Z"]
    await world.restart()
    span = {"from": "2021-06-22T15:00:01+02:00", "to": "2021-06-22T13:00:03Z"}
    assert len(totals(await told(world, name, 2, **span))) == 2
    assert len(totals(await told(world, name, 1))) == 1


async def test_a_device_in_radians_whose_voltage_stands_elsewhere(world: Any) -> None:
    unit = await world.device(POD)
    name, radian = unit.account.address, math.pi / 180
    path = f"/api/dso/phasorDevices/{name}"
    bus = message(name, unit=radian, component="bus/1", without=("currmagnitude", "currangle"))
    line = message(name, unit=radian, component="line/1", without=("voltmagnitude", "voltangle"))
    both = bus | {"readings": bus["readings"] + line["readings"]}
    await say(world, unit, both)

    async def refused() -> Any:
        answer = await world.call("DSO", "GET", f"/api/dso/phasorPower/{name}")
        return answer.status_code == 200 and answer.json()

    content = await world.until(refused)
    assert content["results"] == []
    (problem,) = content["problems"]
    assert problem["problem"]["type"] == "/problems/phasor-angle-unit"
    assert problem["count"] == 1

    wanted = {
        "angleUnit": "radian",
        "voltageOf": {"line/1": "bus/1"},
        "reversedCurrents": ["line/1"],
    }
    answer = await world.call("DSO", "PUT", path, wanted)
    assert answer.status_code == 200, answer.text
    await say(world, unit, both)
    assert totals(await told(world, name, 1)) == [("line/1", "2021-06-22T13:00:00Z", -6900.0)]
    await world.restart()
    listed = (await world.call("AUDITOR", "GET", "/api/dso/phasorDevices")).json()
    assert listed == {
        "defaultAngleUnit": "degree",
        "devices": [{"device": name, "configuration": wanted}],
        "next": None,
    }
    await say(world, unit, both | {"timestamp": "2021-06-22T13:00:09Z"})
    assert totals(await told(world, name, 1, **{"from": "2021-06-22T13:00:05Z"}))


async def test_who_may_not_and_what_is_not_there(world: Any) -> None:
    path = "/api/dso/phasorPower/PMU1"
    answer = await world.call("DSO", "GET", path)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/phasor-device-unknown")
    for party in ("ACEAE", "MO", "CUSTOMER-1"):
        assert (await world.call(party, "GET", path)).status_code == 403
    assert (await world.call("TSO", "GET", path)).json()["type"] == "/problems/not-owner"
    configured = "/api/dso/phasorDevices/PMU1"
    degrees = {"angleUnit": "degree"}
    for party in ("TSO", "AUDITOR", "ACEAE"):
        assert (await world.call(party, "PUT", configured, degrees)).status_code == 403
    for wrong in ({}, {"angleUnit": "gon"}, {"angleUnit": "degree", "voltageOf": {"a": ""}}):
        answer = await world.call("DSO", "PUT", configured, wrong)
        assert answer.json()["type"] == "/problems/malformed-message", wrong
    assert (await world.call("DSO", "PUT", "/api/dso/phasorDevices/ü", degrees)).status_code == 422
    assert (await world.call("DSO", "PUT", configured, degrees)).status_code == 200
    assert (await world.call("DSO", "GET", path)).json()["results"] == []  # known now
    for span in (
        {"from": "yesterday"},
        {"to": "2021-06-22T13:00:00"},  # without a zone
        {"from": "2021-06-22T13:00:00Z", "to": "2021-06-22T13:00:00Z"},
    ):
        answer = await world.call("DSO", "GET", path, **span)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/malformed-message")
