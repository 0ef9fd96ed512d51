"""Bodies that are no messages: every route that takes one refuses them alike."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

BODIES = {
    "nothing": b"",
    "broken off": b'{"podId": "IT0',
    "two values": b"{} {}",
    "not UTF-8": b'{"podId": "\xff\xfe"}',
    "half a surrogate": b'{"podId": "\\ud800"}',
    "NaN": b'{"value": NaN}',
    "Infinity": b'{"value": -Infinity}',
    "a number beyond all": b'{"value": 1e999}',
    "null": b"null",
    "a word": b'"pods"',
    "a number": b"5",
    "an unknown field": b'{"surplus": 1}',
    "XML": b"<pods/>",
    "deep nesting": b'{"value":' * 50_000,
    "deep lists": b"[" * 200_000,
}
PARTY_OF = {
    "SystemOperator": "DSO",
    "FlexibilityServiceProvider": "ACEAE",
    "MarketOperator": "MO",
    "MeteredDataAdministrator": "MDA",
    "Customer": "CUSTOMER-1",
}


def routes(outside: Any) -> Iterator[tuple[str, str, Any]]:
    """Method, path and documentation of every route that needs a token."""
    for path, methods in outside.http.get("/openapi.json").json()["paths"].items():
        for method, told in methods.items():
            if told.get("security"):
                yield method.upper(), filled(path), told


def filled(path: str) -> str:
    parts = path.split("/")
    return "/".join("none" if part.startswith("{") else part for part in parts)


@pytest.fixture(scope="module")
def takers(outside: Any) -> list[tuple[str, str, str]]:
    """A party that may call, method and path of every route that takes a body."""
    found = []
    for method, path, told in routes(outside):
        if "requestBody" in told:
            found.append((caller_of(outside, method, path), method, path))
    return found


def caller_of(outside: Any, method: str, path: str) -> str:
    """A party that may call a route: the auditor where everyone may, or who has a role for it."""
    answer = outside.call("AUDITOR", method, path, {})
    if answer.status_code == 422:
        return "AUDITOR"
    needed = outside.refuse(answer, 403, "role-missing")["rolesNeeded"]
    return PARTY_OF["MarketOperator" if "MarketOperator" in needed else needed[0]]


@pytest.mark.parametrize("name", BODIES)
def test_body_that_is_no_message(outside: Any, takers: Any, name: str) -> None:
    before = outside.state("scd", "aggregator", "contracts", "access")
    for party, method, path in takers:
        answer = outside.call(party, method, path, BODIES[name])
        outside.refuse(answer, 422, "malformed-message", "network-invalid")
    assert outside.state("scd", "aggregator", "contracts", "access") == before
    outside.works()


def test_numbers_that_are_none(outside: Any) -> None:
    """In a message that is otherwise good, so that nothing else can be the reason."""
    for number in ("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1e400", "9" * 400):
        offer = json.dumps(outside.offer(p=12321)).replace("12321", number).encode()
        call = ("ACEAE", "POST", "/api/flexibilityService", offer)
        outside.bad(call, 422, "malformed-message")
        series = json.dumps(
            {"series": [{"podId": "IT001E00000001", "startTime": "2021-11-01T00:00:00Z"}]}
        ).replace('Z"', f'Z","values":[{number}]')
        call = ("ACEAE", "POST", "/api/scd/baselines", series.encode())
        outside.bad(call, 422, "malformed-message")


def test_unknown_field_deep_inside(outside: Any) -> None:
    offer = outside.offer()
    offer["flexibility"][0]["power"][0]["pPriec"] = 0.01
    problem = outside.bad(
        ("ACEAE", "POST", "/api/flexibilityService", offer), 422, "malformed-message"
    )
    assert "pPriec" in problem["detail"]
    assert "flexibility[0].power[0]" in problem["detail"].replace("[...]", "[0]")


def test_wrong_content_type(outside: Any) -> None:
    """A body is read for what it is: what is no JSON is refused, whatever it calls itself."""
    for kind in ("application/xml", "text/plain", "application/x-www-form-urlencoded", ""):
        outside.bad(
            ("ACEAE", "POST", "/api/scd/pods", b"podId=IT001E00000009"),
            422,
            "malformed-message",
            headers={"Content-Type": kind},
        )
    answer = outside.http.post("/oauth2/token", json={"grant_type": "client_credentials"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def parts_of(size: int) -> Iterator[bytes]:
    yield b'{"pods":['
    for _ in range(size // 65_536):
        yield b" " * 65_536


def test_body_that_is_too_large(outside: Any) -> None:
    """32 MiB are taken; what is longer is refused, with its length told before or not."""
    size = 33 * 1024 * 1024
    problem = outside.bad(("ACEAE", "POST", "/api/scd/pods", b" " * size), 413, "body-too-large")
    assert problem["limitBytes"] == 32 * 1024 * 1024
    headers = {"Authorization": f"Bearer {outside.token('ACEAE')}"}
    answer = outside.http.post("/api/scd/pods", content=parts_of(size), headers=headers)
    outside.refuse(answer, 413, "body-too-large")
    call = outside.http.post("/rpc", content=b" " * 2_000_000)
    outside.refuse(call, 413, "body-too-large")


def test_each_route_says_how_long_a_body_it_takes(outside: Any) -> None:
    short = 0
    for method, path, told in routes(outside):
        if "requestBody" not in told:
            continue
        most = told["requestBody"]["x-maxBytes"]
        if most > 4 * 1024 * 1024:
            continue
        short += 1
        answer = outside.call(caller_of(outside, method, path), method, path, b" " * (most + 1))
        problem = outside.refuse(answer, 413, "body-too-large")
        assert problem["limitBytes"] == most
    assert short > 10
    outside.works()


def test_too_many_items(outside: Any) -> None:
    many = {"pods": [{"podId": f"IT{number}", "aggregatorId": "ACEAE"} for number in range(10_001)]}
    outside.bad(("ACEAE", "POST", "/api/scd/pods", many), 422, "malformed-message")
    listed = many["pods"]
    outside.bad(("ACEAE", "POST", "/api/scd/pods", listed), 422, "malformed-message")


def test_unknown_path(outside: Any) -> None:
    for path in ("/api/nothing", "/api", "/api/scd/pods/", "/api/../etc/passwd", "/api/%00", "/x"):
        answer = outside.call("ACEAE", "GET", path)
        assert answer.status_code in {404, 307}, path
        if answer.status_code == 404:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["type"] in {"about:blank", "/problems/pod-not-registered"}, path
    outside.works()


def test_unknown_method(outside: Any) -> None:
    for method, path in (
        ("DELETE", "/api/flexibilityService"),
        ("PATCH", "/api/scd/pods"),
        ("PUT", "/api/marketSession"),
        ("GET", "/api/technicalOutcome"),
        ("BREW", "/api/clock"),
    ):
        answer = outside.call("MO", method, path)
        assert answer.status_code == 405, path
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json() == {
            "type": "about:blank",
            "title": "Method Not Allowed",
            "status": 405,
        }
    outside.works()


def test_problem_that_is_none(outside: Any) -> None:
    assert outside.http.get("/problems/none").status_code == 404
    assert (
        outside.http.get("/problems/malformed-message")
        .headers["content-type"]
        .startswith("text/plain")
    )
