"""Writes docs/reference/metrics.md from what a running server tells at /metrics.

Usage: python tools/metric_page.py
"""

import asyncio
import tempfile
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from platone.bootstrap.platform import Platform
from platone.settings import Settings

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "metrics.md"
_URL = "https://platone.test"
_NOBODY = "127.0.0.1:1"
"""A broker that does not answer: what would be told of it is told all the same."""
_LABELS = {
    "platone_access_messages": "result, reason",
    "platone_partner_clock_offset_seconds": "partner",
}
"""Labels of figures that a server tells only once something has happened."""
_OTHERS = "process_"
"""Beginning of the names of figures of the process, which the library tells."""
_HEAD = """\
# Metrics
`GET /metrics` tells figures of a running server in Prometheus' text format. Who may read them is the setting
[`metrics`](configuration.md):

| `metrics` | who may read |
|---|---|
| `off` | nobody (the default): 403 |
| `loopback` | programs on the server's own machine. A call with a header of a proxy (`X-Forwarded-For` and its like) is refused; a proxy on that machine that adds none would open the figures to whom it serves |
| `token` | who sends `Authorization: Bearer …` with the content of `metrics-token` in the data folder, made at the start. Replace the file's content to end the old one at once. The token opens nothing else |

An own platform of an aggregator has the same address and those of the figures that it has. Labels name routes (never the address that was called), loops,
contexts, states and reasons: never a point of delivery, a device or a person, and nothing that a caller could make up. Counters begin at 0 with the server. Times are by the
machine's clock where nothing else is said.

Alerts by these figures: [`deploy/prometheus/alerts.yml`](../../deploy/prometheus/alerts.yml); what to do about each: [Answer an alert](../how-to/answer-an-alert.md).
Beside these, `process_…` tells processor time, memory and open files, as Prometheus' own library does.

| figure | type | labels | meaning |
|---|---|---|---|
"""
_FOOT = """
Counters end in `_total`, and of a histogram there are `_bucket`, `_sum` and `_count`. This table is written by `python tools/metric_page.py`.
"""


def page(exposition: str) -> str:
    """Return the page of what a server tells."""
    rows = []
    for each in text_string_to_metric_families(exposition):
        if each.name.startswith(_OTHERS):
            continue
        labels = {name for told in each.samples for name in told.labels} - {"le"}
        told = ", ".join(sorted(labels)) or _LABELS.get(each.name, "")
        name = each.name + ("_total" if each.type == "counter" else "")
        rows.append(f"| `{name}` | {each.type} | {told} | {each.documentation} |")
    return _HEAD + "\n".join(sorted(rows)) + "\n" + _FOOT


async def told(folder: Path) -> str:
    """Return what a server in a new folder tells."""
    chosen = Settings(data=folder, metrics="loopback", kafka=_NOBODY)
    platform = await Platform.open(chosen, _URL)
    try:
        transport = httpx.ASGITransport(platform.app)
        async with httpx.AsyncClient(transport=transport, base_url=_URL) as client:
            await client.get("/health")
            return (await client.get("/metrics")).text
    finally:
        await platform.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        PAGE.write_text(page(asyncio.run(told(Path(scratch) / "data"))), "utf-8")
