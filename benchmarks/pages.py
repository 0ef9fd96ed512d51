"""First paint of the web pages in a real Chromium: on the Italian day, and on a year of 1,000 PoDs.

Each page is opened in a browser that has seen none before; the first paint is what the browser says
itself (first contentful paint), from the press on. The year is hourly readings of every point of
delivery and quarter-hours of one, put into the server's own store. Without a Chromium nothing is
measured.
"""

import asyncio
import ssl
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from tools.browser import found as found_browser

from benchmarks.harness import Row
from platone.bootstrap import spawned_server
from platone.customers.records.measurement import MeasurementRecords
from platone.customers.records.table import metadata
from platone.infra.db import Database, sqlite_url
from platone.messages.registry import Measurement

_PODS = 1000
_OPENED = 3
"""How often each page is opened."""
_BATCH = 20_000
"""Measurements of one transaction."""
_YEAR = datetime(2021, 1, 1, tzinfo=UTC)
_HOURS = 365 * 24
_DAY_START = datetime(2021, 6, 22, 8, 30, tzinfo=UTC)
_ITALIAN_S, _YEAR_S = 1.0, 2.0
"""What a first paint may take, s."""
_ITALIAN = {
    "CUSTOMER-1": ("/app?day=2021-06-23", "/app/history?span=year&day=2021-06-23"),
    "MO": ("/", "/market", "/pods", "/money"),
    "ACEAE": ("/pods/IT002E60550189?day=2021-06-23", "/portfolio"),
    "DSO": ("/grid?day=2021-06-23",),
}
_LONG = {
    "CUSTOMER-1": ("/app?day=2021-06-23", "/app/history?span=year&day=2021-06-23"),
    "MO": ("/", "/pods", "/pods/POD-0000/history?span=year&day=2021-06-23"),
    "ACEAE": ("/pods/POD-0001?day=2021-06-23",),
}
_FIRST_PAINT_MS = """() => new Promise(told => new PerformanceObserver(list =>
  list.getEntriesByName("first-contentful-paint").forEach(paint => told(paint.startTime))
).observe({type: "paint", buffered: true}))"""
"""Waits for the first paint as the browser tells it: the pages' policy forbids polling by text."""


def measure() -> list[Row]:
    """Measure first paints; nothing where there is no browser."""
    if found_browser() is None:
        return []
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        rows += _on_the_italian_day(Path(folder))
        rows += _on_a_year(Path(folder) / "year", _PODS)
    return rows


def _on_the_italian_day(folder: Path) -> list[Row]:
    with spawned_server(folder / "data", _DAY_START) as server:
        told = server.credentials
        file = folder / "data" / "credentials.json"
        asked = ["--server", told.base_url, "--credentials", str(file)]
        asked += ["--out", str(folder / "out")]
        command = [sys.executable, "-m", "platone", "demo", "italy", *asked]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own program
        return list(_paints(told.base_url, _ITALIAN, "the Italian day", _ITALIAN_S))


def _on_a_year(data: Path, pods: int) -> list[Row]:
    with spawned_server(data, _YEAR) as server:
        told = server.credentials
        (secret,) = [c.client_secret for c in told.clients if c.client_id == "ACEAE"]
        _register(told.base_url, told.ca_file, secret, pods)
    asyncio.run(_fill(data, pods))
    with spawned_server(data, _YEAR + timedelta(days=365)) as server:
        named = f"a year of {pods:,} points of delivery"
        return list(_paints(server.credentials.base_url, _LONG, named, _YEAR_S))


def _register(base_url: str, ca_file: str, secret: str, pods: int) -> None:
    form = {"grant_type": "client_credentials"}
    trusting = ssl.create_default_context(cafile=ca_file)
    with httpx.Client(base_url=base_url, verify=trusting, timeout=120) as http:
        token = http.post("/oauth2/token", data=form, auth=("ACEAE", secret)).json()
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        for number in range(pods):
            pod: dict[str, Any] = {"podId": f"POD-{number:04}", "aggregatorId": "ACEAE", "pnP": 6.0}
            if number == 0:
                pod["customerId"] = "CUSTOMER-1"
            http.post("/api/scd/pods", json=pod, headers=headers).raise_for_status()


async def _fill(data: Path, pods: int) -> None:
    database = Database(sqlite_url(data / "customers.db"), metadata)
    await database.open()
    records = MeasurementRecords(database)
    some: list[Measurement] = []
    for number in range(pods):
        minutes = 15 if number == 0 else 60
        for place in range(_HOURS * 60 // minutes):
            some.append(_reading(number, place, minutes))
            if len(some) == _BATCH:
                async with records.transaction() as unit:
                    await unit.add(some)
                some = []
    async with records.transaction() as unit:
        await unit.add(some)
    await database.close()


def _reading(number: int, place: int, minutes: int) -> Measurement:
    start = _YEAR + timedelta(minutes=minutes * place)
    return Measurement(
        pod_id=f"POD-{number:04}",
        start_time=start,
        duration_minutes=minutes,
        energy_wh=(place * 37 + number * 11) % 1500 - 200,
        quality="simulated",
        device="0x" + "0" * 40,
        sequence=place,
        certification_id=f"c-{number}-{place}",
        certification_hash="0" * 64,
        received_at=start,
    )


def _paints(
    base_url: str, pages: dict[str, tuple[str, ...]], on: str, bound_s: float
) -> Iterator[Row]:
    with _browser() as browser:
        for person, paths in pages.items():
            for path in paths:
                times = [_paint_s(browser, base_url, person, path) for _ in range(_OPENED)]
                yield Row(
                    what=f"first paint on {on}: {person} {path.partition('?')[0]}",
                    unit="s",
                    value=statistics.median(times),
                    beside="bound",
                    beside_value=bound_s,
                    note=f"slowest of {_OPENED}: {max(times):.2f} s",
                )


@contextmanager
def _browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--ignore-certificate-errors"]
        browser = playwright.chromium.launch(executable_path=found_browser(), args=arguments)
        try:
            yield browser
        finally:
            browser.close()


def _paint_s(browser: Any, base_url: str, person: str, path: str) -> float:
    context = browser.new_context(ignore_https_errors=True)
    try:
        page = context.new_page()
        page.goto(f"{base_url}/sign-in")
        page.locator(f'form:has(input[value="{person}"]) button').first.click()
        page.wait_for_url(f"{base_url}/")
        page.goto(base_url + path)
        return float(page.evaluate(_FIRST_PAINT_MS)) / 1000
    finally:
        context.close()
