"""Baselines, setpoints and outcomes over REST."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import httpx
import pytest
from tests.records import ask

pytestmark = pytest.mark.both_databases

ROME = ZoneInfo("Europe/Rome")
BASELINES, SETPOINTS = "/api/scd/baselines", "/api/scd/setpoints"
OUTCOMES = "/api/scd/outcomes"


class World(Protocol):
    records: str
    clock: Any

    def __getitem__(self, party: str) -> httpx.AsyncClient: ...


def _slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


def _midnight(on: date) -> str:
    return datetime(on.year, on.month, on.day, tzinfo=ROME).isoformat()


def _series(start: str, values: list[float], pod_id: str = "POD-1") -> dict[str, Any]:
    return {"podId": pod_id, "startTime": start, "values": values}


async def _give(
    world: World, *series: dict[str, Any], party: str = "ACEAE"
) -> list[dict[str, Any]]:
    answer = await world[party].post(BASELINES, json={"series": series})
    assert answer.status_code == 200
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


async def _read(world: World, party: str = "MO", **params: Any) -> list[dict[str, Any]]:
    if "from_" in params:
        params["from"] = params.pop("from_")
    answer = await world[party].get(BASELINES, params=params)
    assert answer.status_code == 200, answer.text
    series: list[dict[str, Any]] = answer.json()["series"]
    return series


@pytest.fixture
async def registered(world: World) -> World:
    pods = [
        {"podId": "POD-1", "aggregatorId": "ACEAE", "customerId": "CUSTOMER-1"},
        {"podId": "POD-2", "aggregatorId": "ACEAE"},
    ]
    await world["ACEAE"].post("/api/scd/pods", json=pods)
    other = {"podId": "POD-3", "aggregatorId": "ACEAE_2"}
    await world["ACEAE_2"].post("/api/scd/pods", json=other)
    return world


@pytest.mark.parametrize(
    ("on", "hours"), [(date(2021, 3, 28), 23), (date(2021, 6, 23), 24), (date(2021, 10, 31), 25)]
)
async def test_a_whole_day_has_the_quarter_hours_of_its_date(
    registered: World, on: date, hours: int
) -> None:
    start = _midnight(on)
    for count in range(90, 103):
        (result,) = await _give(registered, _series(start, [1.0] * count))
        if count == hours * 4:
            assert result["status"] == "accepted"
            continue
        assert result["status"] == "refused"
        problem = result["problem"]
        assert problem["type"] == "/problems/wrong-slot-count"
        assert (problem["expected"], problem["got"]) == (hours * 4, count)
    (series,) = await _read(
        registered, from_=start, to=_midnight(on + timedelta(days=1)), podId="POD-1"
    )
    assert len(series["values"]) == hours * 4


async def test_both_hours_of_the_autumn_night_are_kept_apart(registered: World) -> None:
    on = date(2021, 10, 31)
    await _give(registered, _series(_midnight(on), [float(n) for n in range(100)]))
    summer = datetime(2021, 10, 31, 2, tzinfo=ROME)
    winter = datetime(2021, 10, 31, 2, fold=1, tzinfo=ROME)
    for instant, first in ((summer, 8.0), (winter, 12.0)):
        end = instant.astimezone(UTC) + timedelta(hours=1)
        (series,) = await _read(registered, from_=instant.isoformat(), to=end.isoformat())
        assert series["values"] == [first, first + 1, first + 2, first + 3]


async def test_a_series_starts_on_a_quarter_hour(registered: World) -> None:
    starts = ["2021-06-23T00:15:00Z", "2021-06-23T05:45:00+05:45", "2021-06-23T00:07:00Z"]
    starts += ["2021-06-23T00:00:00.000001Z", "1999-12-31T00:00:00Z", "9999-12-31T23:45:00-12:00"]
    starts += ["0001-01-01T00:00:00+12:00", "2099-12-31T23:45:00Z"]
    results = await _give(registered, *(_series(start, [1.0, 2.0]) for start in starts))
    slugs = [(r["problem"] or {}).get("type", r["status"]).split("/")[-1] for r in results]
    assert slugs == [
        *["accepted"] * 2,
        *["start-not-aligned"] * 2,
        *["instant-out-of-range"] * 3,
        "series-too-late",
    ]


async def test_the_last_received_counts_and_versions_are_kept(registered: World) -> None:
    day = "2021-06-23T00:00:00Z"
    await _give(registered, _series(day, [1.0] * 8))
    assert (await _give(registered, _series(day, [1.0] * 8)))[0]["status"] == "alreadySubmitted"
    part = _series("2021-06-23T01:00:00Z", [5.0, 6.0])
    assert (await _give(registered, part))[0]["status"] == "accepted"
    (read,) = await _read(registered)
    assert read["values"] == [1.0, 1.0, 1.0, 1.0, 5.0, 6.0, 1.0, 1.0]
    assert (await _give(registered, _series(day, [1.0] * 8)))[0]["status"] == "accepted"
    (read,) = await _read(registered)
    assert read["values"] == [1.0] * 8
    kept = ask(registered.records, "SELECT received_us, received_from FROM baseline")
    received_us = int(datetime(2021, 6, 20, 10, tzinfo=UTC).timestamp()) * 10**6
    assert kept == [(received_us, "ACEAE")] * 3


async def test_put_does_as_post(registered: World) -> None:
    body = {"series": [_series("2021-06-23T00:00:00Z", [2.5])]}
    answer = await registered["ACEAE"].put(BASELINES, json=body)
    assert answer.json()["results"][0]["status"] == "accepted"


async def test_a_span_is_half_open(registered: World) -> None:
    await _give(registered, _series("2021-06-23T00:00:00Z", [0.0, 1.0, 2.0, 3.0]))
    read = await _read(registered, from_="2021-06-23T00:15:00Z", to="2021-06-23T00:45:00Z")
    assert [(s["startTime"], s["values"]) for s in read] == [("2021-06-23T00:15:00Z", [1.0, 2.0])]
    assert await _read(registered, from_="2021-06-23T01:00:00Z") == []


async def test_a_gap_parts_two_series(registered: World) -> None:
    await _give(
        registered,
        _series("2021-06-23T00:00:00Z", [1.0]),
        _series("2021-06-23T00:30:00Z", [3.0]),
        _series("2021-06-23T00:45:00Z", [4.0]),
    )
    read = await _read(registered)
    assert [s["values"] for s in read] == [[1.0], [3.0, 4.0]]


async def test_a_long_series_is_one_series_again(registered: World) -> None:
    values = [float(number) for number in range(36_000)]
    await _give(registered, _series("2021-01-01T00:00:00Z", values))
    (read,) = await _read(registered)
    assert read["values"] == values
    middle = {"from_": "2021-06-23T00:00:00Z", "to": "2021-06-24T00:00:00Z"}
    (day,) = await _read(registered, **middle)
    first = float((date(2021, 6, 23) - date(2021, 1, 1)).days * 96)
    assert (day["values"][0], len(day["values"])) == (first, 96)
    same = await _give(registered, _series("2021-06-23T00:00:00Z", day["values"]))
    assert same[0]["status"] == "alreadySubmitted"


async def test_only_owners_give_baselines_of_known_pods(registered: World) -> None:
    start = "2021-06-23T00:00:00Z"
    results = await _give(
        registered,
        _series(start, [1.0], "POD-3"),
        _series(start, [1.0], "POD-9"),
        _series(start, [1.0], "POD-2"),
    )
    assert [(r["problem"] or {}).get("type") for r in results] == [
        "/problems/not-owner",
        "/problems/pod-not-registered",
        None,
    ]
    for party in ("MO", "DSO", "TSO", "MDA", "CUSTOMER-1", "AUDITOR"):
        answer = await registered[party].post(BASELINES, json={"series": []})
        assert _slug(answer) == (403, "role-missing")


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "-Infinity", "1e400", "1e8", "true", '"1"', "null", "1" * 400]
)
async def test_a_number_that_is_none_is_refused(registered: World, value: str) -> None:
    raw = (
        f'{{"series":[{{"podId":"POD-1","startTime":"2021-06-23T00:00:00Z","values":[{value}]}}]}}'
    )
    answer = await registered["ACEAE"].post(BASELINES, content=raw)
    assert _slug(answer) == (422, "malformed-message")


async def test_each_reader_sees_its_own_series(registered: World) -> None:
    start = "2021-06-23T00:00:00Z"
    await _give(registered, _series(start, [1.0]), _series(start, [2.0], "POD-2"))
    await _give(registered, _series(start, [3.0], "POD-3"), party="ACEAE_2")
    for party, values in {
        "ACEAE": [1.0, 2.0],
        "ACEAE_2": [3.0],
        "CUSTOMER-1": [1.0],
        "DSO": [1.0, 2.0, 3.0],
        "AUDITOR": [1.0, 2.0, 3.0],
    }.items():
        assert [s["values"][0] for s in await _read(registered, party)] == values
    for party in ("TSO", "MDA"):
        assert (await registered[party].get(BASELINES)).status_code == 403
    chosen = await _read(registered, podId=["POD-3", "POD-1"])
    assert [s["podId"] for s in chosen] == ["POD-1", "POD-3"]
    for party in ("ACEAE", "CUSTOMER-1"):
        answer = await registered[party].get(BASELINES, params={"podId": ["POD-1", "POD-3"]})
        assert _slug(answer) == (403, "not-owner")
    unknown = await registered["ACEAE"].get(BASELINES, params={"podId": "POD-9"})
    assert _slug(unknown) == (404, "pod-not-registered")


@pytest.mark.parametrize(
    "params",
    [
        {"from": "yesterday"},
        {"from": "2021-06-23"},
        {"to": "2021-06-23T00:00:00"},
        {"from": "2021-06-23T00:00:00Z", "to": "2021-06-23T00:00:00Z"},
        {"from": "2021-06-24T00:00:00Z", "to": "2021-06-23T00:00:00Z"},
        {"podId": ["POD-1", "P'; DROP TABLE pod"]},
        {"podId": ""},
    ],
)
async def test_a_query_that_cannot_be_read_is_a_problem(
    registered: World, params: dict[str, Any]
) -> None:
    for path in (BASELINES, SETPOINTS, OUTCOMES, "/api/scd/measurements"):
        answer = await registered["DSO"].get(path, params=params)
        assert _slug(answer) == (422, "query-malformed")
        assert answer.json()["parameter"] in params


async def test_the_ends_of_the_calendar_are_no_failure(registered: World) -> None:
    await _give(registered, _series("2021-06-23T00:00:00Z", [1.0]))
    first, last = "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"
    assert len(await _read(registered, from_=first, to=last)) == 1


async def test_a_new_owner_sees_what_comes_after_the_change(registered: World) -> None:
    world = registered
    await _give(world, _series("2021-06-20T09:00:00Z", [1.0]))
    world.clock.move_to(datetime(2021, 6, 21, tzinfo=UTC))
    bare = {"podId": "POD-1", "aggregatorId": "ACEAE", "actionType": "delete"}
    await world["ACEAE"].post("/api/scd/pods", json=bare)
    late = await _give(world, _series("2021-06-21T00:00:00Z", [1.0]))
    assert late[0]["problem"]["type"] == "/problems/pod-ended"
    before = await _give(world, _series("2021-06-20T23:00:00Z", [1.0]))
    assert before[0]["status"] == "accepted"
    await world["ACEAE_2"].post("/api/scd/pods", json={"podId": "POD-1", "aggregatorId": "ACEAE_2"})
    await _give(world, _series("2021-06-21T00:00:00Z", [7.0]), party="ACEAE_2")
    assert [s["values"] for s in await _read(world, "ACEAE_2", podId="POD-1")] == [[7.0]]
    assert [s["values"] for s in await _read(world, "MO", podId="POD-1")] == [[1.0], [1.0], [7.0]]


def _setpoint(**more: Any) -> dict[str, Any]:
    return {
        "setpointId": "SP-1",
        "podId": "POD-1",
        "startTime": "2021-06-23T10:30:00Z",
        "durationMinutes": 15,
        "powerKw": 207.6620935799721,
        "marketOutcome": "MO-1",
    } | more


async def test_setpoints_are_recorded_once(registered: World) -> None:
    dso = registered["DSO"]
    items = [
        _setpoint(),
        _setpoint(),
        _setpoint(powerKw=1.0),
        _setpoint(setpointId="SP-2", podId="POD-9"),
        _setpoint(setpointId="SP-3", podId="POD-3"),
        _setpoint(setpointId="SP-4", startTime="2021-06-23T10:30:01Z"),
    ]
    results = (await dso.post(SETPOINTS, json={"setpoints": items})).json()["results"]
    assert [(r["id"], (r["problem"] or {}).get("type", r["status"])) for r in results] == [
        ("SP-1", "accepted"),
        ("SP-1", "alreadySubmitted"),
        ("SP-1", "/problems/duplicate-identifier"),
        ("SP-2", "/problems/pod-not-registered"),
        ("SP-3", "accepted"),
        ("SP-4", "/problems/start-not-aligned"),
    ]
    again = await dso.post(SETPOINTS, json={"setpoints": [_setpoint()]})
    assert again.json()["results"][0]["status"] == "alreadySubmitted"
    for party, names in {"ACEAE": ["SP-1"], "ACEAE_2": ["SP-3"], "DSO": ["SP-1", "SP-3"]}.items():
        read = (await registered[party].get(SETPOINTS)).json()["setpoints"]
        assert [s["setpointId"] for s in read] == names
    assert (await registered["ACEAE"].get(SETPOINTS)).json()["setpoints"] == [
        _setpoint() | {"powerKvar": None}
    ]


async def test_only_the_dso_records_setpoints(registered: World) -> None:
    body = {"setpoints": [_setpoint()]}
    assert _slug(await registered["TSO"].post(SETPOINTS, json=body)) == (403, "not-owner")
    for party in ("ACEAE", "MO", "MDA", "CUSTOMER-1", "AUDITOR"):
        assert _slug(await registered[party].post(SETPOINTS, json=body)) == (403, "role-missing")


def _outcome(name: str = "MO-1", **more: Any) -> dict[str, Any]:
    return {
        "marketOutcome": name,
        "marketType": "dayAhead",
        "startTime": "2021-06-22T22:00:00Z",
        "duration": 24,
        "interval": 15,
        "outputHash": "ab" * 32,
        "certificationId": None,
        "flexibility": [{"pod": pod, "power": []} for pod in ("POD-1", "POD-3", "POD-7")],
    } | more


async def test_each_reader_sees_its_part_of_an_outcome(registered: World) -> None:
    mo = registered["MO"]
    assert (await mo.post(OUTCOMES, json=_outcome())).status_code == 201
    again = await mo.post(OUTCOMES, json=_outcome())
    assert (again.status_code, again.json()["status"]) == (200, "alreadySubmitted")
    other = await mo.post(OUTCOMES, json=_outcome(duration=4))
    assert _slug(other) == (409, "duplicate-identifier")
    await mo.post(OUTCOMES, json=_outcome("MO-0", startTime="2021-06-23T22:00:00Z"))
    for party, pods in {
        "ACEAE": ["POD-1"],
        "ACEAE_2": ["POD-3"],
        "CUSTOMER-1": ["POD-1"],
        "DSO": ["POD-1", "POD-3", "POD-7"],
    }.items():
        read = (await registered[party].get(OUTCOMES)).json()
        assert [outcome["marketOutcome"] for outcome in read] == ["MO-1", "MO-0"]
        assert [part["pod"] for part in read[0]["flexibility"]] == pods
    for party in ("TSO", "MDA"):  # prices and trades are neither's business here
        assert (await registered[party].get(OUTCOMES)).status_code == 403
    span = {"from": "2021-06-23T00:00:00Z", "podId": "POD-3"}
    (only,) = (await registered["AUDITOR"].get(OUTCOMES, params=span)).json()
    assert (only["marketOutcome"], len(only["flexibility"])) == ("MO-0", 1)


async def test_only_the_market_records_outcomes(registered: World) -> None:
    for party in ("ACEAE", "DSO", "TSO", "MDA", "CUSTOMER-1", "AUDITOR"):
        answer = await registered[party].post(OUTCOMES, json=_outcome())
        assert _slug(answer) == (403, "role-missing")
