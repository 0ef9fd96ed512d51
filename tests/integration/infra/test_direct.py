"""Calls that are led straight to their route are answered as FastAPI itself answers them."""

import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.routing import APIRoute
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from platone.infra.http.direct import DirectRoutes, install_direct
from platone.infra.http.problem import install_problems
from platone.infra.http.security import Principal, TokenVerifier, only_operator, require
from platone.infra.http.wire import answer, body, documented
from platone.messages.base import Role, Submission

ISSUER = "https://platone.test"
KEY = ECKey.generate_key("P-256")
SO, MO = Role.SYSTEM_OPERATOR.value, Role.MARKET_OPERATOR.value
LONGEST = 200
THING = b'{"id":"one","status":"accepted"}'
Operator = Annotated[Principal, Depends(only_operator("DSO", require(Role.SYSTEM_OPERATOR)))]


class OwnRoute(APIRoute):
    """A route of another kind, which has a way of its own."""


def _router() -> APIRouter:
    router = APIRouter(prefix="/api")

    @router.get("/early/{name}")
    async def early(name: str) -> Response:
        return answer({"early": name})

    @router.get("/early/fixed")
    async def hidden() -> Response:
        return answer({"hidden": True})

    @router.post("/thing", **documented(Submission, Submission, status=201))
    async def take(
        operator: Operator, thing: Annotated[Submission, body(Submission, LONGEST)]
    ) -> Response:
        return answer(Submission(id=operator.party_id + thing.id, status=thing.status), 201)

    @router.get("/thing")
    async def read(request: Request) -> Response:
        return answer({"query": str(request.url.query), "path": dict(request.path_params)})

    @router.get("/asks")
    async def asks(number: int = 3) -> Response:
        return answer({"number": number})

    @router.get("/plain")
    async def plain() -> dict[str, int]:
        return {"plain": 1}

    @router.get("/fails")
    async def fails() -> Response:
        raise ZeroDivisionError

    @router.get("/disk")
    async def disk() -> Response:
        raise OSError(28, "No space left on device")

    router.add_api_route("/own", read, route_class_override=OwnRoute)
    return router


def _app(*, direct: bool) -> tuple[FastAPI, DirectRoutes | None]:
    app = FastAPI()
    app.state.token_verifier = TokenVerifier(ISSUER, lambda: KeySet([KEY]))
    install_problems(app)
    routes = install_direct(app) if direct else None
    outer = APIRouter()
    outer.include_router(_router())
    app.include_router(outer)
    return app, routes


@pytest.fixture
async def both() -> AsyncIterator[list[httpx.AsyncClient]]:
    clients = [
        httpx.AsyncClient(
            transport=httpx.ASGITransport(_app(direct=direct)[0], raise_app_exceptions=False),
            base_url=ISSUER,
        )
        for direct in (True, False)
    ]
    yield clients
    for each in clients:
        await each.aclose()


def _token(*roles: str, party: str = "DSO", lives_s: int = 60) -> str:
    claims = {
        "iss": ISSUER,
        "sub": "client",
        "aud": "platone",
        "party": party,
        "roles": list(roles),
        "scope": "platone",
        "exp": int(time.time()) + lives_s,
    }
    return "Bearer " + jwt.encode({"alg": "ES256", "typ": "at+jwt"}, claims, KEY)


CALLS: dict[str, tuple[str, str, dict[str, Any], int]] = {
    "taken": ("POST", "/api/thing", {"content": THING, "token": partial(_token, SO)}, 201),
    "no token": ("POST", "/api/thing", {"content": THING}, 401),
    "not a token": ("POST", "/api/thing", {"content": THING, "token": lambda: "Bearer x"}, 401),
    "an ended token": ("POST", "/api/thing", {"token": partial(_token, SO, lives_s=-600)}, 401),
    "another role": ("POST", "/api/thing", {"content": THING, "token": partial(_token, MO)}, 403),
    "another party": ("POST", "/api/thing", {"token": partial(_token, SO, party="TSO")}, 403),
    "no JSON": ("POST", "/api/thing", {"content": b"{", "token": partial(_token, SO)}, 422),
    "another form": (
        "POST",
        "/api/thing",
        {"content": b"{}", "token": partial(_token, SO)},
        422,
    ),
    "too long": (
        "POST",
        "/api/thing",
        {"content": b" " * (LONGEST + 1), "token": partial(_token, SO)},
        413,
    ),
    "the right comes first": ("POST", "/api/thing", {"content": b" " * (LONGEST + 1)}, 401),
    "the same address by another method": ("GET", "/api/thing?a=1", {}, 200),
    "no such method": ("PUT", "/api/thing", {}, 405),
    "no such address": ("GET", "/api/things", {}, 404),
    "with a slash": ("POST", "/api/thing/", {"content": THING}, 307),
    "an earlier route": ("GET", "/api/early/fixed", {}, 200),
    "a parameter": ("GET", "/api/asks?number=4", {}, 200),
    "a parameter that is none": ("GET", "/api/asks?number=x", {}, 422),
    "no answer of its own": ("GET", "/api/plain", {}, 200),
    "a failure": ("GET", "/api/fails", {}, 500),
    "a full disk": ("GET", "/api/disk", {}, 503),
    "a route of another kind": ("GET", "/api/own", {}, 200),
    "the documentation": ("GET", "/openapi.json", {}, 200),
}


@pytest.mark.parametrize("name", CALLS)
async def test_a_call_is_answered_as_by_fastapi(both: list[httpx.AsyncClient], name: str) -> None:
    method, path, more, status = CALLS[name]
    headers = {"Authorization": more["token"]()} if "token" in more else {}
    answers = [
        await client.request(method, path, content=more.get("content"), headers=headers)
        for client in both
    ]
    told = [(each.status_code, sorted(each.headers.items()), each.content) for each in answers]
    assert told[0] == told[1]
    assert answers[0].status_code == status


def test_only_routes_that_need_nothing_but_the_request_are_direct() -> None:
    app, routes = _app(direct=True)
    assert routes is not None
    own = {call for call in routes.table if call[1].startswith("/api")}
    assert own == {
        ("POST", "/api/thing"),
        ("GET", "/api/thing"),
        ("GET", "/api/fails"),
        ("GET", "/api/disk"),
    }

    @app.get("/api/later")
    async def later() -> Response:
        return answer({})

    assert ("GET", "/api/later") in routes.table
