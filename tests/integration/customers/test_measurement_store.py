"""Measurements over REST: once each, bounded, in few statements."""

import asyncio
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import httpx
import msgspec
import pytest
from sqlalchemy import Engine, event
from tests.records import ask

from .conftest import START

pytestmark = pytest.mark.both_databases

PATH = "/api/scd/measurements"


class World(Protocol):
    folder: Any
    records: str
    clock: Any

    def __getitem__(self, party: str) -> httpx.AsyncClient: ...


def _slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


def measurement(slot: int = 0, pod_id: str = "POD-1", **more: Any) -> dict[str, Any]:
    start = START + timedelta(minutes=15 * slot)
    return {
        "podId": pod_id,
        "startTime": start.isoformat().replace("+00:00", "Z"),
        "durationMinutes": 15,
        "energyWh": 569_636 + slot,
        "quality": "measured",
        "device": "0x" + "5A" * 20,
        "sequence": slot,
        "certificationId": f"cert-{pod_id}-{slot}",
        "certificationHash": f"{slot:064x}",
        "receivedAt": "2021-10-31T23:59:59.123457Z",
        "revision": 0,
        "reactiveEnergyVarh": None,
        "meterId": None,
        "version": 1,
    } | more


async def _send(world: World, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    answer = await world["MDA"].post(PATH, content=msgspec.json.encode({"measurements": items}))
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def _outcomes(results: list[dict[str, Any]]) -> list[str]:
    return [(r["problem"] or {}).get("type", r["status"]).split("/")[-1] for r in results]


async def test_what_was_stored_is_read_back_unchanged(registered: World) -> None:
    items = [measurement(slot) for slot in range(100)]  # all of the long day
    assert set(_outcomes(await _send(registered, items))) == {"accepted"}
    read = (await registered["ACEAE"].get(PATH, params={"podId": "POD-1"})).json()
    assert read == {"measurements": items}


async def test_the_identifier_that_device_and_number_make_is_told_and_not_stored(
    registered: World,
) -> None:
    device = "0x" + "5A" * 20
    items = [
        measurement(0, certificationId=f"reading:{device}:0"),
        measurement(1, certificationId=f"reading:{device}:7"),  # another message's
        measurement(2),
    ]
    assert _outcomes(await _send(registered, items)) == ["accepted"] * 3
    assert _outcomes(await _send(registered, items)) == ["alreadySubmitted"] * 3
    assert (await registered["MO"].get(PATH)).json() == {"measurements": items}
    asked = "SELECT certification_id FROM measurement_message ORDER BY number"
    stored = ask(registered.records, asked)
    assert stored == [("",), (f"reading:{device}:7",), ("cert-POD-1-2",)]


async def test_the_first_measurement_of_an_interval_stays(registered: World) -> None:
    results = await _send(registered, [measurement(0), measurement(1), measurement(0)])
    assert _outcomes(results) == ["accepted", "accepted", "alreadySubmitted"]
    assert results[1]["id"] == "POD-1/2021-10-30T22:15:00+00:00"
    results = await _send(
        registered,
        [
            measurement(0, receivedAt="2021-11-01T00:00:00Z"),
            measurement(0, energyWh=1),
            measurement(1, quality="estimated"),
            measurement(1, certificationHash="f" * 64),
            measurement(2),
            measurement(2, energyWh=1),
        ],
    )
    assert _outcomes(results) == [
        "alreadySubmitted",
        "measurement-differs",
        "measurement-differs",
        "measurement-differs",
        "accepted",
        "measurement-differs",
    ]
    assert results[1]["problem"]["status"] == 409
    read = (await registered["MO"].get(PATH)).json()["measurements"]
    assert [m["energyWh"] for m in read] == [569_636, 569_637, 569_638]
    assert read[0]["receivedAt"] == "2021-10-31T23:59:59.123457Z"


async def test_one_bad_item_never_stops_the_others(registered: World) -> None:
    results = await _send(
        registered,
        [
            measurement(0, "POD-9"),
            measurement(0, startTime="2021-10-30T22:00:30Z"),
            measurement(0, startTime="9999-12-31T23:59:00-12:00"),
            measurement(0, sequence=2**63),
            measurement(0, startTime="2099-12-31T23:59:00Z"),
            measurement(1, sequence=2**63 - 1, energyWh=-(10**13)),
        ],
    )
    assert _outcomes(results) == [
        "pod-not-registered",
        "start-not-aligned",
        "instant-out-of-range",
        "number-too-large",
        "series-too-late",
        "accepted",
    ]
    (read,) = (await registered["MO"].get(PATH)).json()["measurements"]
    assert (read["sequence"], read["energyWh"]) == (2**63 - 1, -(10**13))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("energyWh", "10000000000001"),
        ("energyWh", "1.5"),
        ("energyWh", "NaN"),
        ("energyWh", "Infinity"),
        ("energyWh", "9" * 500),
        ("durationMinutes", "0"),
        ("durationMinutes", "61"),
        ("sequence", "-1"),
        ("device", '"0x00"'),
        ("startTime", '"2021-10-30T22:00:00"'),
    ],
)
async def test_a_value_out_of_bounds_is_refused(registered: World, name: str, value: str) -> None:
    raw = msgspec.json.decode(msgspec.json.encode(measurement()), type=dict[str, msgspec.Raw])
    raw[name] = msgspec.Raw(value.encode())
    body = msgspec.json.encode({"measurements": [raw]})
    answer = await registered["MDA"].post(PATH, content=body)
    assert _slug(answer) == (422, "malformed-message")


async def test_only_the_administrator_writes(registered: World) -> None:
    for party in ("ACEAE", "DSO", "TSO", "MO", "CUSTOMER-1", "AUDITOR"):
        answer = await registered[party].post(PATH, json={"measurements": [measurement()]})
        assert _slug(answer) == (403, "role-missing")


async def test_each_reader_sees_its_own(registered: World) -> None:
    await _send(registered, [measurement(0, pod_id) for pod_id in ("POD-1", "POD-2", "POD-3")])
    for party, pods in {
        "ACEAE": ["POD-1", "POD-2"],
        "ACEAE_2": ["POD-3"],
        "CUSTOMER-1": ["POD-1"],
        "DSO": ["POD-1", "POD-2", "POD-3"],
        "MDA": ["POD-1", "POD-2", "POD-3"],
    }.items():
        read = (await registered[party].get(PATH)).json()["measurements"]
        assert [m["podId"] for m in read] == pods
    assert _slug(await registered["TSO"].get(PATH)) == (403, "not-owner")
    foreign = await registered["ACEAE_2"].get(PATH, params={"podId": "POD-1"})
    assert _slug(foreign) == (403, "not-owner")


async def test_a_span_is_half_open(registered: World) -> None:
    await _send(registered, [measurement(slot) for slot in range(5)])
    params = {"from": "2021-10-31T00:15:00+02:00", "to": "2021-10-31T00:45:00+02:00"}
    read = (await registered["MO"].get(PATH, params=params)).json()["measurements"]
    assert [m["sequence"] for m in read] == [1, 2]


async def test_late_data_is_taken_until_the_end_of_the_registration(registered: World) -> None:
    gone = {"podId": "POD-1", "aggregatorId": "ACEAE", "actionType": "delete"}
    await registered["ACEAE"].post("/api/scd/pods", json=gone)
    results = await _send(registered, [measurement(103), measurement(104)])
    assert _outcomes(results) == ["accepted", "pod-ended"]


async def test_what_is_not_over_is_refused(registered: World) -> None:
    """A quarter-hour is left for clocks that differ: the access layer has looked at its own."""
    results = await _send(registered, [measurement(slot) for slot in (103, 104, 105, 3000)])
    taken = ["accepted", "accepted", "interval-in-future", "interval-in-future"]
    assert _outcomes(results) == taken
    assert results[2]["problem"]["startTime"] == "2021-11-01T00:15:00+00:00"


@pytest.mark.parametrize("minutes", [2, 4, 6, 10, 12, 20, 45])
async def test_a_length_that_fills_no_quarter_hour_is_refused_by_name(
    registered: World, minutes: int
) -> None:
    results = await _send(registered, [measurement(0, durationMinutes=minutes), measurement(4)])
    assert _outcomes(results) == ["duration-not-taken", "accepted"]
    problem = results[0]["problem"]
    assert problem["durationMinutes"] == minutes
    assert "1, 3, 5, 15, 30 or 60 minutes are taken" in problem["detail"]


async def test_five_minutes_inside_fifteen_are_refused_and_both_are_named(
    registered: World,
) -> None:
    five = measurement(0, startTime="2021-10-30T22:05:00Z", durationMinutes=5)
    later = five | {"startTime": "2021-10-30T22:20:00Z"}
    results = await _send(registered, [measurement(0), five, later, measurement(1)])
    overlaps = "measurement-overlaps"
    assert _outcomes(results) == ["accepted", overlaps, "accepted", overlaps]
    assert _outcomes(await _send(registered, [five, measurement(1)])) == [overlaps, overlaps]
    problem = results[1]["problem"]
    assert problem["status"] == 409
    assert problem["startTime"] == "2021-10-30T22:05:00+00:00"
    assert problem["takenStartTime"] == "2021-10-30T22:00:00+00:00"
    assert problem["takenDurationMinutes"] == 15
    assert {problem["startTime"], problem["takenStartTime"]} <= set(
        re.split(r"[ ,]+", problem["detail"])
    )


async def test_parts_of_a_quarter_hour_and_other_places_do_not_overlap(registered: World) -> None:
    parts = [
        measurement(0, startTime=f"2021-10-30T22:{minute:02}:00Z", durationMinutes=minutes)
        for minute, minutes in ((0, 5), (5, 1), (6, 3), (9, 1), (10, 5))
    ]
    results = await _send(registered, [*parts, measurement(0, "POD-2"), measurement(1)])
    assert _outcomes(results) == ["accepted"] * 7


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """Collects the statements about measurements; the outbox goes on beside them."""
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "measurement" in statement:
            found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def test_ten_thousand_measurements_come_and_go_in_few_statements(registered: World) -> None:
    """What takes time is statements and turns to the disk: they do not grow with the readings."""
    pods = [{"podId": f"MANY-{n}", "aggregatorId": "ACEAE"} for n in range(100)]
    await registered["ACEAE"].post("/api/scd/pods", json=pods)
    items = [measurement(slot, pod["podId"]) for pod in pods for slot in range(100)]
    with counted_statements() as storing:
        assert set(_outcomes(await _send(registered, items))) == {"accepted"}
    with counted_statements() as reading:
        answer = await registered["ACEAE"].get(PATH)
    assert len(answer.json()["measurements"]) == 10_000
    assert set(_outcomes(await _send(registered, items))) == {"alreadySubmitted"}
    assert 0 < len(storing) < 95, len(storing)  # ten batches, each with new devices
    assert 0 < len(reading) < 5, len(reading)


@pytest.mark.sqlite_only
async def test_an_answer_that_would_be_too_large_is_refused(registered: World) -> None:
    first_s = int(datetime(2021, 1, 1, tzinfo=UTC).timestamp())
    message = (2021 - 1970) * 12 * 2**32  # the first of January 2021
    rows = [(first_s + 60 * n, 1, message, 1, 1, 1, False, None) for n in range(100_001)]
    sql = "INSERT INTO measurement VALUES (?,?,?,?,?,?,?,?)"
    named = """
INSERT INTO measurement_pod VALUES (1, 'POD-1');
INSERT INTO measurement_device VALUES (1, 1, '0x5A');
"""
    shared = "INSERT INTO measurement_message VALUES (?, 1, 0, 1, 0, 0, x'00', 'cert', NULL)"

    def insert() -> None:  # in a thread: what the server writes meanwhile can go on
        with closing(sqlite3.connect(registered.folder / "customers.db")) as database, database:
            database.executescript(named)
            database.execute(shared, (message,))
            database.executemany(sql, rows)

    await asyncio.to_thread(insert)
    answer = await registered["MO"].get(PATH)
    assert _slug(answer) == (413, "answer-too-large")
    assert answer.json()["limit"] == 100_000
    narrowed = await registered["MO"].get(PATH, params={"from": "2021-01-01T00:01:00Z"})
    assert len(narrowed.json()["measurements"]) == 100_000


async def test_a_correction_is_the_next_version_and_all_are_kept(registered: World) -> None:
    estimate = measurement(0, quality="estimated", energyWh=100)
    measured = measurement(0, energyWh=90, certificationId="cert-2")
    corrected = measurement(0, energyWh=80, certificationId="cert-3", revision=1)
    assert _outcomes(await _send(registered, [estimate])) == ["accepted"]
    assert _outcomes(await _send(registered, [measured, estimate, measured])) == [
        "accepted",
        "alreadySubmitted",
        "alreadySubmitted",
    ]
    assert _outcomes(await _send(registered, [corrected, measurement(1)])) == ["accepted"] * 2
    assert _outcomes(await _send(registered, [estimate | {"energyWh": 1}])) == [
        "measurement-differs"
    ]
    read = (await registered["MO"].get(PATH)).json()["measurements"]
    assert [(m["energyWh"], m["version"]) for m in read] == [(80, 3), (569_637, 1)]
    params = {"versions": "all", "to": measurement(1)["startTime"]}
    read = (await registered["MO"].get(PATH, params=params)).json()["measurements"]
    assert [(m["energyWh"], m["version"]) for m in read] == [(100, 1), (90, 2), (80, 3)]
    wrong = await registered["MO"].get(PATH, params={"versions": "first"})
    assert _slug(wrong) == (422, "query-malformed")


async def test_versions_that_come_together_count_in_their_order(registered: World) -> None:
    both = [measurement(0, quality="estimated"), measurement(0, energyWh=7)]
    assert _outcomes(await _send(registered, both)) == ["accepted"] * 2
    (read,) = (await registered["MO"].get(PATH)).json()["measurements"]
    assert (read["energyWh"], read["version"]) == (7, 2)


async def test_an_hour_and_its_quarter_hours_are_kept_both(registered: World) -> None:
    hour = measurement(0, durationMinutes=60, energyWh=4)
    assert _outcomes(await _send(registered, [hour, measurement(1)])) == ["accepted"] * 2
    assert _outcomes(await _send(registered, [measurement(2), hour])) == [
        "accepted",
        "alreadySubmitted",
    ]


async def test_reactive_energy_is_kept(registered: World) -> None:
    await _send(registered, [measurement(0, reactiveEnergyVarh=-3)])
    (read,) = (await registered["MO"].get(PATH)).json()["measurements"]
    assert read["reactiveEnergyVarh"] == -3
