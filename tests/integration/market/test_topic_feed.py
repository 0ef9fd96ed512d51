"""The topics as server-sent events, over a real server."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import uvicorn

from platone.messages.market import TopicMessage


async def _serve(app: Any) -> tuple[uvicorn.Server, asyncio.Task[None], int]:
    config = uvicorn.Config(app, port=0, log_level="warning", lifespan="off")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port: int = server.servers[0].sockets[0].getsockname()[1]
    return server, task, port


async def _events(answer: httpx.Response) -> AsyncIterator[TopicMessage]:
    async for line in answer.aiter_lines():
        if line.startswith("data: "):
            yield msgspec.json.decode(line[len("data: ") :], type=TopicMessage)


async def test_events_arrive_as_they_are_published(
    desk: Any, italian_services: Any, party_token: Any
) -> None:
    for each in italian_services[2:]:  # offers only: the session ends without the grid
        await desk.call(each["playerId"], "POST", "/api/flexibilityService", each)
    server, task, port = await _serve(desk.app)
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {party_token('ACEAE')}"}
    url = f"http://127.0.0.1:{port}/api/topics/validated_outcome_ACEAE"
    async with (
        asyncio.timeout(10),
        httpx.AsyncClient() as client,
        client.stream("GET", url, headers=headers) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        (session,) = (await desk.get("MO", "/api/marketSession?status=active"))["sessions"]
        closed = await desk.close(session["id"])
        message = await anext(_events(answer))
    assert message.offset == 1
    assert closed.json()["marketOutcome"].encode() in bytes(message.content)

    async with (
        asyncio.timeout(10),
        httpx.AsyncClient() as client,
        client.stream("GET", url, headers=headers | {"Last-Event-ID": "1"}) as answer,
    ):
        lines = [line async for line in _first_lines(answer, 2)]
    assert lines == [": waiting", ""]
    server.should_exit = True
    await task


async def test_a_stream_ends_with_its_token(desk: Any, party_token: Any) -> None:
    server, task, port = await _serve(desk.app)
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {party_token('ACEAE', 2)}"}
    url = f"http://127.0.0.1:{port}/api/topics/validated_outcome_ACEAE"
    async with (
        asyncio.timeout(20),
        httpx.AsyncClient() as client,
        client.stream("GET", url, headers=headers) as answer,
    ):
        assert answer.status_code == 200
        lines = [line async for line in answer.aiter_lines()]  # until the server ends it
        late = await client.get(url, headers=headers)
    assert lines[0] == ": waiting"
    assert late.status_code == 401
    server.should_exit = True
    await task


async def _first_lines(answer: httpx.Response, count: int) -> AsyncIterator[str]:
    async for line in answer.aiter_lines():
        yield line
        count -= 1
        if count == 0:
            return
