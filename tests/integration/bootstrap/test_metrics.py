"""The metrics of a running server: what the page lists, for whom the setting says, no names."""

import asyncio
import importlib.util
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from platone.bootstrap.platform import Platform
from platone.settings import Settings

ROOT = Path(__file__).parents[3]
URL = "https://platone.test"
POD = "IT002E61899978"


@asynccontextmanager
async def served(
    data: Path, client: tuple[str, int] = ("127.0.0.1", 4711), **settings: Any
) -> AsyncIterator[httpx.AsyncClient]:
    platform = await Platform.open(Settings(data=data, **settings), URL)
    transport = httpx.ASGITransport(platform.app, client=client)
    async with httpx.AsyncClient(transport=transport, base_url=URL) as http:
        yield http
    await platform.close()


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Values by name and the words of the labels, as the library's own parser reads them."""
    return {
        (told.name, *(word for _, word in sorted(told.labels.items()))): told.value
        for family in text_string_to_metric_families(text)
        for told in family.samples
    }


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("metrics") / "data"


def rows_of(page: str) -> Iterator[str]:
    return (line for line in page.splitlines() if line.startswith("| `platone_"))


async def test_the_page_lists_what_a_server_tells(data: Path) -> None:
    spec = importlib.util.spec_from_file_location("metric_page", ROOT / "tools" / "metric_page.py")
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    made = tool.page(await tool.told(data))
    assert (ROOT / "docs" / "reference" / "metrics.md").read_text("utf-8") == made
    assert len(list(rows_of(made))) > 25


async def test_figures_are_those_of_what_happened(data: Path) -> None:
    async with served(data, metrics="loopback") as http:
        for _ in range(3):
            await http.get("/health/live")
        await http.get(f"/api/scd/pods/{POD}")
        await http.get(f"/made/up/{POD}")
        await http.request("MAKEUP", "/health")
        await until(http, ("platone_mqtt_connections",), 2)  # access and DSO link to the broker
        text = (await http.get("/metrics")).text
    found = samples(text)
    count = "platone_http_requests_total"
    assert found[count, "other", "GET", "/health/live", "200"] == 3
    assert found[count, "other", "GET", "/api/scd/pods/{pod_id}", "401"] == 1
    assert found[count, "other", "GET", "other", "404"] == 1
    assert found["platone_http_request_seconds_count", "/health/live"] == 3
    assert POD not in text
    assert "made" not in text
    assert "MAKEUP" not in text
    assert found["platone_loop_running", "market.tick"] == 1
    assert found["platone_chain_height_blocks",] >= 1
    assert found["platone_market_sessions", "created"] > 0
    real_bytes = (data / "identity.db").stat().st_size
    assert found["platone_database_bytes", "identity"] >= real_bytes > 0
    assert not [name for name, value in found.items() if name[0].endswith("missing") and value]


async def until(http: httpx.AsyncClient, name: tuple[str, ...], value: float) -> dict[Any, float]:
    """The figures once one of them has a value."""
    async with asyncio.timeout(30):
        while (found := samples((await http.get("/metrics")).text)).get(name) != value:
            await asyncio.sleep(0.1)
    return found


async def test_a_loop_that_fails_is_told_and_its_failures_are_counted(data: Path) -> None:
    probe = data / "disk-probe"
    async with served(data, metrics="loopback", contexts="market") as http:
        await until(http, ("platone_loop_running", "server.disk"), 1)
        probe.unlink()
        probe.mkdir()  # nothing can be written in its place
        found = await until(http, ("platone_loop_running", "server.disk"), 0)
        assert found["platone_loop_failures_total", "server.disk"] >= 1
        probe.rmdir()
        found = await until(http, ("platone_loop_running", "server.disk"), 1)
        assert found["platone_loop_failures_total", "server.disk"] >= 1


@pytest.mark.parametrize(
    ("setting", "client", "headers", "status"),
    [
        ("off", "127.0.0.1", {}, 403),
        ("loopback", "127.0.0.1", {}, 200),
        ("loopback", "::1", {}, 200),
        ("loopback", "192.0.2.7", {}, 403),
        ("loopback", "127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}, 403),
        ("loopback", "127.0.0.1", {"Forwarded": "for=192.0.2.7"}, 403),
        ("token", "127.0.0.1", {}, 401),
        ("token", "192.0.2.7", {"Authorization": "Bearer guessed"}, 401),
        ("token", "192.0.2.7", {"Authorization": "Bearer "}, 401),
    ],
)
async def test_the_setting_says_who_may_read(
    data: Path, setting: str, client: str, headers: dict[str, str], status: int
) -> None:
    async with served(data, (client, 4711), metrics=setting, contexts="market") as http:
        answer = await http.get("/metrics", headers=headers)
    assert answer.status_code == status, answer.text
    assert ("platone_" in answer.text) == (status == 200)


async def test_the_token_of_the_file_opens_the_metrics_and_nothing_else(tmp_path: Path) -> None:
    async with served(tmp_path, ("192.0.2.7", 1), metrics="token", contexts="market") as http:
        file = tmp_path / "metrics-token"
        assert file.stat().st_mode & 0o777 == 0o600
        bearer = {"Authorization": f"Bearer {file.read_text()}"}
        assert (await http.get("/metrics", headers=bearer)).status_code == 200
        assert (await http.get("/api/marketSession", headers=bearer)).status_code == 401
        file.write_text("another\n")
        assert (await http.get("/metrics", headers=bearer)).status_code == 401
        new = {"Authorization": "Bearer another"}
        assert (await http.get("/metrics", headers=new)).status_code == 200
        file.write_text("")
        assert (await http.get("/metrics", headers={"Authorization": "Bearer "})).status_code == 401
