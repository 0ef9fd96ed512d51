"""Profiles and forecasts over REST, from measurements in a real customer database."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

FED, BARE = "IT002E60976796", "IT002E60499620"
ITALY = {"country": "IT", "subdivision": "RM"}
FIRST = datetime(2021, 5, 2, 22, tzinfo=UTC)  # midnight of Monday 3 May in Rome
DAYS = 50
NOW = "2021-06-22T13:00:00+00:00"


def walls() -> list[datetime]:
    """Rome is two hours ahead of UTC all this time."""
    return [FIRST + timedelta(hours=2, minutes=15 * n) for n in range(96 * DAYS)]


def energy_wh(wall: datetime) -> int:
    """A working day at 40 to 136 kW, other days at a tenth of that."""
    is_off = wall.weekday() >= 5 or (wall.month, wall.day) in {(6, 2), (6, 1)}
    kw = 40 + wall.hour * 4 + wall.minute // 15
    return kw * 250 // (10 if is_off else 1)


async def give_measurements(world: Any) -> None:
    rows = [
        {
            "podId": FED,
            "startTime": (FIRST + number * timedelta(minutes=15)).isoformat(),
            "durationMinutes": 15,
            "energyWh": energy_wh(wall) if number != 100 else 999_999,
            "quality": "simulated" if number != 100 else "estimated",
            "device": "0x" + "ab" * 20,
            "sequence": number,
            "certificationId": f"c-{number}",
            "certificationHash": "0" * 64,
            "receivedAt": NOW,
        }
        for number, wall in enumerate(walls())
    ]
    answer = await world.call("MDA", "POST", "/api/scd/measurements", {"measurements": rows})
    assert {each["status"] for each in answer.json()["results"]} == {"accepted"}


async def test_profiles_are_made_of_measurements_and_read(world: Any) -> None:
    await world.prepare()
    await give_measurements(world)
    question = {
        "startTime": FIRST.isoformat(),
        "endTime": NOW,
        "calendar": ITALY,
        "podIds": [FED, BARE],
    }
    made = await world.call("DSO", "POST", "/api/dso/profiles", question)
    assert made.status_code == 201, made.text
    content = made.json()
    assert content["consumers"] == 1
    assert content["withoutMetering"] == [BARE]
    assert {each["kind"]: each["count"] for each in content["remarks"]} == {"quality": 1, "gap": 1}

    await world.restart()
    answer = await world.call("DSO", "GET", "/api/dso/profiles/curves", consumer=FED)
    found = answer.json()
    assert (found["zone"], found["setNumber"]) == ("Europe/Rome", content["number"])
    curves = {(each["month"], each["dayKind"]): each for each in found["curves"]}
    assert len(curves) == 36
    may = curves[5, "working"]
    assert may["basis"] == "own"
    assert may["meanKw"] == pytest.approx([40.0 + n for n in range(96)])
    assert set(may["count"]) == {20, 21}  # 21 working days, one value was left out
    assert may["quantiles"][1] == {"level": 0.5, "kw": pytest.approx(may["meanKw"])}
    assert curves[6, "preHoliday"]["basis"] == "own"  # 1, 5, 12 and 19 June
    assert curves[6, "preHoliday"]["meanKw"] == pytest.approx(np.arange(40, 136) / 10, abs=0.01)
    assert curves[12, "holiday"]["basis"] == "year"

    for party, status in (("AUDITOR", 200), ("TSO", 403), ("ACEAE", 403)):
        answer = await world.call(party, "GET", "/api/dso/profiles/curves", consumer=FED)
        assert answer.status_code == status, party
    answer = await world.call("DSO", "GET", "/api/dso/profiles/curves", consumer=BARE)
    assert (answer.status_code, answer.json()["type"][-15:]) == (404, "profile-missing")


async def test_a_forecast_comes_with_its_error(world: Any) -> None:
    await world.prepare()
    await give_measurements(world)
    question = {"podIds": [FED, BARE], "calendar": ITALY, "history_days": 60}
    refused = await world.call("DSO", "POST", "/api/dso/consumerForecast", question)
    assert refused.json()["type"].endswith("malformed-message")
    question = {"podIds": [FED, BARE], "calendar": ITALY, "historyDays": 60, "testDays": 10}
    answer = await world.call("DSO", "POST", "/api/dso/consumerForecast", question)
    assert answer.status_code == 200, answer.text
    (forecast,) = answer.json()["forecasts"]
    assert answer.json()["withoutMetering"] == [BARE]
    assert datetime.fromisoformat(forecast["startTime"]) == datetime.fromisoformat(NOW)
    assert len(forecast["values"]) == 36 + 2 * 96  # from 15:00 in Rome to the end of 24 June
    first = datetime.fromisoformat(NOW) + timedelta(hours=2)
    right = [energy_wh(first + n * timedelta(minutes=15)) / 250 for n in range(36 + 192)]
    assert forecast["values"] == pytest.approx(right, abs=0.5)
    errors = {(each["model"], each["daysAhead"]): each for each in forecast["errors"]}
    assert {model for model, _ in errors} >= {"regression", "yesterday", "lastWeek", "persistence"}
    assert errors[forecast["model"], 1]["count"] > 800
    assert errors[forecast["model"], 1]["skill"]["yesterday"] > 0.9
    low, high = (each["kw"] for each in forecast["quantiles"])
    assert all(a <= b + 1e-9 for a, b in zip(low, high, strict=True))

    sun = question | {"follows": "sun"}
    refused = await world.call("DSO", "POST", "/api/dso/consumerForecast", sun)
    assert refused.json()["type"].endswith("metering-invalid")
    sun |= {"site": {"latitudeDeg": 41.9, "longitudeDeg": 12.5}, "podIds": [FED]}
    answer = await world.call("DSO", "POST", "/api/dso/consumerForecast", sun)
    assert {each["model"] for each in answer.json()["forecasts"][0]["errors"]} == {
        "clearSky", "recentDays", "yesterday", "lastWeek", "persistence",
    }  # fmt: skip


async def test_profiles_of_a_metering_file(world: Any) -> None:
    file = io.StringIO()
    file.write("time,consumer,absorbed_kwh,generated_kwh,q_kvar\n")
    for number in range(96 * 8):
        time = FIRST + number * timedelta(minutes=15)
        file.write(f"{time.isoformat()},load/5,{number % 96},10,3\n")
    path = "/api/dso/profiles/metering"
    made = await world.call(
        "DSO", "POST", path, file.getvalue().encode(), country="IT", localDay="05-04", minDays="1"
    )
    assert made.status_code == 201, made.text
    answer = await world.call("DSO", "GET", "/api/dso/profiles/curves", consumer="load/5")
    curves = {(each["month"], each["dayKind"]): each for each in answer.json()["curves"]}
    expected = [4.0 * (n - 10) for n in range(96)]
    for kind in ("working", "preHoliday", "holiday"):
        assert curves[5, kind]["meanKw"] == pytest.approx(expected)
        assert curves[5, kind]["meanKvar"] == pytest.approx([3.0] * 96)
    assert [curves[5, kind]["count"][0] for kind in ("working", "preHoliday", "holiday")] == [
        4,
        2,
        2,
    ]

    again = await world.call("DSO", "POST", path, file.getvalue().encode(), country="IT")
    sets = (await world.call("DSO", "GET", "/api/dso/profiles")).json()["sets"]
    assert [each["number"] for each in sets] == [again.json()["number"]]

    for content, named in ((b"time,consumer\n", "p_kw"), (b"\xff\xfe", "UTF-8")):
        refused = await world.call("DSO", "POST", path, content, country="IT")
        assert refused.status_code in {400, 422}
        assert named in refused.json()["detail"]
    refused = await world.call("DSO", "POST", path, file.getvalue().encode(), country="XX")
    assert refused.json()["type"].endswith("calendar-invalid")


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("profiles", {"startTime": "0001-01-01T00:00:00+05:00", "endTime": NOW}),
        ("profiles", {"startTime": NOW, "endTime": "9999-12-31T23:59:00-05:00"}),
        ("profiles", {"startTime": NOW, "endTime": NOW}),
        ("consumerForecast", {"podIds": [FED], "startTime": "0001-01-01T00:00:00+05:00"}),
        ("consumerForecast", {"podIds": [FED], "startTime": "9999-12-31T23:59:00-05:00"}),
        (
            "consumerForecast",
            {
                "podIds": [FED],
                "follows": "sun",
                "weather": {"startTime": "2021-06-22T00:07:00Z", "values": [1.0]},
            },
        ),
    ],
)
async def test_times_that_cannot_be_are_refused(
    world: Any, path: str, change: dict[str, Any]
) -> None:
    await world.prepare()
    answer = await world.call("DSO", "POST", f"/api/dso/{path}", {"calendar": ITALY} | change)
    assert answer.status_code in {400, 422}, answer.text
    assert answer.json()["detail"]


async def test_a_file_of_too_many_consumers_is_refused(world: Any) -> None:
    rows = "".join(f"2021-06-22T22:00:00Z,c{number},1\n" for number in range(2001))
    content = ("time,consumer,p_kw\n" + rows).encode()
    answer = await world.call(
        "DSO", "POST", "/api/dso/profiles/metering", content, country="IT", minDays="1"
    )
    assert answer.json()["type"].endswith("metering-invalid")
    assert "2001 consumers" in answer.json()["detail"]


async def test_a_file_counts_empty_qualities_over_rest_as_in_the_library(world: Any) -> None:
    rows = "".join(
        f"2021-06-22T{hour:02}:{minute:02}:00Z,c,4,\n"
        for hour in range(24)
        for minute in (0, 15, 30, 45)
    )
    content = ("time,consumer,p_kw,quality\n" + rows).encode()
    made = await world.call("DSO", "POST", "/api/dso/profiles/metering", content, country="IT")
    assert (made.status_code, made.json()["remarks"]) == (201, [])


async def test_measurements_of_every_minute_come_in_parts(world: Any) -> None:
    await world.prepare()
    first = datetime(2021, 4, 1, tzinfo=UTC)
    each = {"durationMinutes": 1, "quality": "measured", "device": "0x" + "ab" * 20}
    rest = {"certificationHash": "0" * 64, "receivedAt": NOW, "energyWh": 50}
    total = 101_000  # more than one answer of customers holds
    for start in range(0, total, 50_500):
        rows = [
            each
            | rest
            | {
                "podId": FED,
                "startTime": (first + number * timedelta(minutes=1)).isoformat(),
                "sequence": number,
                "certificationId": f"c-{number}",
            }
            for number in range(start, start + 50_500)
        ]
        await world.call("MDA", "POST", "/api/scd/measurements", {"measurements": rows})
    question = {
        "startTime": first.isoformat(),
        "endTime": NOW,
        "calendar": ITALY,
        "podIds": [FED],
    }
    made = await world.call("DSO", "POST", "/api/dso/profiles", question)
    assert made.status_code == 201, made.text
    answer = await world.call("DSO", "GET", "/api/dso/profiles/curves", consumer=FED)
    curves = {(each["month"], each["dayKind"]): each for each in answer.json()["curves"]}
    assert curves[5, "working"]["meanKw"] == pytest.approx([3.0] * 96)  # 50 Wh a minute


async def test_a_customer_who_has_left_is_not_profiled(world: Any) -> None:
    await world.prepare()
    question = {"startTime": FIRST.isoformat(), "endTime": NOW, "calendar": ITALY}
    before = (await world.call("DSO", "POST", "/api/dso/profiles", question)).json()
    assert FED in before["withoutMetering"]
    (pod,) = [
        each
        for each in (await world.call("DSO", "GET", "/api/scd/pods")).json()["pods"]
        if each["podId"] == FED
    ]
    left = pod | {"actionType": "delete"}
    answer = await world.call(pod["aggregatorId"], "POST", "/api/scd/pods", left)
    assert answer.status_code < 300, answer.text
    after = (await world.call("DSO", "POST", "/api/dso/profiles", question)).json()
    assert FED not in after["withoutMetering"]
    assert len(after["withoutMetering"]) == len(before["withoutMetering"]) - 1
