"""The operational system aligns the platform: handshake, whole network, events."""

import json
from pathlib import Path
from typing import Any

import pytest

import platone.demo.italy

FILE = Path(platone.demo.italy.__file__).with_name("scenario") / "network.json"
PATH = "/api/dso/networks/italy-tor-di-valle"
SESSION = {"marketType": "dayAhead", "startTime": "2021-06-22T22:00:00Z"}
DAY = {"startTime": "2021-06-22T22:00:00Z"}
AT = "2021-06-22T10:00:00Z"
POD_AT_THE_TIE = "IT002E61899978"


def with_tie(version: str = "1") -> dict[str, Any]:
    """The Italian network with a second substation behind an open tie switch."""
    network: dict[str, Any] = json.loads(FILE.read_bytes()) | {"version": version}
    network["buses"].append({"id": "bus/CP-B", "nominalKv": 20.0})
    network["sources"].append({"id": "CP-B", "bus": "bus/CP-B", "voltagePu": 1.0})
    tie = {"id": "switch/tie", "bus": "bus/CP-B", "other": "bus/80586", "closed": False}
    return network | {"switches": [tie]}


async def handshake(world: Any, version: str = "1") -> dict[str, Any]:
    said = {"networkId": "italy-tor-di-valle", "version": version}
    answer: dict[str, Any] = (await world.call("DSO", "POST", "/api/dso/alignment", said)).json()
    return answer


def switching(sequence: int, element: str, *, closed: bool) -> dict[str, Any]:
    return {
        "kind": "switching",
        "sequence": sequence,
        "at": AT,
        "element": element,
        "closed": closed,
    }


async def send(world: Any, alignment: str, *events: dict[str, Any]) -> Any:
    content = {"alignment": alignment, "events": list(events)}
    return await world.call("DSO", "POST", "/api/dso/events", content)


async def test_versions_differ_then_the_network_comes_then_events(world: Any) -> None:
    assert await handshake(world) == {
        "status": "networkNeeded",
        "alignment": None,
        "inForce": None,
        "nextSequence": None,
    }
    await world.call("DSO", "PUT", PATH, with_tie())
    assert (await handshake(world, "2"))["status"] == "networkNeeded"
    opened = await handshake(world)
    assert (opened["status"], opened["nextSequence"]) == ("aligned", 1)
    taken = await send(world, opened["alignment"], switching(1, "switch/tie", closed=False))
    assert taken.json() == {"lastSequence": 1, "refused": {}}
    standing = (await world.call("AUDITOR", "GET", "/api/dso/alignment")).json()
    assert (standing["status"], standing["nextSequence"]) == ("aligned", 2)


async def test_after_a_switching_pods_are_fed_from_elsewhere(world: Any) -> None:
    await world.prepare()
    await world.call("DSO", "PUT", PATH, with_tie("2"))
    await world.call("DSO", "POST", "/api/dso/podAssociation", {})
    opened = await handshake(world, "2")
    moved = [
        switching(1, "line/81823-AD001090035", closed=False),
        switching(2, "switch/tie", closed=True),
    ]
    assert (await send(world, opened["alignment"], *moved)).status_code == 200

    async def is_moved() -> bool:
        pod = (await world.call("DSO", "GET", f"/api/scd/pods/{POD_AT_THE_TIE}")).json()
        return bool(pod["poMId"] == "CP-B")

    await world.until(is_moved)
    other = (await world.call("DSO", "GET", "/api/scd/pods/IT002E60550189")).json()
    assert other["poMId"] == "CP-IRLANDESE"
    run = (await world.call("DSO", "POST", "/api/dso/powerFlow", DAY)).json()["results"][50]
    branches = {branch["id"]: branch for branch in run["branches"]}
    assert branches["line/81823-AD001090035"]["fromA"] == 0
    assert branches["line/80586-80598"]["fromA"] > 100
    await world.restart()
    again = (await world.call("DSO", "POST", "/api/dso/powerFlow", DAY)).json()["results"][50]
    assert again == run


async def test_customers_of_a_part_that_is_switched_off_have_an_alarm(world: Any) -> None:
    await world.prepare()
    before = (await world.call("DSO", "POST", "/api/dso/powerFlow", DAY)).json()["results"][50]
    opened = await handshake(world)
    await send(world, opened["alignment"], switching(1, "line/12150-CP", closed=False))
    found = (await world.call("DSO", "POST", "/api/dso/powerFlow", DAY)).json()
    run = found["results"][50]
    dark = {"bus/12150", "bus/12149", "bus/12157"}
    assert {bus["id"] for bus in run["buses"] if bus["voltagePu"] == 0} == dark
    wanted_kw = {bus["id"]: bus["pKw"] for bus in before["buses"] if bus["id"] in dark}
    alarms = {alarm["element"]: alarm for alarm in run["alarms"] if alarm["kind"] == "unsupplied"}
    assert {name: alarm["value"] for name, alarm in alarms.items()} == pytest.approx(
        {name: abs(kw) for name, kw in wanted_kw.items() if abs(kw) > 1e-6}
    )
    assert {(alarm["limit"], alarm["unit"]) for alarm in alarms.values()} == {(0.0, "kW")}
    others = {alarm["element"] for alarm in run["alarms"] if alarm["element"] not in alarms}
    assert others == {"line/81823-AD001090035"}
    # they come first, and are kept like all alarms, also by what asks the market
    assert {alarm["element"] for alarm in run["alarms"][: len(alarms)]} == set(alarms)
    for call in ((), ("DSO", "POST", "/api/dso/flexibilityRequest", SESSION)):
        if call:
            asked = (await world.call(*call)).json()
            assert {each["kind"] for each in asked["alarms"]} == {"unsupplied", "current"}
        kept = (await world.call("AUDITOR", "GET", "/api/dso/alarms")).json()["alarms"]
        assert set(alarms) <= {each["element"] for each in kept if each["kind"] == "unsupplied"}


async def test_events_are_taken_once_and_without_gaps(world: Any) -> None:
    await world.call("DSO", "PUT", PATH, with_tie())
    opened = await handshake(world)
    first = switching(1, "switch/tie", closed=True)
    second = switching(2, "switch/tie", closed=False)
    await send(world, opened["alignment"], first)
    gap = await send(world, opened["alignment"], switching(3, "switch/tie", closed=False))
    assert (gap.status_code, gap.json()["type"]) == (409, "/problems/event-gap")
    assert gap.json()["expected"] == 2
    again = await send(world, opened["alignment"], first, second)
    assert again.json() == {"lastSequence": 2, "refused": {}}


async def test_a_bad_event_is_named_and_the_others_count(world: Any) -> None:
    await world.call("DSO", "PUT", PATH, with_tie())
    opened = await handshake(world)
    taken = await send(
        world,
        opened["alignment"],
        switching(1, "switch/nowhere", closed=True),
        {"kind": "tap", "sequence": 2, "at": AT, "element": "switch/tie", "position": 1},
        switching(3, "switch/tie", closed=True) | {"end": "from"},
        {"kind": "tap", "sequence": 4, "at": AT, "element": "transformer/CP-TR1", "position": -2},
    )
    answer = taken.json()
    assert answer["lastSequence"] == 4
    assert set(answer["refused"]) == {"1", "2", "3"}
    assert "switch/nowhere" in answer["refused"]["1"]


async def test_an_alignment_ends_with_another_handshake_or_version(world: Any) -> None:
    await world.call("DSO", "PUT", PATH, with_tie())
    first = await handshake(world)
    second = await handshake(world)
    event = switching(1, "switch/tie", closed=True)
    closed = await send(world, first["alignment"], event)
    assert (closed.status_code, closed.json()["type"]) == (409, "/problems/alignment-closed")
    await world.call("DSO", "PUT", PATH, with_tie("2"))
    closed = await send(world, second["alignment"], event)
    assert closed.json()["type"] == "/problems/alignment-closed"
    assert (await world.call("DSO", "GET", "/api/dso/alignment")).json()["status"] == (
        "networkNeeded"
    )


async def test_an_earlier_version_comes_into_force_again(world: Any) -> None:
    await world.call("DSO", "PUT", PATH, with_tie("1"))
    await world.call("DSO", "PUT", PATH, with_tie("2"))
    again = await world.call("DSO", "PUT", PATH, with_tie("1"))
    assert again.json()["status"] == "alreadySubmitted"
    opened = await handshake(world, "1")
    assert (opened["status"], opened["inForce"]["version"]) == ("aligned", "1")
    rows = (await world.call("DSO", "GET", "/api/dso/networks")).json()["networks"]
    assert [(row["version"], row["inForce"]) for row in rows] == [("2", False), ("1", True)]
    kept = await world.call("DSO", "GET", PATH, version="1")
    assert kept.json() == with_tie("1")
    event = switching(1, "switch/tie", closed=True)
    assert (await send(world, opened["alignment"], event)).json()["lastSequence"] == 1


async def test_a_restart_does_not_forget_to_associate(world: Any) -> None:
    await world.call("DSO", "PUT", PATH, with_tie("2"))
    opened = await handshake(world, "2")
    moved = [
        switching(1, "line/81823-AD001090035", closed=False),
        switching(2, "switch/tie", closed=True),
    ]
    await send(world, opened["alignment"], *moved)  # customers knows no PoD yet
    registration = {
        "podId": POD_AT_THE_TIE,
        "aggregatorId": "ACEAE",
        "zone": "CSUD",
        "pnP": 6000,
        "cosPhi": 0.9,
        "maxFlexibility": {"upperP": 0, "downP": 2000},
    }
    await world.call("ACEAE", "POST", "/api/scd/pods", registration)
    await world.restart()

    async def is_associated() -> bool:
        pod = (await world.call("DSO", "GET", f"/api/scd/pods/{POD_AT_THE_TIE}")).json()
        return bool(pod["poMId"] == "CP-B")

    await world.until(is_associated)


async def test_sources_of_two_voltages_are_not_joined_in_silence(world: Any) -> None:
    network = with_tie()
    network["sources"][-1]["voltagePu"] = 1.03
    network["buses"][-1]["nominalKv"] = 150.0
    network["switches"][0]["other"] = network["sources"][0]["bus"]
    answer = await world.call("DSO", "PUT", PATH, network)
    assert answer.status_code == 201, answer.text
    opened = await handshake(world)
    await send(world, opened["alignment"], switching(1, "switch/tie", closed=True))
    run = await world.call("DSO", "POST", "/api/dso/powerFlow", DAY)
    assert run.json()["type"] == "/problems/network-invalid", run.text[:300]
    assert "CP-B" in run.json()["detail"]


async def test_a_tap_that_would_leave_no_voltage_is_refused(world: Any) -> None:
    await world.call("DSO", "PUT", PATH, with_tie())
    opened = await handshake(world)
    tap = {"kind": "tap", "sequence": 1, "at": AT, "element": "transformer/CP-TR1", "position": -99}
    answer = await send(world, opened["alignment"], tap)
    assert set(answer.json()["refused"]) == {"1"}


async def test_only_the_dso_aligns(world: Any) -> None:
    said = {"networkId": "n", "version": "1"}
    for party in ("TSO", "ACEAE", "AUDITOR"):
        answer = await world.call(party, "POST", "/api/dso/alignment", said)
        assert answer.status_code == 403
