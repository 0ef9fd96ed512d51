"""A platform that the market does not call reads the market's topics, from where it was."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from sqlalchemy import create_engine, text
from tests.records import RecordsAt

from platone.aggregator.context import Aggregator
from platone.infra.http.client import PartyClient

TOPIC = "validated_outcome_ACEAE"
SESSION = {"marketType": "dayAhead", "startTime": "2021-06-22T22:00:00Z"}


def outcome(name: str, *totals: float) -> dict[str, Any]:
    trades = [
        {
            "index": 50,
            "acceptedPValue": total,
            "acceptedPChange": -10.0,
            "acceptedPPrice": 0.03,
            "playerServiceId": "offer",
            "playerRequestId": "DSO",
            "playerOfferId": "ACEAE",
        }
        for total in totals
    ]
    return SESSION | {
        "marketOutcome": name,
        "duration": 24,
        "interval": 15,
        "outputHash": "0" * 64,
        "flexibility": [{"pod": "POD-1", "power": trades}],
    }


class Market:
    """A market whose feeds tell what is in their topics, and end."""

    def __init__(self) -> None:
        self.topics: dict[str, list[Any]] = {}
        self.asked_after: list[int] = []
        self.setpoints: list[Any] = []
        self.is_away = False
        self.app = FastAPI()
        self.app.add_route("/oauth2/token", self.token, methods=["POST"])
        self.app.add_route("/api/topics/{topic}", self.feed)
        self.app.add_route("/api/dso/setpoints", self.take, methods=["POST"])

    async def token(self, _request: Request) -> StreamingResponse:
        told = {"access_token": "t", "token_type": "Bearer", "expires_in": 600, "scope": ""}
        return StreamingResponse(iter([json.dumps(told)]), media_type="application/json")

    async def take(self, request: Request) -> StreamingResponse:
        self.setpoints.append(json.loads(await request.body()))
        return StreamingResponse(iter(["{}"]), media_type="application/json")

    async def feed(self, request: Request) -> StreamingResponse:
        topic, after = request.path_params["topic"], int(request.headers["Last-Event-ID"])
        if topic == TOPIC:
            self.asked_after.append(after)
        status = 503 if self.is_away else 200
        return StreamingResponse(self._events(topic, after), status, media_type="text/event-stream")

    async def _events(self, topic: str, after: int) -> AsyncIterator[str]:
        yield ": waiting\n\n"
        for place, content in enumerate(self.topics.get(topic, [])[after:], after + 1):
            at = "2021-06-22T13:30:00Z"
            told = {"offset": place, "topic": topic, "publishedAt": at, "content": content}
            yield f"id: {place}\ndata: {json.dumps(told)}\n\n"
        await asyncio.sleep(0.1)


@pytest.fixture
async def market() -> Market:
    return Market()


@pytest.fixture
async def started(
    tmp_path: Path, market: Market, clock: Any, desk: Any, records_at: RecordsAt
) -> AsyncIterator[Callable[[], Any]]:
    http = httpx.AsyncClient(transport=httpx.ASGITransport(market.app), base_url="https://market")
    running: list[Aggregator] = []

    async def start() -> Aggregator:
        clients = {"ACEAE": PartyClient(http, "ACEAE", "secret")}
        url = records_at(tmp_path / "own.db")
        running.append(Aggregator(url, clients, clock, desk, follows=True))
        await running[-1].start()
        return running[-1]

    yield start
    for each in running:
        await each.stop()
    await http.aclose()


def rows(tmp_path: Path, query: str) -> list[Any]:
    engine = create_engine(f"sqlite:///{tmp_path / 'own.db'}")
    with engine.connect() as connection:
        found = connection.execute(text(query)).all()
    engine.dispose()
    return [tuple(row) for row in found]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.02)


async def test_a_message_that_cannot_be_taken_holds_up_no_other(
    market: Market, started: Any, tmp_path: Path
) -> None:
    market.topics[TOPIC] = [
        {"not": "an outcome"},
        outcome("contradicts-itself", 90.0, 91.0),
        outcome("good", 90.0),
    ]
    await started()
    await until(lambda: len(market.setpoints) == 1)
    assert market.setpoints[0]["setpoints"][0]["powerKw"] == 90.0
    await until(lambda: rows(tmp_path, "select read_to from feed") == [(3,)])
    aside = rows(tmp_path, "select topic, place from set_aside order by place")
    assert aside == [(TOPIC, 1), (TOPIC, 2)]


async def test_what_came_while_it_was_down_is_read_when_it_is_up(
    market: Market, started: Any, tmp_path: Path
) -> None:
    market.topics[TOPIC] = [outcome("first", 90.0)]
    first = await started()
    await until(lambda: rows(tmp_path, "select read_to from feed") == [(1,)])
    await until(lambda: len(market.setpoints) == 1)
    await first.stop()
    market.topics[TOPIC] += [outcome("second", 80.0), outcome("third", 70.0)]
    await started()
    await until(lambda: len(market.setpoints) == 3)
    assert 1 in market.asked_after
    told = [each["setpoints"][0]["powerKw"] for each in market.setpoints]
    assert told == [90.0, 80.0, 70.0]


async def test_a_message_that_comes_again_changes_nothing(
    market: Market, started: Any, tmp_path: Path
) -> None:
    market.topics[TOPIC] = [outcome("first", 90.0)]
    first = await started()
    await until(lambda: len(market.setpoints) == 1)
    await first.stop()
    # as a kill leaves it between taking a message and noting that it is read
    engine = create_engine(f"sqlite:///{tmp_path / 'own.db'}")
    with engine.begin() as connection:
        connection.execute(text("delete from feed"))
    engine.dispose()
    await started()
    await until(lambda: rows(tmp_path, "select read_to from feed") == [(1,)])
    await asyncio.sleep(0.2)
    assert len(market.setpoints) == 1


async def test_a_market_that_is_away_is_waited_for(market: Market, started: Any) -> None:
    market.is_away = True
    market.topics[TOPIC] = [outcome("first", 90.0)]
    running = await started()

    def state() -> dict[str, str]:
        return {each.name: each.state.value for each in running.supervisor.health()}

    await until(lambda: state()[f"aggregator.feed {TOPIC}"] == "failing")
    market.is_away = False
    await until(lambda: len(market.setpoints) == 1)
