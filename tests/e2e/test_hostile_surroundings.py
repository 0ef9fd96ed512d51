"""A crowd at the door, a full disk, a kill after an acknowledgement: the server of a process."""

import json
import resource
import ssl
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from socket import create_connection
from typing import Any

import httpx
import pytest

START = datetime(2021, 10, 30, 7, 59, tzinfo=UTC)
CROWD = 450
"""More than one address may have, by default 400."""


@pytest.fixture
def server(server_at: Callable[[datetime], Any]) -> Any:
    return server_at(START)


def test_a_crowd_of_one_address_does_not_lock_out_another(server: Any) -> None:
    url = httpx.URL(server.base_url)
    authority = ssl.create_default_context(
        cafile=json.loads((server.data / "credentials.json").read_text())["caFile"]
    )
    with ExitStack() as crowd:
        for _ in range(CROWD):
            crowd.enter_context(create_connection((url.host, url.port or 0)))
        other = httpx.HTTPTransport(local_address="127.0.0.2", verify=authority)
        with httpx.Client(base_url=server.base_url, transport=other) as neighbour:
            assert server.wait(lambda: is_served(neighbour))
        with httpx.Client(base_url=server.base_url, verify=authority) as late:
            assert not is_served(late)
    assert server.wait(lambda: is_served(server.http))


def is_served(http: httpx.Client) -> bool:
    try:
        return http.get("/health").status_code == 200
    except httpx.TransportError:
        return False


def baselines(value: float) -> dict[str, Any]:
    series = {"podId": "IT001E00000001", "startTime": "2021-10-30T22:00:00Z"}
    return {"series": [series | {"values": [value] * 100}]}


def test_a_full_disk_is_told_and_passes(server: Any, capfd: pytest.CaptureFixture[str]) -> None:
    server.furnish()
    process = server.process.process.pid
    _, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
    path = "/api/scd/baselines"
    try:
        resource.prlimit(process, resource.RLIMIT_FSIZE, (0, hard))  # no file may grow
        refused = [server.call("ACEAE", "POST", path, baselines(10.0 + i)) for i in range(40)]
        read = server.call("ACEAE", "GET", "/api/scd/baselines?podId=IT001E00000001")
        moved = server.call("MO", "PUT", "/api/clock", {"now": "2021-10-30T12:00:00Z"})
    finally:
        resource.prlimit(process, resource.RLIMIT_FSIZE, (hard, hard))
    for answer in [*refused, moved]:
        server.refuse(answer, 503, "storage-unavailable")
    assert read.status_code == 200
    taken = server.call("ACEAE", "POST", path, baselines(80.0))
    assert taken.json()["results"][0]["status"] == "accepted"
    assert server.call("MO", "PUT", "/api/clock", {"now": "2021-10-30T12:00:00Z"}).is_success
    server.works()
    assert len(capfd.readouterr().err) < 200_000


def test_an_acknowledged_clock_survives_a_kill(server: Any) -> None:
    for hours in (1, 2, 3):
        now = START + timedelta(hours=hours)
        assert server.call("MO", "PUT", "/api/clock", {"now": now.isoformat()}).is_success
    server.process.process.kill()
    server.process.process.wait()
    again = type(server)(server.data, START)
    try:
        shown = again.get("MO", "/api/clock")
    finally:
        again.close()
    assert datetime.fromisoformat(shown["now"]) == START + timedelta(hours=3)


def test_a_claimed_forwarding_evades_no_bound(server: Any) -> None:
    """Nobody's `X-Forwarded-For` is believed unless a setting names the proxy."""
    grant = {"grant_type": "client_credentials"}
    statuses = [
        server.http.post(
            "/oauth2/token",
            data=grant,
            auth=("TSO", "wrong"),
            headers={"X-Forwarded-For": f"198.51.100.{number}"},
        ).status_code
        for number in range(12)
    ]
    assert statuses[:10] == [401] * 10
    assert set(statuses[10:]) == {429}


def test_answers_carry_security_headers(server: Any) -> None:
    answer = server.call("MO", "GET", "/api/marketSession")
    for name, value in {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Cache-Control": "no-store",
        "Strict-Transport-Security": "max-age=31536000",
    }.items():
        assert answer.headers[name] == value
    refused = server.http.get("/nowhere")
    assert refused.headers["X-Content-Type-Options"] == "nosniff"
    page = server.http.get("/docs")
    assert page.headers["X-Frame-Options"] == "DENY"
    assert "Content-Security-Policy" not in page.headers  # its scripts are its own
