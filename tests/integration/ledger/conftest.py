"""A ledger on real files: the chain, its contracts, and parties with real tokens."""

import asyncio
import shutil
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from tests.records import RecordsAt

from platone.infra.db import sqlite_url
from platone.infra.http.problem import install_problems
from platone.infra.http.security import AUDIENCE, AuditAccess, TokenVerifier
from platone.kernel.clock import SimulatedClock
from platone.kernel.signature import SigningKey
from platone.ledger.adapters.evm.chain import Chain, Intent, Outcome
from platone.ledger.adapters.evm.compiler import Artifact, compiled
from platone.ledger.adapters.evm.deployment import Deployment, deploy
from platone.ledger.adapters.evm.sealer import LocalSealer
from platone.ledger.adapters.evm.store import BlockStore
from platone.ledger.adapters.evm.view import ContractView, call_data
from platone.ledger.context import Ledger

NOW = datetime(2021, 6, 23, 10, 0, tzinfo=UTC)
CHAIN_ID = 864300
ISSUER = "https://test"


@pytest.fixture(scope="session")
def contract_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the contracts were compiled once, for all tests."""
    folder = tmp_path_factory.mktemp("contracts")
    compiled(folder)
    return folder


@pytest.fixture(scope="session")
def contracts(contract_cache: Path) -> dict[str, Artifact]:
    return compiled(contract_cache)


@dataclass
class Bench:
    """A chain with its contracts, and accounts to use and to abuse them."""

    chain: Chain
    view: ContractView
    at: Deployment
    store: BlockStore
    sealer: LocalSealer
    operator: SigningKey
    administrator: SigningKey
    stranger: SigningKey = field(default_factory=SigningKey)

    def send(self, sender: SigningKey, to: bytes, signature: str, *values: object) -> Outcome:
        return self.chain.append([Intent(sender, to, call_data(signature, values))])[0]

    def ask(self, to: bytes, signature: str, values: Sequence[object], *gives: str) -> Any:
        found = self.view.call(to, signature, values, gives)
        return found[0] if len(found) == 1 else found

    def balance(self, holder: str) -> int:
        return int(self.ask(self.at.agreement, "balanceOf(address)", (holder,), "uint256"))


BenchMaker = Callable[[Path], Bench]


@pytest.fixture
def make_bench(contracts: dict[str, Artifact]) -> Iterator[BenchMaker]:
    opened: list[BlockStore] = []

    def make(folder: Path) -> Bench:
        store = BlockStore(folder / "chain.db")
        reader = store.reader()
        opened.extend((store, reader))
        sealer = LocalSealer(SigningKey(b"\x01" * 32))
        chain = Chain(store, sealer, SimulatedClock(NOW, speed=0), CHAIN_ID)
        chain.open()
        operator, administrator = SigningKey(b"\x02" * 32), SigningKey(b"\x03" * 32)
        at = Deployment.by(operator)
        if chain.head.number == 0:
            deploy(chain, contracts, operator, administrator)
        view = ContractView(reader, CHAIN_ID)
        return Bench(chain, view, at, store, sealer, operator, administrator)

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def bench(make_bench: BenchMaker, tmp_path: Path) -> Bench:
    return make_bench(tmp_path)


class AuditTrail(list[AuditAccess]):
    """The accesses of auditors, as they are told to identity."""

    async def record(self, access: AuditAccess) -> None:
        self.append(access)


@dataclass
class Running:
    """A running ledger, and its parties' clients."""

    app: FastAPI
    ledger: Ledger
    key: ECKey
    folder: Path

    def client(self, party: str, *roles: str) -> httpx.AsyncClient:
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": party.lower(),
            "party": party,
            "scope": "platone",
            "roles": list(roles),
            "exp": int(time.time()) + 600,
        }
        token = jwt.encode({"alg": "ES256", "typ": "at+jwt"}, claims, self.key)
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app),
            base_url="https://test",
            headers={"Authorization": f"Bearer {token}", "Audit-Case": "2021-7"},
        )

    @property
    def operator(self) -> httpx.AsyncClient:
        return self.client("MO", "MarketOperator")

    @property
    def administrator(self) -> httpx.AsyncClient:
        return self.client("MDA", "MeteredDataAdministrator")

    @property
    def aggregator(self) -> httpx.AsyncClient:
        return self.client("ACEAE", "FlexibilityServiceProvider")

    @property
    def rival(self) -> httpx.AsyncClient:
        return self.client("ACEAE_2", "FlexibilityServiceProvider")

    @property
    def auditor(self) -> httpx.AsyncClient:
        return self.client("AUDITOR", "Auditor")

    @property
    def dso(self) -> httpx.AsyncClient:
        return self.client("DSO", "SystemOperator")

    @property
    def customer(self) -> httpx.AsyncClient:
        return self.client("CUSTOMER-1", "Customer")


def make_ledger(folder: Path, records_at: RecordsAt = sqlite_url) -> Ledger:
    return Ledger(records_at(folder / "ledger.db"), folder, SimulatedClock(NOW, speed=0))


def make_app(ledger: Ledger, key: ECKey) -> FastAPI:
    app = FastAPI()
    app.include_router(ledger.router)
    app.state.access_log = AuditTrail()
    app.state.token_verifier = TokenVerifier(ISSUER, lambda: KeySet([key]))
    install_problems(app)
    return app


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory, contract_cache: Path) -> Path:
    """A data folder after its first start: keys, chain, contracts, records."""
    made = tmp_path_factory.mktemp("founded")
    for kept in contract_cache.glob("contracts-*.json"):
        shutil.copy(kept, made)

    async def start_once() -> None:
        ledger = make_ledger(made)
        await ledger.start()
        await ledger.stop()

    asyncio.run(start_once())
    return made


@pytest.fixture
def folder(tmp_path: Path, founded: Path) -> Path:
    """A data folder of the test's own, as after a first start."""
    return Path(shutil.copytree(founded, tmp_path / "data"))


@pytest.fixture
def open_ledger(folder: Path, records_at: RecordsAt) -> Callable[[], Ledger]:
    """Makes a ledger on the folder, as each start of the server does."""
    return lambda: make_ledger(folder, records_at)


@pytest.fixture
async def running(folder: Path, records_at: RecordsAt) -> AsyncIterator[Running]:
    key = ECKey.generate_key("P-256", private=True)
    ledger = make_ledger(folder, records_at)
    await ledger.start()
    yield Running(make_app(ledger, key), ledger, key, folder)
    await ledger.stop()


@pytest.fixture
async def served(running: Any) -> AsyncIterator[str]:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(running.app, log_level="error", lifespan="off"))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/rpc"
    server.should_exit = True
    await task
    listener.close()
