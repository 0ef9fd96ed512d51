"""The access layer with a real broker, a real identity provider, and Light Nodes.

Customers and ledger are other parties' systems: small applications stand in their place, which
record what they are told.
"""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from fastapi import FastAPI, Request, Response
from tests.component import mosquitto_or_skip
from tests.records import RecordsAt

from platone.access.context import Access
from platone.access.records.table import metadata
from platone.access.service.certify import TreePace
from platone.identity.context import Identity
from platone.infra.db import Database
from platone.infra.http.client import PartyClient
from platone.infra.http.problem import install_problems
from platone.infra.mqtt.broker import MqttBroker
from platone.infra.mqtt.device_broker import DeviceBroker
from platone.infra.mqtt.link import BrokerAt, MqttLink, Subscription
from platone.infra.mqtt.mosquitto import MosquittoBroker
from platone.infra.mqtt.standing import Standing
from platone.infra.mqtt.tls import TlsFiles
from platone.kernel.clock import SimulatedClock
from platone.messages.identity import CredentialsFile
from platone.messages.metering import DeviceCredentials, Reading, SetpointCommand
from platone.node.context import LightNode

NOW = datetime(2021, 6, 23, 10, 0, tzinfo=UTC)
POD, OTHER_POD = "IT002E61899978", "IT002E60974469"
BASE = "https://platone.test"


@dataclass
class Partners:
    """What customers and ledger were told, and whether they answer."""

    owners: dict[str, str] = field(default_factory=lambda: {POD: "ACEAE", OTHER_POD: "ACEAE"})
    measurements: list[dict[str, Any]] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)
    nodes: list[str] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    poison: set[str] = field(default_factory=set)
    is_down: bool = False

    def certify(self, records: list[dict[str, Any]]) -> Response:
        """Certify each record but the refused ones; a poisonous one spoils the whole message."""
        problem = {"type": "/problems/duplicate-identifier", "detail": "used before"}
        if self.poison & {it["id"] for it in records}:
            return Response(msgspec.json.encode(problem), 422)
        self.records += [it for it in records if it["id"] not in self.refused]
        results = [
            {"id": it["id"], "status": "refused", "problem": problem}
            if it["id"] in self.refused
            else {"id": it["id"], "status": "accepted"}
            for it in records
        ]
        return Response(msgspec.json.encode({"certifications": [], "results": results}))

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.middleware("http")
        async def be_down(request: Request, go_on: Callable[..., Any]) -> Any:
            return Response(status_code=503) if self.is_down else await go_on(request)

        @app.get("/api/scd/pods/{pod_id}")
        async def pod(pod_id: str) -> Response:
            if pod_id not in self.owners:
                return Response(status_code=404)
            found = {"podId": pod_id, "aggregatorId": self.owners[pod_id], "pnP": 3000.0}
            return Response(msgspec.json.encode(found))

        @app.post("/api/scd/measurements")
        async def measurements(request: Request) -> Response:
            told = msgspec.json.decode(await request.body())["measurements"]
            self.measurements += [it for it in told if it["podId"] in self.owners]
            results = [
                {"id": it["podId"], "status": "accepted" if it in self.measurements else "refused"}
                for it in told
            ]
            return Response(msgspec.json.encode({"results": results}))

        @app.post("/api/certification")
        async def certification(request: Request) -> Response:
            return self.certify(msgspec.json.decode(await request.body())["records"])

        @app.post("/api/contracts/nodes")
        async def nodes(request: Request) -> Response:
            device = msgspec.json.decode(await request.body())["device"]
            self.nodes.append(device)
            answer = {"device": device, "status": "registered", "transactionHash": "0x" + "12" * 32}
            return Response(msgspec.json.encode(answer))

        @app.delete("/api/contracts/nodes/{device}")
        async def revoke(device: str) -> Response:
            self.revoked.append(device)
            return Response(msgspec.json.encode({"device": device, "status": "revoked"}))

        return app


class LoadProfile:
    """A meter that remembers all its quarter-hours; not yet the last ``hidden`` ones."""

    def __init__(self, count: int, pod: str = POD) -> None:
        start = NOW - count * timedelta(minutes=15)
        self.readings = [
            Reading(
                pod_id=pod,
                start_time=start + index * timedelta(minutes=15),
                duration_minutes=15,
                energy_wh=1000 + index,
                quality="simulated",
            )
            for index in range(count)
        ]
        self.hidden = 0

    async def read(self, since: datetime | None) -> Sequence[Reading]:
        shown = self.readings[: len(self.readings) - self.hidden]
        return [it for it in shown if since is None or it.start_time >= since]


class Ems:
    """An energy management system that does as it is told."""

    def __init__(self) -> None:
        self.applied: list[SetpointCommand] = []

    async def apply(self, command: SetpointCommand) -> None:
        self.applied.append(command)


@dataclass
class Field:
    """Everything that runs, and ways to make more of it."""

    folder: Path
    identity: Identity
    partners: Partners
    clock: SimulatedClock
    broker: DeviceBroker
    app: FastAPI
    access: Access
    http: httpx.AsyncClient
    secrets: dict[str, str]
    at_end: list[Callable[[], Any]] = field(default_factory=list)

    def party(self, party_id: str) -> PartyClient:
        return PartyClient(self.http, party_id, self.secrets[party_id])

    async def bearer(self, party_id: str) -> dict[str, str]:
        answer = await self.http.post(
            "/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=(party_id, self.secrets[party_id]),
        )
        token = answer.json()["access_token"]
        return {"Authorization": f"Bearer {token}", "Audit-Case": "2021-7"}

    async def call(self, party_id: str, method: str, path: str, content: Any = None) -> Any:
        body = b"" if content is None else msgspec.json.encode(content)
        headers = await self.bearer(party_id)
        return await self.http.request(method, path, content=body, headers=headers)

    def node(self, meter: LoadProfile, name: str = "node", **more: Any) -> LightNode:
        options = {"poll_s": 0, "resend_s": 0.3} | more
        ems = options.pop("ems", None) or Ems()
        node = LightNode(self.folder / name, meter, ems, self.clock, **options)
        self.at_end.insert(0, node.stop)
        return node

    async def enrolled(self, meter: LoadProfile, name: str = "node", **more: Any) -> LightNode:
        node = self.node(meter, name, **more)
        pod = meter.readings[0].pod_id
        answer = await self.call("ACEAE", "POST", "/api/access/devices", node.enrolment(pod))
        assert answer.status_code == 201, answer.text
        node.install(msgspec.json.decode(answer.content, type=DeviceCredentials))
        return node

    def tls_of(self, name: str) -> TlsFiles:
        folder = self.folder / name
        return TlsFiles(folder / "ca.pem", folder / "tls.pem", folder / "tls.key")

    async def link(
        self, identity: str, tls: TlsFiles, *topics: str
    ) -> tuple[MqttLink, Subscription]:
        link = MqttLink(BrokerAt("127.0.0.1", self.broker.port), tls, identity)
        messages = await link.subscribe(topics)
        await link.start()
        self.at_end.insert(0, link.stop)
        await link.wait_up()
        return link, messages

    async def break_broker(self) -> None:
        """End the broker in the middle of its work, and have another one in its place."""
        old = self.broker
        if isinstance(old, MosquittoBroker):
            async with asyncio.timeout(30):
                while (pid := old.pid) is None:
                    await asyncio.sleep(0.02)
            os.kill(pid, signal.SIGKILL)
            async with asyncio.timeout(30):
                while old.pid in {pid, None}:  # who keeps it starts it again
                    await asyncio.sleep(0.02)
            return
        assert isinstance(old, MqttBroker)
        await old.stop()
        self.broker = MqttBroker(old._tls, old.standing, port=old.port)
        await self.broker.start()

    async def until(self, is_so: Callable[[], bool], seconds: float = 8) -> None:
        """Run the server's clock loop until something is so."""
        async with asyncio.timeout(seconds):
            while not is_so():
                await self.access.tick(self.clock.now())
                await asyncio.sleep(0.02)


@pytest.fixture
def profile() -> type[LoadProfile]:
    return LoadProfile


@pytest.fixture
def ems() -> Ems:
    return Ems()


@pytest.fixture(scope="session")
def founded_field(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder after identity's first start, which is slow by intention (Argon2)."""

    async def found(folder: Path) -> None:
        identity = Identity(folder, BASE)
        await identity.start()
        await identity.server_certificate(["127.0.0.1"])
        await identity.transport_credentials("access")
        await identity.transport_credentials("dso")
        await identity.stop()

    folder = tmp_path_factory.mktemp("founded") / "data"
    asyncio.run(found(folder))
    return folder


@pytest.fixture
def broker_kind() -> str:
    """Which broker runs; a test that asks both is parametrised by it."""
    return "embedded"


def made_broker(kind: str, tls: TlsFiles, folder: Path) -> DeviceBroker:
    if kind == "embedded":
        return MqttBroker(tls, Standing())
    return MosquittoBroker(tls, Standing(), folder / "mosquitto", program=mosquitto_or_skip())


@pytest.fixture
async def field_(
    founded_field: Path, tmp_path: Path, records_at: RecordsAt, broker_kind: str
) -> AsyncIterator[Field]:
    folder = shutil.copytree(founded_field, tmp_path / "data")
    identity = Identity(folder, BASE)
    await identity.start()
    broker = made_broker(broker_kind, await identity.server_certificate(["127.0.0.1"]), folder)
    await broker.start()
    app, partners, clock = FastAPI(), Partners(), SimulatedClock(NOW, speed=0)
    app.state.token_verifier = identity.verifier
    app.state.access_log = identity.access_log
    install_problems(app)
    file = msgspec.json.decode(identity.credentials_file.read_bytes(), type=CredentialsFile)
    secrets = {client.client_id: client.client_secret for client in file.clients}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as http:
        access = Access(
            records_at(folder / "access.db"),
            folder / "access.key",
            broker,
            await identity.transport_credentials("access"),
            PartyClient(http, "MDA", secrets["MDA"]),
            clock,
            pace=TreePace(look_s=0),
        )
        app.include_router(identity.router)
        app.include_router(access.router)
        app.mount("/", partners.app())
        await access.start()
        made = Field(folder, identity, partners, clock, broker, app, access, http, secrets)
        yield made
        for end in made.at_end:
            await end()
        await access.stop()
        await made.broker.stop()  # a test may have put another one in its place
        await identity.stop()


@pytest.fixture
async def database(tmp_path: Path, records_at: RecordsAt) -> AsyncIterator[Database]:
    """The access layer's database, on each kind of database that a test is for."""
    opened = Database(records_at(tmp_path / "access.db"), metadata)
    await opened.open()
    yield opened
    await opened.close()
