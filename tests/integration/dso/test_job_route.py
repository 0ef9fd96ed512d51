"""Calculations over REST as jobs: queue, place, result in pages, cancelling, other parties."""

import asyncio
import json
import os
import signal
from typing import Any

import pytest

from platone.infra.calculation.desk import CalculationBounds
from platone.infra.calculation.process import ProcessBounds

DAY = {"startTime": "2021-06-23T10:30:00Z"}
POWER_FLOW = ("POST", "/api/dso/powerFlow", DAY)
ASYNC = {"Prefer": "respond-async"}


@pytest.fixture
def calculations() -> CalculationBounds:
    return CalculationBounds(processes=1, queue=2, process=ProcessBounds(nice=0))


async def ended(world: Any, job: str) -> Any:
    async def found() -> Any:
        told = (await world.call("DSO", "GET", job)).json()
        return told if told["state"] in {"done", "failed"} else None

    return await world.until(found)


async def stop_process(world: Any) -> int:
    """Hold the process that calculates, so that what is asked for waits or stays unfinished."""
    if not world.desk.processes:
        assert await world.desk.run(pow, 2, 3) == 8
    (process,) = world.desk.processes
    os.kill(process, signal.SIGSTOP)
    return int(process)


async def runs(world: Any, job: str) -> None:
    async def is_running() -> bool:
        return bool((await world.call("DSO", "GET", job)).json()["state"] == "running")

    await world.until(is_running)


async def asked(world: Any) -> str:
    answer = await world.call("DSO", *POWER_FLOW, headers=ASYNC)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/api/dso/jobs/{answer.json()['id']}"
    return str(answer.headers["location"])


async def test_a_job_gives_what_the_call_gives_and_pages_of_it(world: Any) -> None:
    await world.prepare()
    at_once = await world.call("DSO", *POWER_FLOW)
    assert at_once.status_code == 200, at_once.text
    job = await asked(world)
    told = await ended(world, job)
    assert (told["state"], told["result"]) == ("done", f"{job}/result")
    result = await world.call("DSO", "GET", told["result"])
    assert result.content == at_once.content
    whole = result.json()
    assert len(whole["results"]) == 96
    page = await world.call("DSO", "GET", told["result"], **{"from": "48", "count": "4"})
    assert page.json() == whole | {"results": whole["results"][48:52]}
    assert len(page.content) == int(page.headers["content-length"])
    direct = await world.call("DSO", *POWER_FLOW, **{"from": "95"})
    assert direct.json() == whole | {"results": whole["results"][95:]}


async def placed(world: Any, job: str, place: int) -> None:
    async def has_place() -> bool:
        told = (await world.call("DSO", "GET", job)).json()
        return bool((told["state"], told["place"]) == ("queued", place))

    await world.until(has_place)


async def test_jobs_have_a_place_in_a_bounded_queue(world: Any) -> None:
    await world.prepare()
    process = await stop_process(world)
    jobs = [await asked(world)]
    await runs(world, jobs[0])
    for place in (1, 2):  # one after the other: those that gather at the same time may overtake
        jobs.append(await asked(world))
        await placed(world, jobs[-1], place)
    full = await world.call("DSO", *POWER_FLOW)
    assert full.status_code == 503, full.text
    assert full.json()["type"] == "/problems/calculation-queue-full"
    assert full.headers["retry-after"] == "5"
    assert {f"/api/dso/jobs/{each['id']}" for each in await listed(world)} == set(jobs)
    # while calculations run and wait, everything else is answered
    assert (await world.call("DSO", "GET", "/api/dso/networks")).status_code == 200
    assert (await world.call("DSO", "DELETE", jobs[1])).status_code == 204
    assert (await world.call("DSO", "GET", jobs[1])).status_code == 404
    os.kill(process, signal.SIGCONT)
    assert (await ended(world, jobs[0]))["state"] == "done"
    assert (await ended(world, jobs[2]))["state"] == "done"


async def listed(world: Any) -> list[Any]:
    found: list[Any] = (await world.call("DSO", "GET", "/api/dso/jobs")).json()["jobs"]
    return found


async def test_a_killed_process_fails_its_job_and_no_other(world: Any) -> None:
    await world.prepare()
    process = await stop_process(world)
    first = await asked(world)
    unfinished = await world.call("DSO", "GET", f"{first}/result")
    told = unfinished.status_code, unfinished.json()["type"]
    assert told == (425, "/problems/job-unfinished")
    await runs(world, first)
    second = await asked(world)
    os.kill(process, signal.SIGKILL)
    told = await ended(world, first)
    assert told["problem"]["type"] == "/problems/calculation-lost"
    result = await world.call("DSO", "GET", f"{first}/result")
    assert (result.status_code, result.json()) == (503, told["problem"])
    assert (await ended(world, second))["state"] == "done"


async def test_a_running_job_is_cancelled_by_force(world: Any) -> None:
    await world.prepare()
    await stop_process(world)
    job = await asked(world)
    await runs(world, job)
    assert (await world.call("DSO", "DELETE", job)).status_code == 204
    assert (await world.call("DSO", *POWER_FLOW)).status_code == 200
    assert await listed(world) == []


async def test_a_job_is_its_caller_s_alone(world: Any) -> None:
    await world.prepare()
    job = await asked(world)
    await ended(world, job)
    for party in ("TSO", "AUDITOR", "ACEAE"):
        for method, path in (("GET", job), ("GET", f"{job}/result"), ("DELETE", job)):
            answer = await world.call(party, method, path)
            assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-job")
        assert (await world.call(party, "GET", "/api/dso/jobs")).json() == {
            "next": None,
            "jobs": [],
        }
    assert (await world.call("DSO", "GET", job)).status_code == 200


async def test_what_is_wrong_is_told_by_the_job(world: Any) -> None:
    answer = await world.call("DSO", *POWER_FLOW, headers=ASYNC)
    told = await ended(world, answer.headers["location"])
    assert told["state"] == "failed"
    assert told["problem"]["type"] == "/problems/network-missing"


async def test_after_a_restart_jobs_are_gone_and_new_ones_work(world: Any) -> None:
    await world.prepare()
    job = await asked(world)
    await ended(world, job)
    await world.restart()
    assert (await world.call("DSO", "GET", job)).json()["type"] == "/problems/unknown-job"
    assert (await ended(world, await asked(world)))["state"] == "done"


async def test_a_caller_that_hangs_up_leaves_no_calculation(world: Any) -> None:
    await world.prepare()
    process = await stop_process(world)
    call = asyncio.create_task(world.call("DSO", *POWER_FLOW))

    async def is_taken() -> bool:
        return [each["state"] for each in await listed(world)] == ["running"]

    await world.until(is_taken)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert await listed(world) == []

    async def is_freed() -> bool:
        return process not in world.desk.processes

    await world.until(is_freed)


async def test_every_alarm_of_a_job_is_stored(world: Any) -> None:
    await world.prepare()
    job = await asked(world)
    result = await world.call("DSO", "GET", (await ended(world, job))["result"])
    alarms = await world.call("DSO", "GET", "/api/dso/alarms", **DAY)
    assert json.loads(alarms.content)["alarms"] == result.json()["alarms"] != []
