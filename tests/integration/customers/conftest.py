"""The Shared Customer Database behind real tokens, and a receiver where the market stands."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from fastapi import FastAPI, Request, Response
from tests.records import RecordsAt

from platone.customers.adapters.push import Push
from platone.customers.context import Customers
from platone.customers.records.table import metadata
from platone.identity.context import Identity
from platone.infra.db import Database
from platone.infra.http.client import PartyClient
from platone.infra.http.openapi import Interface, install_openapi
from platone.infra.http.outward import OutwardCalls
from platone.infra.http.problem import install_problems
from platone.infra.http.security import AuditAccess
from platone.kernel.clock import SimulatedClock
from platone.messages.identity import CredentialsFile

BASE = "https://127.0.0.1:8443"
START = datetime(2021, 10, 30, 22, tzinfo=UTC)
"""Midnight in Rome, of a day of 25 hours."""
AFTER = START + timedelta(hours=26)
"""The clock of tests with readings: all slots below 104 are over."""


class AuditTrail(list[AuditAccess]):
    """The accesses of auditors, as they are told to identity."""

    async def record(self, access: AuditAccess) -> None:
        self.append(access)


@dataclass
class Market:
    """What came to POST /api/podRegistry; it can be told to fail."""

    status: int = 200
    callers: list[str] = field(default_factory=list)
    registries: list[list[dict[str, Any]]] = field(default_factory=list)

    async def until(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.registries) < count:
                await asyncio.sleep(0.01)


@dataclass
class World:
    """A running database, and a client for each party."""

    folder: Path
    clock: SimulatedClock
    market: Market
    app: FastAPI
    parties: Mapping[str, httpx.AsyncClient]
    restart: Callable[[], Awaitable[None]]
    records: str

    def __getitem__(self, party: str) -> httpx.AsyncClient:
        return self.parties[party]


@pytest.fixture(scope="session")
def tokens() -> dict[str, str]:
    """A token for each party."""
    return {}


@pytest.fixture(scope="session")
def identity(tmp_path_factory: pytest.TempPathFactory, tokens: dict[str, str]) -> Identity:
    """Identity, founded; it goes on serving its service clients, which live in memory."""

    async def found() -> None:
        await made.start()
        app = FastAPI()
        app.include_router(made.router)
        told = msgspec.json.decode(made.credentials_file.read_bytes(), type=CredentialsFile)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as http:
            for client in told.clients:
                answer = await http.post(
                    "/oauth2/token",
                    data={"grant_type": "client_credentials"},
                    auth=(client.client_id, client.client_secret),
                )
                tokens[client.party_id] = answer.json()["access_token"]
        await made.stop()

    made = Identity(tmp_path_factory.mktemp("scd-identity") / "data", BASE)
    asyncio.run(found())
    return made


def _receive(app: FastAPI, market: Market, identity: Identity) -> None:
    async def registry(request: Request) -> Response:
        token = request.headers["Authorization"].split()[1]
        if market.status == 200:
            market.callers.append(identity.verifier.principal(token).party_id)
            market.registries.append((await request.json())["pods"])
        return Response("{}", market.status, media_type="application/json")

    app.add_route("/api/podRegistry", registry, methods=["POST"])


def _app(identity: Identity, market: Market) -> FastAPI:
    app = FastAPI()
    app.state.access_log = AuditTrail()
    app.state.token_verifier = identity.verifier
    app.include_router(identity.router)
    install_problems(app)
    install_openapi(app, Interface(base_url="", problems={}))
    _receive(app, market, identity)
    return app


@pytest.fixture
def outward() -> OutwardCalls:
    """Calls to addresses that others name: to public hosts only."""
    return OutwardCalls()


@pytest.fixture
async def world(
    identity: Identity,
    tokens: dict[str, str],
    tmp_path: Path,
    outward: OutwardCalls,
    records_at: RecordsAt,
) -> AsyncIterator[World]:
    market = Market()
    app = _app(identity, market)
    clock = SimulatedClock(datetime(2021, 6, 20, 10, tzinfo=UTC), speed=0)
    mda = identity.service_credentials()["MDA"]
    transport = httpx.ASGITransport(app)
    async with AsyncExitStack() as stack:
        http = httpx.AsyncClient(transport=transport, base_url=BASE)
        party = PartyClient(await stack.enter_async_context(http), mda.client_id, mda.client_secret)
        push = Push(tmp_path / "push-key", BASE, outward)
        database_url = records_at(tmp_path / "customers.db")
        running = [Customers(database_url, party, clock, push)]
        await running[0].start()
        app.include_router(running[0].router)

        async def restart() -> None:
            """The same records under a new dispatcher, as after a stop of the server."""
            await running[0].stop()
            running[0] = Customers(database_url, party, clock, push)
            await running[0].start()

        parties = {
            name: await stack.enter_async_context(
                httpx.AsyncClient(
                    transport=transport,
                    base_url=BASE,
                    headers={"Authorization": f"Bearer {token}", "Audit-Case": "2021-7"},
                )
            )
            for name, token in tokens.items()
        }
        yield World(tmp_path, clock, market, app, parties, restart, database_url)
        await running[0].stop()
        await identity.stop()  # an erasure may have asked its records


@pytest.fixture
async def registered(world: World) -> World:
    for owner, pod_ids in {"ACEAE": ["POD-1", "POD-2"], "ACEAE_2": ["POD-3"]}.items():
        pods = [
            {"podId": p, "aggregatorId": owner, "customerId": "CUSTOMER-1" if "1" in p else None}
            for p in pod_ids
        ]
        await world[owner].post("/api/scd/pods", json=pods)
    world.clock.move_to(AFTER)
    return world


@pytest.fixture
async def database(tmp_path: Path, records_at: RecordsAt) -> AsyncIterator[Database]:
    """The customer database, on each kind of database that a test is for."""
    opened = Database(records_at(tmp_path / "customers.db"), metadata)
    await opened.open()
    yield opened
    await opened.close()
