from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from platone.demo.connection import CallRefused, DayFailed, Party, Server, wait_for
from platone.messages.identity import ClientCredentials

Answers = Callable[[], Response]


def party(*answers: tuple[int, str], patience_s: float = 5.0) -> tuple[Party, list[str]]:
    """A party at a server that gives these answers in turn, and the tokens it was shown."""
    app = FastAPI()
    shown: list[str] = []
    left = list(answers)
    issued: list[str] = []

    @app.post("/oauth2/token")
    async def token() -> dict[str, object]:
        issued.append(f"token-{len(issued)}")
        return {"access_token": issued[-1], "token_type": "Bearer", "expires_in": 60, "scope": ""}

    @app.get("/api/thing")
    async def thing(request: Request) -> Response:
        shown.append(request.headers["Authorization"])
        status, content = left.pop(0) if len(left) > 1 else left[0]
        return Response(content, status)

    http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://test")
    credentials = ClientCredentials(
        client_id="DSO", client_secret="secret", party_id="DSO", roles=["SystemOperator"]
    )
    server = Server("https://test", http, frozenset(), b"")
    return Party(server, [server], credentials, patience_s), shown


async def test_a_server_that_comes_back_is_waited_for() -> None:
    caller, _ = party((503, ""), (502, ""), (200, '{"it": 1}'))
    assert await caller.get("/api/thing") == {"it": 1}


async def test_a_server_that_stays_away_ends_the_day() -> None:
    caller, _ = party((503, "down"), patience_s=0.1)
    with pytest.raises(DayFailed, match="GET /api/thing has had no answer"):
        await caller.get("/api/thing")


async def test_an_expired_token_is_renewed_once() -> None:
    caller, shown = party((200, "1"), (401, ""), (200, "2"))
    assert await caller.get("/api/thing") == 1
    assert await caller.get("/api/thing") == 2
    assert shown == ["Bearer token-0", "Bearer token-0", "Bearer token-1"]


async def test_a_refusal_says_who_what_and_why() -> None:
    caller, _ = party((409, '{"type": "/problems/market-closed", "detail": "too late"}'))
    with pytest.raises(CallRefused) as refused:
        await caller.get("/api/thing")
    assert str(refused.value) == "GET /api/thing by DSO was refused (409): too late"


@pytest.mark.parametrize(
    ("status", "content", "expected"),
    [
        (404, "{}", None),
        (200, "{ }", b"{ }"),
    ],
)
async def test_what_is_not_there_yet_is_none(
    status: int, content: str, expected: bytes | None
) -> None:
    caller, _ = party((status, content))
    assert await caller.fetch("/api/thing") == expected


async def test_what_is_too_early_is_asked_for_again() -> None:
    caller, _ = party((425, '{"type": "/problems/record-pending"}'), (200, "{ }"))
    assert await caller.fetch("/api/thing") == b"{ }"


async def test_waiting_is_bounded_and_says_for_what() -> None:
    async def never() -> None:
        return None

    with pytest.raises(DayFailed, match="for the moon"):
        await wait_for("the moon", never, 0.3)
