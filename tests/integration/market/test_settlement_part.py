"""A long outcome is settled by its parts: each message stays short, and the money is the same."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.integration.market.conftest import ITALIAN_PODS, Desk, OtherParties
from tests.integration.market.test_outcome_part import (
    CHEAP,
    INDICES,
    MIDDLE,
    TO_DSO,
    answer_of,
    cleared,
)
from tests.integration.market.test_settlement_recording import _check_same_bytes

from platone.infra.packed import unpack
from platone.market.domain.rules import MarketRules

DAY = datetime(2021, 6, 22, 22, tzinfo=UTC)
TO_AGGREGATOR = "POST /api/aggregator/settlement"
LACKS = (CHEAP, 20)
"""A point of delivery and quarter-hour of which no reading comes."""
REASONABLE_PARTS = 4
"""Of the twenty quarter-hours that are asked for, half are traded; so few parts hold them."""


@asynccontextmanager
async def sold(folder: Path, longest: int) -> AsyncIterator[tuple[Desk, str]]:
    """A validated session whose outcome goes in parts from so many bytes on."""
    others = OtherParties()
    rules = MarketRules(longest_outcome=longest)
    desk = Desk(folder, others, datetime(2021, 6, 22, 10, tzinfo=UTC), rules)
    await desk.market.start()
    try:
        await desk.tick()
        pods = [pod for pod, _ in ITALIAN_PODS]
        await desk.call("MDA", "POST", "/api/podRegistry", {"pods": pods})
        for pod, kw in ITALIAN_PODS:
            others.baselines[str(pod["podId"])] = [kw] * 96
        name = await cleared(desk)
        for part in others.bodies(TO_DSO):
            told = await desk.call("DSO", "POST", "/api/technicalOutcome", answer_of(part))
            assert told.status_code == 201, told.text
        await desk.deliver()
        yield desk, name
    finally:
        await desk.market.stop()


def read(desk: Desk, at: int, version: int = 0, wh: int = 0) -> None:
    """The meters of a quarter-hour, each with what is told in its baseline less a tenth."""
    for pod, kw in ITALIAN_PODS:
        name = str(pod["podId"])
        if name in (CHEAP, MIDDLE) and (name, at) != LACKS:
            more = {"revision": version, "version": version + 1} if version else {}
            energy_wh = round(kw * 250 * 0.9) + wh
            desk.others.read(name, DAY + at * timedelta(minutes=15), energy_wh, **more)


async def settled(desk: Desk) -> None:
    for at in INDICES:
        read(desk, at)
    for hour in range(0, 28, 2):
        await desk.tick(DAY + timedelta(hours=hour))
        for _ in range(4):  # so often it is looked before what lacks is told
            desk.market._run._patience.hurry()
            desk.market._run.look_again()
            await desk.tick()
    await desk.deliver()


def lines(settlement: dict[str, Any]) -> dict[tuple[str, str], tuple[Any, ...]]:
    names = "status", "requestedP", "measuredP", "paidP", "penaltyP", "customerTokens", "version"
    return {
        (pod["pod"], line["index"]): tuple(line.get(name) for name in names)
        for pod in settlement["flexibility"]
        for line in pod["power"]
    }


async def status(desk: Desk) -> str:
    sessions = (await desk.get("MO", "/api/marketSession"))["sessions"]
    return str(next(each["status"] for each in sessions if each["marketOutcome"]))


async def test_parts_come_to_the_same_money_as_the_whole(tmp_path: Path) -> None:
    found = []
    for folder, longest in ((tmp_path / "whole", 10**6), (tmp_path / "parts", 900)):
        folder.mkdir()
        async with sold(folder, longest) as (desk, name):
            await settled(desk)
            told = await desk.get("MO", f"/api/settlement/{name}")
            found.append((lines(told), await status(desk), desk.others.bodies(TO_AGGREGATOR)))
            assert told["marketOutcomeId"] == name
    (whole, as_whole, _), (parts, as_parts, sent) = found
    assert parts == whole
    assert as_parts == as_whole == "partlyPaid"
    assert sum(line[3] for line in parts.values()) > 0
    assert {line[0] for line in parts.values()} == {"settled", "missingMeasurement"}
    names = {each["marketOutcomeId"] for each in sent}
    assert len(names) >= REASONABLE_PARTS
    newest = {each["marketOutcomeId"]: lines(each) for each in sent}
    together: dict[tuple[str, str], tuple[Any, ...]] = {}
    for each in newest.values():
        assert not together.keys() & each.keys()
        together |= each
    assert together == parts


async def test_the_parts_of_a_window_read_its_day_and_its_readings_once(tmp_path: Path) -> None:
    found = []
    for folder, longest in ((tmp_path / "whole", 10**6), (tmp_path / "parts", 900)):
        folder.mkdir()
        async with sold(folder, longest) as (desk, name):
            for at in range(-4, 100):
                for pod, kw in ITALIAN_PODS:
                    start = DAY + at * timedelta(minutes=15)
                    desk.others.read(str(pod["podId"]), start, round(kw * 250) - at % 7 * 9)
            desk.others.spans_read.clear()
            for hour in range(0, 28, 2):
                await desk.tick(DAY + timedelta(hours=hour))
            told = await desk.get("MO", f"/api/settlement/{name}")
            found.append((told["flexibility"], sorted(desk.others.spans_read)))
    (whole, spans), (parts, spans_of_parts) = found
    for each in (line for pods in (whole, parts) for pod in pods for line in pod["power"]):
        del each["lineId"], each["certificationId"]  # which are named by outcome or part
        assert each["baseline"]["errorSamples"] > 0
    assert parts == whole
    assert spans_of_parts == spans


async def test_a_correction_is_told_with_its_part_only(tmp_path: Path) -> None:
    async with sold(tmp_path, 900) as (desk, name):
        await settled(desk)
        before = len(desk.others.bodies(TO_AGGREGATOR))
        read(desk, 5, version=1, wh=-1000)
        told = {"podId": CHEAP, "startTime": (DAY + timedelta(minutes=75)).isoformat()}
        body = {"corrections": [told | {"durationMinutes": 15}]}
        answer = await desk.call("MDA", "POST", "/api/measurementCorrections", body)
        assert answer.status_code == 200, answer.text
        await desk.deliver()
        again = desk.others.bodies(TO_AGGREGATOR)[before:]
        (part,) = {each["marketOutcomeId"] for each in again}
        assert part.startswith(f"{name}.")
        changed = {spot for each in again for spot, line in lines(each).items() if line[6] > 1}
        assert changed == {(CHEAP, "5")}
        whole = await desk.get("MO", f"/api/settlement/{name}")
        assert lines(whole)[CHEAP, "5"][6] > 1
        assert await status(desk) == "partlyPaid"


async def test_a_part_is_settled_again_to_the_same_bytes(tmp_path: Path) -> None:
    async with sold(tmp_path, 900) as (desk, name):
        await settled(desk)
        parts = {each["marketOutcomeId"] for each in desk.others.bodies(TO_AGGREGATOR)}
        for part in sorted(parts):
            again = await _check_same_bytes(desk, part)
            assert again["marketOutcomeId"] == part
        refused = await desk.call("MO", "GET", f"/api/settlement/{name}/recording")
        assert refused.status_code == 404
        assert all(part in refused.json()["detail"] for part in parts)


async def test_what_waits_is_told_and_tried_again_in_every_part(tmp_path: Path) -> None:
    async with sold(tmp_path, 900) as (desk, _):
        desk.others.agreed = set()
        await settled(desk)
        sessions = (await desk.get("MO", "/api/marketSession"))["sessions"]
        session = next(each for each in sessions if each["marketOutcome"])
        assert (session["status"], session["waitingFor"]) == ("notPaid", "MeteredDataAdministrator")
        desk.others.agreed = None
        path = f"/api/marketSession/{session['id']}/settlement"
        assert (await desk.call("MO", "POST", path)).status_code < 300
        await desk.deliver()
        assert await status(desk) == "partlyPaid"


@pytest.mark.parametrize("longest", [900, 10**6])
async def test_an_erased_person_leaves_no_recording_of_a_settlement(
    tmp_path: Path, longest: int
) -> None:
    async with sold(tmp_path, longest) as (desk, _):
        await settled(desk)
        inputs = desk.records("SELECT document FROM settlement_input")
        assert any(CHEAP.encode() in unpack(bytes(row[0])) for row in inputs)
        await desk.tick(DAY + timedelta(days=400))  # no reading or dispute is awaited any more
        await desk.deliver()
        order = {"erasureId": "e" * 32, "podIds": [CHEAP]}
        answer = await desk.call("MDA", "POST", "/api/market/erasures", order)
        assert answer.status_code == 200, answer.text
        inputs = desk.records("SELECT document FROM settlement_input")
        assert not any(CHEAP.encode() in unpack(bytes(row[0])) for row in inputs)


@pytest.mark.parametrize("longest", [900, 10**6])
async def test_the_sums_of_a_settled_session_outlive_an_erasure(
    tmp_path: Path, longest: int
) -> None:
    """Of a whole one and of one that is settled by its parts; also asked for again."""

    def sums(told: dict[str, Any]) -> list[float]:
        every = [line for pod in told["flexibility"] for line in pod["power"]]
        names = "paidP", "penaltyP", "customerTokens"
        return [math.fsum(float(line[name] or 0) for line in every) for name in names]

    async with sold(tmp_path, longest) as (desk, name):
        await settled(desk)
        before = await desk.get("MO", f"/api/settlement/{name}")
        own_before = await desk.get("ACEAE", f"/api/settlement/{name}")
        await desk.tick(DAY + timedelta(days=400))  # no reading or dispute is awaited any more
        await desk.deliver()
        order = {"erasureId": "e" * 32, "podIds": [CHEAP]}
        for _ in range(2):
            answer = await desk.call("MDA", "POST", "/api/market/erasures", order)
            assert answer.json()["state"] == "done"
        after = await desk.get("MO", f"/api/settlement/{name}")
        assert CHEAP not in str(after)
        assert sums(after) == pytest.approx(sums(before), abs=1e-12)
        own = await desk.get("ACEAE", f"/api/settlement/{name}")
        assert sums(own) == pytest.approx(sums(own_before), abs=1e-12)
        (rest,) = (pod["power"] for pod in after["flexibility"] if pod["pod"] == "erased")
        assert all(
            line["measuredP"] is None and "lineId" not in str(line["versions"]) for line in rest
        )
