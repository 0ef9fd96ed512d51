"""The DSO platform beside a real identity provider, customer database and broker.

The market and the access layer are recorders: they write down what they are told.
"""

import asyncio
import csv
import hashlib
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from eth_account import Account
from eth_account.messages import encode_defunct
from fastapi import FastAPI, Request, Response
from tests.records import RecordsAt

import platone.demo.italy
from platone.customers.adapters.push import Push
from platone.customers.context import Customers
from platone.dso.context import Dso
from platone.identity.context import Identity
from platone.infra.calculation.desk import CalculationBounds, CalculationDesk
from platone.infra.calculation.process import ProcessBounds, ProcessShelf
from platone.infra.http.client import PartyClient
from platone.infra.http.openapi import Interface, install_openapi
from platone.infra.http.outward import OutwardCalls
from platone.infra.http.problem import install_problems
from platone.infra.mqtt.broker import MqttBroker
from platone.infra.mqtt.link import BrokerAt, MqttLink, Subscription
from platone.infra.mqtt.standing import Standing
from platone.infra.mqtt.tls import TlsFiles
from platone.kernel.clock import SimulatedClock
from platone.messages.identity import CredentialsFile

BASE = "https://platone.test"
ITALY = Path(platone.demo.italy.__file__).with_name("scenario")
START = "2021-06-22T22:00:00Z"
PODS = {  # D3.6 tables 6 and 7: aggregator, max up, max down
    "IT002E61899978": ("ACEAE", 0, 2000),
    "IT002E60976796": ("ACEAE_2", 100, 100),
    "IT002E60974469": ("ACEAE", 1000, 2400),
    "IT002E60499620": ("ACEAE_2", 200, 0),
    "IT002E60550189": ("ACEAE", 500, 0),
}


@dataclass
class Others:
    """The market and the access layer: what they were told, and how they answer."""

    calls: list[tuple[str, Any]] = field(default_factory=list)
    devices: dict[str, str] = field(default_factory=dict)
    market_status: int = 201

    def told(self, path: str) -> list[Any]:
        return [content for called, content in self.calls if called == path]

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/api/{path:path}")
        async def take(path: str, request: Request) -> Response:
            content = json.loads(await request.body())
            if self.market_status >= 500:
                return Response(status_code=self.market_status)
            self.calls.append((f"/api/{path}", content))
            answer = {"id": content.get("playerServiceId", "x"), "status": "accepted"}
            return Response(json.dumps(answer), self.market_status, media_type="application/json")

        @app.get("/api/access/devices")
        async def devices() -> Response:
            rows = [
                {"device": device, "podId": pod, "status": "active", "publicKeyTransaction": None}
                for pod, device in self.devices.items()
            ]
            return Response(json.dumps({"devices": rows}), media_type="application/json")

        return app


class Device:
    """A Light Node's MQTT end, with keys of its own."""

    def __init__(self, link: MqttLink, incoming: Subscription, account: Any) -> None:
        self.link, self.incoming, self.account = link, incoming, account

    async def command(self) -> dict[str, Any]:
        async with asyncio.timeout(5):
            message = await anext(self.incoming)
        found: dict[str, Any] = json.loads(message.payload)
        return found

    async def acknowledge(self, setpoint_id: str, status: str = "accepted", **more: Any) -> None:
        signer = more.pop("signer", self.account)
        payload = json.dumps(
            {
                "setpointId": setpoint_id,
                "device": self.account.address,
                "status": status,
                "detail": more.pop("detail", None),
                "acknowledgedAt": "2021-06-22T13:40:00Z",
            }
        )
        signature = signer.sign_message(encode_defunct(text=payload)).signature.hex()
        envelope = {
            "device": self.account.address,
            "payload": payload,
            "signature": "0x" + signature.removeprefix("0x"),
        }
        topic = f"bal/nodes/{self.account.address}/acknowledgements"
        await self.link.publish(topic, json.dumps(envelope).encode())


@dataclass
class World:
    """Everything that runs."""

    folder: Path
    http: httpx.AsyncClient
    secrets: dict[str, str]
    tokens: dict[str, str]
    clock: SimulatedClock
    broker: MqttBroker
    others: Others
    desk: CalculationDesk
    restart: Callable[[], Awaitable[None]]
    at_end: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    async def call(
        self,
        party: str,
        method: str,
        path: str,
        content: Any = None,
        headers: Mapping[str, str] = MappingProxyType({"Prefer": "wait=60"}),
        **params: str,
    ) -> httpx.Response:
        if party not in self.tokens:
            answer = await self.http.post(
                "/oauth2/token",
                data={"grant_type": "client_credentials"},
                auth=(party, self.secrets[party]),
            )
            self.tokens[party] = answer.json()["access_token"]
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        return await self.http.request(
            method,
            path,
            content=b"" if content is None else raw,
            params=params or None,
            headers={
                "Authorization": f"Bearer {self.tokens[party]}",
                "Audit-Case": "2021-7",
                **headers,
            },
        )

    async def until(self, is_so: Callable[[], Awaitable[Any]]) -> Any:
        async with asyncio.timeout(30):
            while not (found := await is_so()):
                await asyncio.sleep(0.02)
        return found

    async def device(self, pod: str) -> Device:
        """A device at a PoD, enrolled at the recorder of the access layer."""
        account = Account.create()
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, account.address)])
        der = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        sentence = f"Platone TLS key sha256:{hashlib.sha256(der).hexdigest()}"
        proof = account.sign_message(encode_defunct(text=sentence)).signature.hex()
        request = x509.CertificateSigningRequestBuilder().subject_name(name)
        request = request.add_attribute(x509.oid.AttributeOID.CHALLENGE_PASSWORD, proof.encode())
        csr = request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        wanted = {"csr": csr.decode(), "commonName": account.address}
        issued = (await self.call("MDA", "POST", "/api/identity/certificates", wanted)).json()
        folder = self.folder / account.address
        folder.mkdir()
        (folder / "ca.pem").write_text(issued["ca"])
        (folder / "tls.pem").write_text(issued["certificate"])
        (folder / "tls.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        tls = TlsFiles(folder / "ca.pem", folder / "tls.pem", folder / "tls.key")
        self.broker.standing.admit(account.address)
        link = MqttLink(BrokerAt("127.0.0.1", self.broker.port), tls, account.address)
        incoming = await link.subscribe([f"bal/nodes/{account.address}/setpoints"])
        await link.start()
        self.at_end.append(link.stop)
        await link.wait_up()
        self.others.devices[pod] = account.address
        return Device(link, incoming, account)

    async def trade(self, outcome_id: str, pod: str, total_kw: float, change_kw: float) -> None:
        """The Italian day's market outcome: one trade at quarter-hour 50, which is validated."""
        power = {
            "index": 50,
            "acceptedPValue": total_kw,
            "acceptedPPrice": 0.05,
            "acceptedPChange": change_kw,
            "playerServiceId": "offer",
            "playerRequestId": "DSO",
            "playerOfferId": PODS[pod][0],
        }
        outcome = {
            "marketOutcome": outcome_id,
            "marketType": "dayAhead",
            "startTime": START,
            "duration": 24,
            "interval": 15,
            "inputHash": "0" * 64,
            "outputHash": "1" * 64,
            "flexibility": [{"pod": pod, "power": [power]}],
        }
        answer = await self.call("MO", "POST", "/api/dso/marketOutcome", outcome)
        assert answer.status_code == 201, answer.text
        await self.finish(outcome)

    async def finish(self, outcome: Mapping[str, Any], **more: Any) -> httpx.Response:
        """The market tells the final form of an outcome: all of it, or what is given."""
        final = {name: each for name, each in outcome.items() if name != "inputHash"} | more
        answer = await self.call("MO", "POST", "/api/dso/validatedOutcome", final)
        assert answer.status_code in {200, 201}, answer.text
        return answer

    async def prepare(
        self, *, not_registered: Collection[str] = (), without_baseline: Collection[str] = ()
    ) -> None:
        """The Italian day: network, PoDs, baselines, association."""
        network = (ITALY / "network.json").read_bytes()
        await self.call("DSO", "PUT", "/api/dso/networks/italy-tor-di-valle", network)
        with (ITALY / "baselines.csv").open() as file:
            rows = list(csv.DictReader(file))
        for pod, (owner, up, down) in PODS.items():
            if pod in not_registered:
                continue
            registration = {
                "podId": pod,
                "aggregatorId": owner,
                "zone": "CSUD",
                "pnP": 6000,
                "cosPhi": 0.9,
                "maxFlexibility": {"upperP": up, "downP": down},
            }
            assert (await self.call(owner, "POST", "/api/scd/pods", registration)).status_code < 300
            if pod in without_baseline:
                continue
            values = [float(row[pod]) for row in rows]
            series = {"podId": pod, "startTime": START, "values": values}
            await self.call(owner, "POST", "/api/scd/baselines", {"series": [series]})

    async def idle(self, pod: str) -> None:
        """A point of delivery is registered, and takes nothing on the Italian day."""
        owner, up, down = PODS[pod]
        flexibility = {"upperP": up, "downP": down}
        registration = {"podId": pod, "aggregatorId": owner, "zone": "CSUD", "pnP": 6000}
        registration |= {"cosPhi": 0.9, "maxFlexibility": flexibility}
        await self.call(owner, "POST", "/api/scd/pods", registration)
        series = {"podId": pod, "startTime": START, "values": [0.0] * 96}
        answer = await self.call(owner, "POST", "/api/scd/baselines", {"series": [series]})
        assert answer.status_code < 300, answer.text


def scada(state: dict[str, Any]) -> list[dict[str, Any]]:
    """What SCADA would say of a calculated state: voltages, and currents of lines."""
    voltages = [
        {
            "kind": "voltage",
            "id": f"v-{bus['id']}",
            "bus": bus["id"],
            "voltageKv": bus["voltagePu"] * bus["nominalKv"],
            "stdKv": 0.002 * bus["nominalKv"],
        }
        for bus in state["buses"]
    ]
    currents = [
        {
            "kind": "branchCurrent",
            "id": f"i-{branch['id']}",
            "branch": branch["id"],
            "end": "from",
            "currentA": branch["fromA"],
            "stdA": 1.0,
        }
        for branch in state["branches"]
        if branch["fromA"] > 5
    ]
    return voltages + currents


@pytest.fixture(scope="session")
def founded_dso(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder after identity's first start, which is slow by intention (Argon2)."""

    async def found(folder: Path) -> None:
        identity = Identity(folder, BASE)
        await identity.start()
        await identity.server_certificate(["127.0.0.1"])
        await identity.transport_credentials("dso")
        await identity.stop()

    folder = tmp_path_factory.mktemp("founded-dso") / "data"
    asyncio.run(found(folder))
    return folder


@pytest.fixture(scope="session")
def dso_tokens() -> dict[str, str]:
    return {}


@pytest.fixture(scope="session")
def calculating() -> Iterator[ProcessShelf]:
    """Processes that calculate, which go from test to test as they are slow to start."""
    shelf = ProcessShelf(most=1)
    yield shelf
    shelf.clear()


@pytest.fixture
def calculations() -> CalculationBounds:
    """The bounds of calculations; a module may choose others."""
    return CalculationBounds(processes=1, process=ProcessBounds(nice=0))


@pytest.fixture
async def desk(
    tmp_path: Path, calculations: CalculationBounds, calculating: ProcessShelf
) -> AsyncIterator[CalculationDesk]:
    """A desk for tests without a whole platform."""
    desk = CalculationDesk(tmp_path / "desk", calculations, calculating)
    await desk.start()
    yield desk
    await desk.stop()


@pytest.fixture
def grid_workers() -> str:
    """Where the platform calculates; a module may choose another place."""
    return ""


@pytest.fixture
async def world(
    founded_dso: Path,
    tmp_path: Path,
    dso_tokens: dict[str, str],
    grid_workers: str,
    desk: CalculationDesk,
    records_at: RecordsAt,
) -> AsyncIterator[World]:
    folder = shutil.copytree(founded_dso, tmp_path / "data")
    identity = Identity(folder, BASE)
    await identity.start()
    broker = MqttBroker(await identity.server_certificate(["127.0.0.1"]), Standing())
    await broker.start()
    app, others = FastAPI(), Others()
    clock = SimulatedClock(datetime(2021, 6, 22, 13, tzinfo=UTC), speed=0)
    app.state.token_verifier = identity.verifier
    app.state.access_log = identity.access_log
    install_problems(app)
    install_openapi(app, Interface(base_url="", problems={}))
    file = msgspec.json.decode(identity.credentials_file.read_bytes(), type=CredentialsFile)
    secrets = {client.client_id: client.client_secret for client in file.clients}
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE)
        )
        push = Push(folder / "push-key", BASE, OutwardCalls())
        party = PartyClient(http, "MDA", secrets["MDA"])
        customers = Customers(records_at(folder / "scd.db"), party, clock, push)
        tls = await identity.transport_credentials("dso")

        def made() -> Dso:
            party = PartyClient(http, "DSO", secrets["DSO"])
            records = records_at(folder / "dso.db")
            platform = Dso(records, party, broker, tls, clock, desk=desk, workers=grid_workers)
            platform.resend_s = 0.3
            return platform

        running = [made()]
        app.include_router(identity.router)
        app.include_router(customers.router)
        app.include_router(running[0].router)
        app.mount("/", others.app())
        await customers.start()
        await running[0].start()

        async def restart() -> None:
            """The same records under a new platform, as after a stop of the server."""
            await running[0].stop()
            running[0] = made()
            app.router.routes[:0] = running[0].router.routes  # before those of the stopped one
            await running[0].start()

        world = World(folder, http, secrets, dso_tokens, clock, broker, others, desk, restart)
        yield world
        for end in world.at_end:
            await end()
        await running[0].stop()
        await customers.stop()
        await broker.stop()
        await identity.stop()
