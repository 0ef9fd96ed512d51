"""Calls in a person's name: what is still calculated is told as that, and never shown as a page."""

import json

import httpx
import pytest

from platone.dashboard.domain.problem import StillCalculated
from platone.dashboard.service.person_call import PersonCalls
from platone.messages.grid import Alarms

JOB = {
    "id": "j1",
    "what": "GET /api/dso/networks/n/heatMap",
    "state": "queued",
    "madeAt": "2021-06-23T10:30:00Z",
    "place": 3,
}


def calls(asked: list[httpx.Request], status: int, body: object) -> PersonCalls:
    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(status, content=json.dumps(body).encode())

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="https://server")
    return PersonCalls(http, "token", "2021-7")


async def test_what_takes_longer_than_a_page_waits_is_told_by_its_job() -> None:
    asked: list[httpx.Request] = []
    for ask in (
        calls(asked, 202, JOB).fetch("/api/dso/networks/n/heatMap", accept="image/svg+xml"),
        calls(asked, 202, JOB).get("/api/dso/alarms", Alarms),
        calls(asked, 202, JOB).seen("/api/dso/alarms", Alarms),
    ):
        with pytest.raises(StillCalculated) as told:
            await ask
        assert told.value.job == "j1"
    assert [each.headers.get("prefer") for each in asked] == [None] * 3  # a page waits


async def test_a_calculation_is_begun_without_waiting() -> None:
    asked: list[httpx.Request] = []
    job = await calls(asked, 202, JOB).begin("/api/dso/outages", {"startTime": "x"})
    assert (job.id, job.place) == ("j1", 3)
    (request,) = asked
    assert request.headers["prefer"] == "respond-async"
    assert request.headers["authorization"] == "Bearer token"
    assert json.loads(request.content) == {"startTime": "x"}


async def test_a_person_gets_the_whole_of_a_list_that_comes_in_parts() -> None:
    """Of statements, too, whose opening balance stands in each part."""
    parts = {
        "": {"opening": "1.5", "entries": [{"n": 1}, {"n": 2}], "next": "2"},
        "2": {"opening": "1.5", "entries": [{"n": 3}], "next": "3"},
        "3": {"opening": "1.5", "entries": [{"n": 4}], "next": None},
    }

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.params["month"] == "2021-06"
        return httpx.Response(200, json=parts[request.url.params.get("after", "")])

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="https://server")
    found = json.loads(await PersonCalls(http, "token").whole("/api/x", {"month": "2021-06"}))
    assert [each["n"] for each in found["entries"]] == [1, 2, 3, 4]
    assert (found["opening"], found["next"]) == ("1.5", None)


async def test_what_is_no_list_in_parts_stays_as_rest_gave_it() -> None:
    bodies: list[object] = [{"balance": 1.0}, [1, 2], {"entries": [], "next": None}]
    for body in bodies:
        got = await calls([], 200, body).whole("/api/x", {})
        assert got == json.dumps(body).encode()
