"""Power flows of market days with points of delivery that have no baseline but typical days."""

import csv
import io
import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import platone.demo.italy

PODS = ("IT002E60499620", "IT002E60550189", "IT002E60974469", "IT002E60976796", "IT002E61899978")
OWNERS = {"IT002E60976796": "ACEAE_2", "IT002E60499620": "ACEAE_2"}
BARE = "IT002E60976796"
LOAD = "load/81823"
FIRST = datetime(2021, 5, 31, 22, tzinfo=UTC)  # 1 June in Rome
DAYS = 21
WEDNESDAY = "2021-06-24T10:00:00Z"  # the day after the Italian one: nobody has a baseline
DAY_START = "2021-06-23T22:00:00Z"
ITALY = Path(platone.demo.italy.__file__).with_name("scenario")
TAN_PHI = math.tan(math.acos(0.9))


def kw_of(place: int, quarter: int) -> float:
    """A course of the day that the tests can say themselves."""
    return 100.0 * (place + 1) + quarter + 0.25


async def profiled(world: Any, consumers: tuple[str, ...], kvar: float | None = None) -> None:
    """Typical days of a file whose days are all alike."""
    file = io.StringIO()
    file.write("time,consumer,p_kw" + (",q_kvar\n" if kvar is not None else "\n"))
    for number in range(96 * DAYS):
        time = (FIRST + number * timedelta(minutes=15)).isoformat()
        for place, consumer in enumerate(consumers):
            kw = kw_of(place, number % 96)
            file.write(f"{time},{consumer},{kw}" + (f",{kvar}\n" if kvar is not None else "\n"))
    await of_file(world, file)


async def of_file(world: Any, file: io.StringIO) -> None:
    path = "/api/dso/profiles/metering"
    made = await world.call("DSO", "POST", path, file.getvalue().encode(), country="IT")
    assert made.status_code == 201, made.text


async def with_baseline(world: Any, consumers: tuple[str, ...], first: int = 0) -> None:
    """Baselines that say the same as the file."""
    for place, pod in enumerate(consumers):
        start = datetime.fromisoformat(DAY_START) + first * timedelta(minutes=15)
        values = [kw_of(place, quarter) for quarter in range(first, 96)]
        await baseline(world, {"podId": pod, "startTime": start.isoformat(), "values": values})


async def baseline(world: Any, series: dict[str, Any]) -> None:
    owner = OWNERS.get(series["podId"], "ACEAE")
    answer = await world.call(owner, "POST", "/api/scd/baselines", {"series": [series]})
    assert answer.status_code < 300, answer.text


async def calculated(world: Any, start: str = WEDNESDAY) -> Any:
    return await world.call("DSO", "POST", "/api/dso/powerFlow", {"startTime": start})


def buses(answer: Any, quarter: int = 50) -> dict[tuple[str, str], float]:
    """Voltage and power of each bus."""
    return {
        (each["id"], name): each[name]
        for each in answer.json()["results"][quarter]["buses"]
        for name in ("voltagePu", "pKw", "qKvar")
    }


async def test_typical_days_stand_in_for_baselines(world: Any) -> None:
    await world.prepare()
    await profiled(world, PODS)
    by_profiles = await calculated(world)
    assert by_profiles.status_code == 200, by_profiles.text
    (remark,) = by_profiles.json()["remarks"]
    assert remark == (
        "Typical days stand in for 5 baselines that are missing or not of the whole day: "
        f"{', '.join(PODS)}."
    )
    await with_baseline(world, PODS)
    by_baselines = await calculated(world)
    assert by_baselines.json()["remarks"] == []
    for quarter in (0, 50, 95):
        found, right = buses(by_profiles, quarter), buses(by_baselines, quarter)
        assert found == pytest.approx(right, rel=1e-6, abs=1e-6)


async def test_a_whole_baseline_counts_more_than_typical_days(world: Any) -> None:
    await world.prepare()
    before = await calculated(world, "2021-06-23T10:00:00Z")
    await profiled(world, PODS)
    after = await calculated(world, "2021-06-23T10:00:00Z")
    assert after.json() == before.json()
    asked = {"marketType": "dayAhead", "startTime": "2021-06-22T22:00:00Z"}
    answer = await world.call("DSO", "POST", "/api/dso/flexibilityRequest", asked)
    assert answer.json()["remarks"] == []


async def test_who_has_neither_is_named(world: Any) -> None:
    await world.prepare()
    await profiled(world, PODS[:3])
    answer = await calculated(world)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/pod-data-missing")
    assert answer.json()["withoutBaseline"] == [*PODS[3:]]
    assert answer.json()["notRegistered"] == []


async def test_a_baseline_of_a_part_of_the_day_is_filled_up(world: Any) -> None:
    await world.prepare()
    await profiled(world, tuple(reversed(PODS)))  # others than the baselines say
    whole = buses(await calculated(world), 20), buses(await calculated(world), 60)
    await with_baseline(world, PODS, first=48)
    answer = await calculated(world)
    assert "5 baselines" in answer.json()["remarks"][0]
    assert buses(answer, 20) == pytest.approx(whole[0], rel=1e-9)
    assert buses(answer, 60) != pytest.approx(whole[1], rel=1e-3)


async def test_who_has_no_baseline_is_not_asked(world: Any) -> None:
    """The Italian day again, a day later; one of the three that were asked has no baseline."""
    await world.prepare()
    with (ITALY / "baselines.csv").open() as file:
        rows = [*csv.DictReader(file)]
    metering = io.StringIO()
    metering.write("time,consumer,p_kw\n")
    for number in range(96 * DAYS):
        time = (FIRST + number * timedelta(minutes=15)).isoformat()
        metering.write(f"{time},{BARE},{rows[number % 96][BARE]}\n")
    await of_file(world, metering)
    for pod in (pod for pod in PODS if pod != BARE):
        values = [float(row[pod]) for row in rows]
        await baseline(world, {"podId": pod, "startTime": DAY_START, "values": values})
    asked = {"marketType": "dayAhead", "startTime": DAY_START}
    answer = (await world.call("DSO", "POST", "/api/dso/flexibilityRequest", asked)).json()
    (group,) = answer["request"]["flexibility"]
    assert set(group["pod"]) == {"IT002E61899978", "IT002E60974469"}
    assert group["power"][0]["index"] == 50
    assert answer["remarks"] == [
        f"Typical days stand in for 1 baselines that are missing or not of the whole day: {BARE}."
    ]


async def test_loads_and_metered_reactive_power(world: Any) -> None:
    """The load shares its bus with a PoD: both by the file, 70 kvar each."""
    await world.prepare()
    consumers = (LOAD, *PODS)
    await profiled(world, consumers, kvar=70.0)
    answer = await calculated(world)
    assert answer.json()["remarks"][1] == (
        f"Typical days stand in for what the network file says of 1 loads: {LOAD}."
    )
    place = consumers.index("IT002E61899978")
    bus = {name: value for (each, name), value in buses(answer).items() if each == "bus/81823"}
    assert bus["pKw"] == pytest.approx(kw_of(0, 50) + kw_of(place, 50), rel=1e-5)
    assert bus["qKvar"] == pytest.approx(140.0, rel=1e-5)
    # what is supposed moves the reactive power at the PoD's power factor
    supposed = {"podId": "IT002E61899978", "index": 50, "powerKw": kw_of(place, 50) + 100}
    question = {"startTime": WEDNESDAY, "suppose": [supposed]}
    moved = buses(await world.call("DSO", "POST", "/api/dso/powerFlow", question))
    assert moved["bus/81823", "qKvar"] - bus["qKvar"] == pytest.approx(100 * TAN_PHI, rel=1e-4)


@pytest.mark.parametrize(("start", "count"), [("2021-10-31", 100), ("2022-03-27", 92)])
async def test_days_on_which_the_clocks_change(world: Any, start: str, count: int) -> None:
    await world.prepare()
    await profiled(world, PODS)
    answer = await calculated(world, f"{start}T12:00:00Z")
    results = answer.json()["results"]
    assert len(results) == count
    last = {each["id"]: each["pKw"] for each in results[-1]["buses"]}
    first = {each["id"]: each["pKw"] for each in results[0]["buses"]}
    grown = sum(last[name] - first[name] for name in last if "CP-150" not in name)
    assert grown == pytest.approx(5 * 95 + other_growth(), abs=0.01)


def other_growth() -> float:
    """How much the network file's loads differ between 23:45 and 0:00."""
    network = json.loads((ITALY / "network.json").read_text())
    factors = {each["id"]: each["factors"] for each in network["profiles"]}
    return float(
        sum(
            each["pKw"] * (factors[each["profile"]][95] - factors[each["profile"]][0])
            for each in network["loads"]
        )
    )


async def test_a_consumers_profiles_are_erased(world: Any) -> None:
    await world.prepare()
    await profiled(world, (LOAD, *PODS))
    path = f"/api/dso/profiles/{LOAD}"
    for party, status in (("AUDITOR", 403), ("TSO", 403), ("ACEAE", 403), ("DSO", 204)):
        answer = await world.call(party, "DELETE", path)
        assert answer.status_code == status, party
    assert answer.content == b""
    again = await world.call("DSO", "DELETE", path)
    assert (again.status_code, again.json()["type"]) == (404, "/problems/profile-missing")
    curves = await world.call("DSO", "GET", "/api/dso/profiles/curves", consumer=LOAD)
    assert curves.status_code == 404
    (remark,) = (await calculated(world)).json()["remarks"]
    assert "loads" not in remark


@pytest.mark.parametrize("path", ["podAssociation", "powerFlow"])
async def test_profiles_go_when_the_point_of_delivery_ends(world: Any, path: str) -> None:
    await world.prepare()
    await profiled(world, PODS)
    every = (await world.call("DSO", "GET", "/api/scd/pods")).json()["pods"]
    (pod,) = [each for each in every if each["podId"] == BARE]
    left = pod | {"actionType": "delete"}
    assert (await world.call("ACEAE_2", "POST", "/api/scd/pods", left)).status_code < 300
    question = {} if path == "podAssociation" else {"startTime": WEDNESDAY}
    answer = await world.call("DSO", "POST", f"/api/dso/{path}", question)
    told = answer.json()
    if path == "podAssociation":
        assert BARE in told["notRegistered"]
    else:  # whoever has gone stops no calculation: the rest is calculated, and the point is named
        assert any(each.endswith(f"0 kW: {BARE}.") for each in told["remarks"])
    for name, status in ((BARE, 404), (PODS[0], 200)):
        curves = await world.call("DSO", "GET", "/api/dso/profiles/curves", consumer=name)
        assert curves.status_code == status
