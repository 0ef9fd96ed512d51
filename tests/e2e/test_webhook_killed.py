"""kill -9 of the server while a participant's endpoint is answering: told again, in order, once.

Two endpoints of participants of a real server: the DSO's is down at first, then answers, and is
left in the middle of an answer by the server's death; the TSO's hangs all the time.
"""

import asyncio
import json
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.integration.market.endpoint import Receiver, certificate

START = datetime(2021, 6, 22, 10, tzinfo=UTC)
GATE = datetime(2021, 6, 22, 13, 30, tzinfo=UTC)
DAY_AHEAD = {"marketType": "dayAhead", "startTime": "2021-06-22T22:00:00Z"}
WEBHOOK = "/api/webhook"


class Endpoints:
    """Receivers in a thread of their own, as other machines."""

    def __init__(self, file: Path) -> None:
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(file)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._servers: list[asyncio.Server] = []

    def open(self, receiver: Receiver, port: int = 0) -> None:
        """Let a receiver listen; a free port is kept for it to come back to."""

        async def listen() -> None:
            server = await asyncio.start_server(
                receiver.serve, "127.0.0.1", port, ssl=self._context
            )
            receiver.port = server.sockets[0].getsockname()[1]
            self._servers.append(server)

        asyncio.run_coroutine_threadsafe(listen(), self._loop).result(10)

    def close_first(self) -> None:
        """Let the receiver that was opened first go down: its port refuses connections."""

        async def shut() -> None:
            self._servers.pop(0).close()

        asyncio.run_coroutine_threadsafe(shut(), self._loop).result(10)

    def end(self) -> None:
        async def stop() -> None:
            for server in self._servers:
                server.close()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@pytest.fixture
def endpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoints]:
    file = certificate(tmp_path)
    monkeypatch.setenv("PLATONE_WEBHOOK_HOSTS", "any")
    monkeypatch.setenv("PLATONE_WEBHOOK_CA", str(file))
    made = Endpoints(file)
    yield made
    made.end()


def extend(server: Any, minutes: int) -> None:
    """An order of the operator, of which DSO and TSO are told."""
    until = (GATE + timedelta(minutes=minutes)).isoformat()
    order = {"action": "extendGate", "reason": f"By {minutes} minutes.", "until": until}
    path = f"/api/marketSession/{server.session_id(DAY_AHEAD)}/override"
    answer = server.call("MO", "POST", path, order)
    assert answer.status_code == 200, answer.text


def ids(receiver: Receiver) -> list[str]:
    return [headers["webhook-id"] for headers, _ in receiver.calls]


def test_a_killed_server_tells_the_same_again_in_order_and_holds_up_nobody(
    endpoints: Endpoints, server_on: Any, tmp_path: Path
) -> None:
    receiver, hanging = Receiver(), Receiver()
    hanging.always = "hang"
    endpoints.open(receiver)
    endpoints.open(hanging)
    server = server_on(tmp_path / "data", START)
    try:
        for party, each in (("DSO", receiver), ("TSO", hanging)):
            answer = server.call(party, "PUT", WEBHOOK, {"url": each.url})
            assert answer.status_code == 200, answer.text

        # Down for a while: two messages wait, the first one is tried again.
        endpoints.close_first()
        extend(server, 1)
        extend(server, 2)
        server.wait(lambda: server.get("DSO", WEBHOOK)["failures"] >= 2)
        assert server.get("DSO", WEBHOOK)["waiting"] == 2
        endpoints.open(receiver, receiver.port)
        server.wait(lambda: len(receiver.calls) == 2)

        # It takes the third message, and the server dies before it hears so.
        receiver.behaviours = ["hold"]
        extend(server, 3)
        assert receiver.held.wait(20)
        extend(server, 4)
        server.process.kill()
    finally:
        server.http.close()
    server = server_on(tmp_path / "data", START + timedelta(hours=1))
    try:
        server.wait(lambda: len(receiver.calls) == 5)
        server.wait(lambda: server.get("DSO", WEBHOOK)["waiting"] == 0)
        assert server.get("TSO", WEBHOOK)["waiting"] == 4
        assert hanging.held.is_set()
    finally:
        server.close()

    topic = "marketSession_DSO"
    assert ids(receiver) == [f"{topic}.{number}" for number in (1, 2, 3, 3, 4)]
    before, again = receiver.calls[2][1], receiver.calls[3][1]
    assert before == again
    reasons = [json.loads(body)["reason"] for _, body in receiver.calls]
    assert reasons == [f"By {minutes} minutes." for minutes in (1, 2, 3, 3, 4)]
    assert hanging.calls == []
