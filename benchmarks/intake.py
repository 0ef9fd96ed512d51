"""Order intake over REST: checked, stored and durable, beside a bare ASGI server.

The bare server has the same HTTP protocol, token verifier and decoder, and does nothing else. Both
are processes of their own, asked over sockets by many connections at once; what each request
costs is told by the processor time of the server, which other programs disturb less.
"""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import uvicorn
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from benchmarks.harness import PER_SECOND, Row
from platone.infra.collector import spare_long_looks
from platone.infra.db import sqlite_url
from platone.infra.http.client import PartyClient
from platone.infra.http.deadline import DeadlineProtocol
from platone.infra.http.direct import install_direct
from platone.infra.http.problem import install_problems
from platone.infra.http.security import AUDIENCE, TokenVerifier
from platone.infra.http.wire import answer
from platone.kernel.clock import SimulatedClock
from platone.kernel.market_time import MarketDay
from platone.market.context import Market
from platone.market.domain.deadline import DEFAULT_DEADLINES
from platone.market.records.table import outbox
from platone.market.records.unit import MarketRecords
from platone.messages.base import Submission, SubmissionStatus
from platone.messages.market import FlexibilityService
from platone.messages.registry import PointOfDelivery

_ISSUER = "https://issuer.test"
_NOW = datetime(2021, 6, 22, 10, tzinfo=UTC)
_DAY = MarketDay.holding(datetime(2021, 6, 22, 22, tzinfo=UTC), "Europe/Rome")
_OFFERS, _PODS_EACH = 1_000, 6
_WARM_UP = 100
"""Offers before the clock starts: what is made once, such as SQLAlchemy's statements, is made."""
_CONNECTIONS = 32
"""Connections that send at once: those that wait together share a transaction."""
_BASELINE_KW = 100.0
_TICKS = os.sysconf("SC_CLK_TCK")


def _token(key: ECKey) -> str:
    claims = {
        "iss": _ISSUER,
        "aud": AUDIENCE,
        "sub": "client-AGG",
        "exp": int((datetime.now(UTC) + timedelta(hours=1)).timestamp()),
        "party": "AGG",
        "scope": "platone",
        "roles": ["FlexibilityServiceProvider"],
    }
    return jwt.encode({"alg": "ES256", "typ": "at+jwt"}, claims, key)


def _pod(number: int) -> str:
    return f"POD{number:06d}"


def _offer(number: int) -> bytes:
    """An offer of some points of delivery for all of the day: 24 KB."""
    entries = [
        {
            "pod": [_pod(number * _PODS_EACH + each)],
            "power": [
                {"index": index, "p": _BASELINE_KW - 5 - index / 8, "pPrice": 0.05}
                for index in range(96)
            ],
        }
        for each in range(_PODS_EACH)
    ]
    body = {
        "playerId": "AGG",
        "serviceType": "offer",
        "playerServiceId": f"offer-{number}",
        "marketType": "dayAhead",
        "startTime": _DAY.start.isoformat(),
        "flexibility": entries,
    }
    return msgspec.json.encode(body)


def _bare(verifier: TokenVerifier) -> Any:
    """Return the bare application: a token, a body, an answer."""

    async def app(scope: Any, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
        headers = dict(scope["headers"])
        verifier.principal(headers[b"authorization"].decode().removeprefix("Bearer "))
        raw, more = bytearray(), True
        while more:
            message = await receive()
            raw += message["body"]
            more = message.get("more_body", False)
        service = msgspec.json.decode(bytes(raw), type=FlexibilityService)
        told = Submission(id=service.player_service_id, status=SubmissionStatus.ACCEPTED)
        response = answer(told, 201)
        await response(scope, receive, send)

    return app


async def _market(folder: Path, verifier: TokenVerifier) -> FastAPI:
    """Return a market whose day-ahead session is open, and that knows all baselines."""
    url = sqlite_url(folder / "market.db")
    client = PartyClient(httpx.AsyncClient(base_url="https://others.test"), "market", "secret")
    market = Market(url, client, SimulatedClock(_NOW, speed=0))
    await market._database.open()  # noqa: SLF001 - without its deliveries, which go nowhere here
    await market.tick(_NOW)
    records = MarketRecords(market._database, outbox, "Europe/Rome", DEFAULT_DEADLINES)  # noqa: SLF001
    names = [_pod(number) for number in range((_WARM_UP + _OFFERS) * _PODS_EACH)]
    async with records.writing() as unit:
        pods = [PointOfDelivery(pod_id=name, aggregator_id="AGG") for name in names]
        await unit.pods.put(pods, _NOW)
        await unit.baselines.note(_DAY, {name: [_BASELINE_KW] * 96 for name in names})
    app = FastAPI()
    app.state.token_verifier = verifier
    install_problems(app)
    install_direct(app)
    app.include_router(market.router)
    return app


async def _serve(kind: str, folder: Path, descriptor: int) -> None:
    key = ECKey.import_key(msgspec.json.decode((folder / "key.json").read_bytes()))
    keys = KeySet([key])
    verifier = TokenVerifier(_ISSUER, lambda: keys)
    app = _bare(verifier) if kind == "bare" else await _market(folder, verifier)
    spare_long_looks()  # as a server does at the end of its start
    config = uvicorn.Config(
        app, http=DeadlineProtocol, ws="none", log_level="warning", lifespan="off"
    )
    await uvicorn.Server(config).serve([socket.socket(fileno=descriptor)])


def _used_s(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


async def _ask(port: int, requests: list[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in requests:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 201 " in head.partition(b"\r\n")[0], head + await reader.read(1000)
        length = next(
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length")
        )
        await reader.readexactly(length)
    writer.close()


async def _load(port: int, token: str, numbers: range) -> None:
    head = f"POST /api/flexibilityService HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
    bodies = [_offer(number) for number in numbers]
    requests = [head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body for body in bodies]
    await asyncio.gather(
        *(_ask(port, requests[place::_CONNECTIONS]) for place in range(_CONNECTIONS))
    )


async def _answers(port: int) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


def _measured(kind: str) -> tuple[float, float]:
    """Requests a second, and processor time of each, s."""
    key = ECKey.generate_key("P-256")
    with tempfile.TemporaryDirectory() as name, socket.socket() as listening:
        folder = Path(name)
        (folder / "key.json").write_bytes(msgspec.json.encode(key.as_dict(private=True)))
        listening.bind(("127.0.0.1", 0))
        port, descriptor = listening.getsockname()[1], listening.fileno()
        os.set_inheritable(descriptor, True)  # noqa: FBT003 - as the function has it
        command = [sys.executable, "-m", "benchmarks.intake", kind, name, str(descriptor)]
        server = subprocess.Popen(command, pass_fds=[descriptor])  # noqa: S603 - our own program
        try:
            asyncio.run(_answers(port))
            time.sleep(0.2)
            asyncio.run(_load(port, _token(key), range(_WARM_UP)))
            before_s, begun_s = _used_s(server.pid), time.perf_counter()
            asyncio.run(_load(port, _token(key), range(_WARM_UP, _WARM_UP + _OFFERS)))
            wall_s, used_s = time.perf_counter() - begun_s, _used_s(server.pid) - before_s
        finally:
            server.kill()
            server.wait()
    return _OFFERS / wall_s, used_s / _OFFERS


def measure() -> list[Row]:
    """The rate and the processor time of an offer, of both servers in one run."""
    bare_rate, bare_s = _measured("bare")
    rate, used_s = _measured("market")
    note = (
        f"{_OFFERS} offers of {_PODS_EACH} PoDs for a day, {len(_offer(0)) / 1e3:.0f} KB each, "
        f"{_CONNECTIONS} connections; checked, stored durably, noted for certification"
    )
    bare = "bare ASGI server, same token and decoder"
    return [
        Row("intake: offers over REST", rate, PER_SECOND, bare, bare_rate, note),
        Row("intake: … processor time of an offer", 1e3 * used_s, "ms", bare, 1e3 * bare_s, note),
    ]


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
