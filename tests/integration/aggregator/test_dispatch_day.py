"""The days for which an aggregator sold something are told, and no others."""

from typing import Any

import pytest

from .test_aggregator_dispatch import PROVIDER, outcome

PATH = "/api/aggregator/dispatch"
SOLD = ["2021-03-28", "2021-06-23", "2021-12-31"]
"""A day on which clocks go forward, one of summer, and the last of a year."""
STARTS = {
    "2021-03-28": "2021-03-27T23:00:00Z",
    "2021-06-23": "2021-06-22T22:00:00Z",
    "2021-07-01": "2021-06-30T22:00:00Z",
    "2021-12-31": "2021-12-30T23:00:00Z",
}
"""Midnight in Rome of each day, in UTC."""


@pytest.fixture
async def told(running: Any) -> Any:
    """Outcomes of days on which something was sold, of one with a rejection, and twice a day."""
    client = running.client("ACEAE", PROVIDER)
    for number, day in enumerate(("2021-06-23", "2021-12-31", "2021-03-28", "2021-07-01")):
        await _tell(running, day, f"day-{number}", is_sold=day in SOLD)
    await _tell(running, "2021-06-23", "again", hour="T10:00:00Z")
    return client


async def _tell(
    running: Any, day: str, name: str, *, hour: str = "", is_sold: bool = True, pod: str = "POD-1"
) -> None:
    made = outcome(pod) | {"marketOutcome": name, "startTime": STARTS[day]}
    if hour:
        made |= {"startTime": day + hour, "duration": 4, "marketType": "realTime"}
    if not is_sold:
        (part,) = made["flexibility"]
        refused = {"acceptedPChange": None, "acceptedPValue": None, "playerRequestId": None}
        part["power"] = [each | refused for each in part["power"]]
    market = running.client("MO", "MarketOperator")
    answer = await market.post("/api/aggregator/validatedOutcome", json=made)
    assert answer.status_code == 201, answer.text


async def _days(client: Any, **asked: Any) -> list[str]:
    answer = await client.get(PATH, params=asked)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["days"])


async def test_days_with_a_sale_are_listed_from_either_end(told: Any) -> None:
    assert await _days(told) == SOLD
    assert await _days(told, newestFirst=True) == SOLD[::-1]
    assert await _days(told, **{"from": "2021-06-24", "limit": 1}) == [SOLD[2]]
    assert await _days(told, to="2021-06-23", newestFirst=True, limit=1) == [SOLD[0]]
    assert await _days(told, **{"from": SOLD[1], "to": SOLD[2]}) == [SOLD[1]]
    assert await _days(told, **{"from": SOLD[2], "to": SOLD[1]}) == []
    assert await _days(told, **{"from": "0001-01-01", "to": "9999-12-31"}) == SOLD


async def test_each_listed_day_has_a_dispatch_and_the_others_have_none(
    others: Any, told: Any
) -> None:
    others.answers["/api/scd/measurements"] = lambda _: (200, {"measurements": []})
    for day in STARTS:
        answer = await told.get(f"{PATH}/{day}")
        assert bool(answer.json()["pods"]) is (day in SOLD), day


@pytest.mark.parametrize("newest_first", [False, True])
async def test_the_list_is_read_part_by_part(told: Any, newest_first: bool) -> None:  # noqa: FBT001
    after: Any = ""
    found: list[str] = []
    for _ in SOLD:
        asked = {"limit": 1, "after": after, "newestFirst": newest_first}
        answer = (await told.get(PATH, params=asked)).json()
        found += answer["days"]
        after = answer["next"]
    assert after is None
    assert found == (SOLD[::-1] if newest_first else SOLD)


async def test_what_another_sold_is_not_told(running: Any, told: Any) -> None:
    assert await _days(told)
    assert await _days(running.client("ACEAE_2", PROVIDER)) == []


@pytest.mark.parametrize(
    ("asked", "slug"),
    [
        ({"from": "someday"}, "malformed-message"),
        ({"after": "someday"}, "place-unknown"),
        ({"after": "2021-06-23,1"}, "place-unknown"),
    ],
)
async def test_what_names_no_day_is_refused(told: Any, asked: dict[str, str], slug: str) -> None:
    answer = await told.get(PATH, params=asked)
    assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{slug}")


async def test_a_part_after_the_last_day_of_all_is_empty(told: Any) -> None:
    assert await _days(told, after="9999-12-31") == []
    assert await _days(told, after="0001-01-01", newestFirst=True) == []


async def test_a_day_is_not_told_any_more_once_its_sales_are_erased(
    running: Any, told: Any
) -> None:
    await _tell(running, "2021-07-01", "another", pod="POD-2")
    assert await _days(told) == [*SOLD[:2], "2021-07-01", SOLD[2]]
    asker = running.client("MDA", "MeteredDataAdministrator")
    order = {"erasureId": "gone", "podIds": ["POD-1"]}
    answer = await asker.post("/api/aggregator/erasures", json=order)
    assert answer.status_code in {200, 201}, answer.text
    assert await _days(told) == ["2021-07-01"]
