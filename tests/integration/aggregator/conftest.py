"""The aggregator on a real database and real tokens; the other parties are recorders."""

import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from tests.records import RecordsAt

from platone.aggregator.context import Aggregator
from platone.infra.calculation.desk import CalculationBounds, CalculationDesk
from platone.infra.http.client import PartyClient
from platone.infra.http.problem import install_problems
from platone.infra.http.security import AUDIENCE, AuditAccess, TokenVerifier
from platone.kernel.clock import SimulatedClock

ISSUER = "https://test"
Answer = Callable[[Any], tuple[int, Any]]


def _accept(_content: Any) -> tuple[int, Any]:
    return 201, {}


@dataclass
class Others:
    """All other parties' servers: they write down what they are sent."""

    calls: list[tuple[str, str, Any]] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)

    async def take(self, request: Request) -> Response:
        raw = await request.body()
        content = json.loads(raw) if raw else dict(request.query_params.multi_items())
        path = request.url.path
        status, answer = self.answers.get(path, _accept)(content)
        if status < 500:
            self.calls.append((request.method, path, content))
        return Response(json.dumps(answer), status, media_type="application/json")

    def paths(self) -> list[str]:
        return [path for _, path, _ in self.calls]


def _accept_offer(content: Any) -> tuple[int, Any]:
    return 201, {"id": content["playerServiceId"], "status": "accepted"}


@pytest.fixture
def others() -> Others:
    return Others(
        answers={
            "/api/flexibilityService": _accept_offer,
            "/api/marketSession": lambda _: (200, {"sessions": []}),
        }
    )


class AuditTrail(list[AuditAccess]):
    """The accesses of auditors, as they are told to identity."""

    async def record(self, access: AuditAccess) -> None:
        self.append(access)


@dataclass
class Running:
    """A running aggregator and clients of several parties."""

    app: FastAPI
    aggregator: Aggregator
    key: ECKey

    def client(self, party: str, *roles: str) -> httpx.AsyncClient:
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": party.lower(),
            "party": party,
            "scope": "platone",
            "roles": list(roles),
            "exp": now + 600,
        }
        token = jwt.encode({"alg": "ES256", "typ": "at+jwt"}, claims, self.key)
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app),
            base_url="https://test",
            headers={"Authorization": f"Bearer {token}", "Audit-Case": "2021-7"},
        )


def party_clients(app: FastAPI) -> dict[str, PartyClient]:
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://others")
    return {party: PartyClient(http, party, "secret") for party in ("ACEAE", "ACEAE_2")}


def others_app(others: Others) -> FastAPI:
    app = FastAPI()

    @app.post("/oauth2/token")
    async def token() -> dict[str, object]:
        return {"access_token": "t", "token_type": "Bearer", "expires_in": 600, "scope": ""}

    app.add_route("/{path:path}", others.take, methods=["GET", "POST", "PUT", "DELETE"])
    return app


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[CalculationDesk]:
    desk = CalculationDesk(tmp_path / "calculation", CalculationBounds(processes=1))
    await desk.start()
    yield desk
    await desk.stop()


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock(datetime(2021, 6, 22, 9, tzinfo=UTC), speed=0)


@pytest.fixture
async def running(
    tmp_path: Path,
    others: Others,
    desk: CalculationDesk,
    clock: SimulatedClock,
    records_at: RecordsAt,
) -> AsyncIterator[Running]:
    key = ECKey.generate_key("P-256", private=True)
    clients = party_clients(others_app(others))
    aggregator = Aggregator(records_at(tmp_path / "aggregator.db"), clients, clock, desk)
    app = FastAPI()
    app.include_router(aggregator.router)
    app.state.access_log = AuditTrail()
    app.state.token_verifier = TokenVerifier(ISSUER, lambda: KeySet([key]))
    install_problems(app)
    await aggregator.start()
    yield Running(app, aggregator, key)
    await aggregator.stop()
