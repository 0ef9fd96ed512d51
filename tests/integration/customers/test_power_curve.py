"""Thinned curves lose no extreme and no energy: compared with all readings, added up here."""

import random
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import pytest

from .conftest import START
from .test_measurement_store import measurement

pytestmark = pytest.mark.both_databases

PATH = "/api/scd/powerCurves"
CLOCK_CHANGE = {"podId": "POD-1", "from": "2021-10-30T22:00:00Z", "to": "2021-10-31T23:00:00Z"}
"""A day of 25 hours in Rome."""


async def stored(registered: Any, *readings: dict[str, Any]) -> None:
    answer = await registered["MDA"].post("/api/scd/measurements", json={"measurements": readings})
    assert {each["status"] for each in answer.json()["results"]} == {"accepted"}, answer.text


async def curve(registered: Any, party: str = "MDA", **asked: Any) -> dict[str, Any]:
    answer = await registered[party].get(PATH, params=CLOCK_CHANGE | asked)
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["curves"]
    return dict(found)


@pytest.mark.parametrize(
    ("steps", "minutes"), [(100, 15), (99, 30), (25, 60), (13, 120), (1, 2880)]
)
async def test_thinning_keeps_extremes_and_energy(
    registered: Any, steps: int, minutes: int
) -> None:
    chance = random.Random(7)  # noqa: S311 - the same readings each time
    energies = [chance.randint(-4000, 4000) for _ in range(100)]
    await stored(registered, *(measurement(n, energyWh=wh) for n, wh in enumerate(energies)))
    found = await curve(registered, steps=steps)
    assert found["stepMinutes"] == minutes

    def step_of(item: tuple[int, int]) -> datetime:
        at = START + timedelta(minutes=15 * item[0])
        since = int(at.timestamp()) // 60
        return at - timedelta(minutes=since % minutes)

    parts = [[wh for _, wh in each] for _, each in groupby(enumerate(energies), step_of)]
    assert found["leastKw"] == pytest.approx([min(each) * 4 / 1000 for each in parts])
    assert found["mostKw"] == pytest.approx([max(each) * 4 / 1000 for each in parts])
    assert sum(found["drawnKwh"]) == pytest.approx(sum(wh for wh in energies if wh > 0) / 1000)
    assert sum(found["fedKwh"]) == pytest.approx(-sum(wh for wh in energies if wh < 0) / 1000)
    assert found["meanKw"] == pytest.approx([sum(each) * 4 / 1000 / len(each) for each in parts])


async def test_what_was_not_measured_is_a_gap(registered: Any) -> None:
    await stored(registered, measurement(3), measurement(6))
    found = await curve(registered)
    assert found["startTime"] == "2021-10-30T22:45:00Z"
    assert [value is None for value in found["meanKw"]] == [False, True, True, False]


async def test_long_readings_make_long_steps(registered: Any) -> None:
    await stored(registered, measurement(0), measurement(4, durationMinutes=60, energyWh=1000))
    found = await curve(registered)
    assert (found["stepMinutes"], found["meanKw"][1]) == (60, 1.0)


async def test_a_corrected_reading_counts_once(registered: Any) -> None:
    await stored(registered, measurement(0), measurement(0, revision=1, energyWh=500))
    assert (await curve(registered))["drawnKwh"] == [0.5]


@pytest.mark.parametrize("steps", ["0", "10001", "many", "-1", "1.5"])
async def test_a_wrong_number_of_steps_is_named(registered: Any, steps: str) -> None:
    answer = await registered["MDA"].get(PATH, params=CLOCK_CHANGE | {"steps": steps})
    assert answer.status_code == 422
    assert "steps" in answer.json()["detail"]


async def test_a_foreign_curve_is_refused(registered: Any) -> None:
    await stored(registered, measurement(0))
    answer = await registered["ACEAE_2"].get(PATH, params=CLOCK_CHANGE)
    assert answer.status_code == 403
