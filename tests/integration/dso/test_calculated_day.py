"""Which days were calculated is told, by network and stage, from either end."""

from datetime import date, timedelta
from typing import Any

import pytest

from .conftest import PODS
from .test_grid_day import outcome
from .test_unbalanced_rest import DAY as QUESTION
from .test_unbalanced_rest import ZERO, prepare, village

PATH = "/api/dso/days"
NETWORK = "italy-tor-di-valle"
DAYS = ["2021-06-23", "2021-06-25", "2021-06-28"]
"""Days with gaps between them, as calculations leave them."""


async def _calculated(world: Any) -> None:
    await world.prepare()
    for day in (DAYS[1], DAYS[0], DAYS[2]):
        await _idle_on(world, day)
        asked = {"startTime": f"{day}T10:00:00Z"}
        answer = await world.call("DSO", "POST", "/api/dso/powerFlow", asked)
        assert answer.status_code == 200, answer.text


async def _idle_on(world: Any, day: str) -> None:
    """All points of delivery are expected to take nothing on a day."""
    start = f"{date.fromisoformat(day) - timedelta(days=1)}T22:00:00Z"
    for pod, (owner, *_) in PODS.items():
        series = {"podId": pod, "startTime": start, "values": [0.0] * 96}
        await world.call(owner, "POST", "/api/scd/baselines", {"series": [series]})


async def _days(world: Any, **asked: Any) -> list[str]:
    answer = await world.call("DSO", "GET", PATH, **asked)
    assert answer.status_code == 200, answer.text
    return [each["day"] for each in answer.json()["days"]]


async def test_each_day_tells_its_stages_and_its_network(world: Any) -> None:
    await world.prepare()
    assert (await world.call("AUDITOR", "GET", PATH)).json() == {"days": [], "next": None}
    question = {"startTime": "2021-06-23T10:00:00Z"}
    await world.call("DSO", "POST", "/api/dso/powerFlow", question)
    await world.call("MO", "POST", "/api/dso/marketOutcome", outcome())
    (day,) = (await world.call("AUDITOR", "GET", PATH)).json()["days"]
    told = [
        (each["stage"], each["networkId"], each["version"], each["madeAt"])
        for each in day["calculations"]
    ]
    version = (await world.call("DSO", "GET", f"/api/dso/networks/{NETWORK}")).json()["version"]
    assert day["day"] == "2021-06-23"
    assert sorted(told) == [
        (stage, NETWORK, version, "2021-06-22T13:00:00Z")
        for stage in ("afterMarket", "forecast", "validated")
    ]


async def test_the_nearest_day_is_found_in_either_direction(world: Any) -> None:
    await _calculated(world)
    assert await _days(world) == DAYS
    assert await _days(world, newestFirst="true") == DAYS[::-1]
    assert await _days(world, **{"from": "2021-06-24", "limit": 1}) == [DAYS[1]]
    assert await _days(world, to="2021-06-28", newestFirst="true", limit=1) == [DAYS[1]]
    assert await _days(world, **{"from": DAYS[1], "to": DAYS[2]}) == [DAYS[1]]
    assert await _days(world, networkId=NETWORK, to="2021-06-24") == [DAYS[0]]
    assert await _days(world, networkId="another") == []


@pytest.mark.parametrize("newest_first", ["false", "true"])
async def test_the_list_is_read_part_by_part(world: Any, newest_first: str) -> None:
    await _calculated(world)
    after: Any = ""
    found: list[str] = []
    for _ in DAYS:
        answer = await world.call(
            "DSO", "GET", PATH, limit=1, after=after, newestFirst=newest_first
        )
        (day,) = answer.json()["days"]
        found.append(day["day"])
        after = answer.json()["next"]
    assert after is None
    assert found == (DAYS[::-1] if newest_first == "true" else DAYS)


@pytest.mark.parametrize(
    "asked", [{"from": "someday"}, {"to": "2021-02-30"}, {"from": "1624406400"}]
)
async def test_a_day_that_is_none_is_refused(world: Any, asked: dict[str, str]) -> None:
    answer = await world.call("DSO", "GET", PATH, **asked)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/malformed-message")
    assert next(iter(asked)) in answer.json()["detail"]


async def test_an_unbalanced_calculation_is_told_apart(world: Any) -> None:
    await prepare(world, village(**ZERO))
    for unbalanced in (False, True):
        asked = QUESTION | {"unbalanced": unbalanced}
        assert (await world.call("DSO", "POST", "/api/dso/powerFlow", asked)).status_code == 200
    (day,) = (await world.call("DSO", "GET", PATH)).json()["days"]
    told = [(each["stage"], each.get("unbalanced", False)) for each in day["calculations"]]
    assert told == [("forecast", False), ("forecast", True)]
