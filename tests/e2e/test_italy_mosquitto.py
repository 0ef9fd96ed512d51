"""The Italian day with Mosquitto, which is killed while meters are read, with Kafka and traced."""

import asyncio
import json
import os
import signal
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests.collector import Collector, collecting
from tests.component import mosquitto_or_skip
from tests.kafka import Brokers, read_all
from tests.records import ask

import platone.demo.italy
from platone.bootstrap import apply_rights, kafka_rights, spawn_server
from platone.demo.italy.run import run_day
from platone.demo.scenario_file import load_scenario
from platone.infra.free_port import free_port
from platone.infra.packed import unpack
from platone.settings import Settings

from .same_day import assert_same_day

ITALY = Path(platone.demo.italy.__file__).with_name("scenario")
KILLED_AFTER = ("Connect the Light Nodes", "Activate, and measure the day")
"""Mosquitto dies a moment after each of these steps, while the next one is under way."""


def mosquitto_of(data: Path) -> int | None:
    """Return the number of the Mosquitto that runs by a data folder's configuration."""
    wanted = str(data / "mosquitto" / "mosquitto.conf").encode()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:  # it has ended meanwhile
            continue
        if words[0].endswith(b"mosquitto") and wanted in words:
            return int(entry.name)
    return None


async def test_the_day_comes_out_over_mosquitto_although_it_is_killed(
    italy: Any, tmp_path: Path, collector: Collector
) -> None:
    scenario, data, out = load_scenario(ITALY), tmp_path / "data", tmp_path / "out"
    port = free_port("127.0.0.1")
    chosen = {
        "PLATONE_MQTT": "mosquitto",
        "PLATONE_MOSQUITTO": mosquitto_or_skip(),
        "PLATONE_KAFKA": f"127.0.0.1:{port}",
        "PLATONE_DATABUS": "kafka",
        "PLATONE_TRACE_ENDPOINT": collector.endpoint,
    }
    server = await asyncio.to_thread(
        spawn_server, data, scenario.day.clock_start, environment=chosen
    )
    killed: list[int] = []

    async def kill() -> None:
        await asyncio.sleep(0.15)
        found = mosquitto_of(data)
        assert found is not None
        os.kill(found, signal.SIGKILL)
        killed.append(found)

    try:
        brokers = await asyncio.to_thread(Brokers, tmp_path / "kafka", data, ports=[port])
        settings = Settings(data=data, kafka=brokers.servers, databus="kafka")
        rights = await asyncio.to_thread(kafka_rights, settings)
        await asyncio.to_thread(
            apply_rights, settings, rights, brokers.admin, keep_days=7, replicas=1
        )
        async with asyncio.timeout(540), asyncio.TaskGroup() as deaths:

            def say(title: str, _said: str) -> None:
                if title in KILLED_AFTER:
                    deaths.create_task(kill())

            result = await run_day(scenario, [data / "credentials.json"], out, say)
        devices = sum(line.startswith("user 0x") for line in _rules(data))
        last = mosquitto_of(data)
        await assert_told_by_kafka(brokers, data, out)
        await assert_told_as_traces(collector, data)
    finally:
        brokers.stop()
        server.kill()
        if server.process.stdout is not None:
            server.process.stdout.close()
    assert result.is_good, [row for row in result.rows if not row.is_met]
    assert len({*killed, last}) == len(KILLED_AFTER) + 1
    assert devices == len(scenario.plants)
    assert_same_day(out, italy)
    async with asyncio.timeout(10):  # it ends with its server, however that ends
        while mosquitto_of(data) is not None:
            await asyncio.sleep(0.05)


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as made:
        yield made


STEPS = [
    "request",
    "offer",
    "clearing",
    "technical outcome",
    "validation",
    "activation",
    "metering",
    "settlement",
    "payment",
]


async def assert_told_as_traces(collector: Collector, data: Path) -> None:
    """A session that was settled is one trace of the nine steps in their order."""
    settled = "SELECT id FROM session WHERE status = 'settled' AND outcome_id IS NOT NULL"
    names = {name for (name,) in ask(f"sqlite:///{data}/market.db", settled)}
    assert names
    async with asyncio.timeout(30):
        while {each.name for _, each in collector.spans} < {*STEPS, "session"}:
            await asyncio.sleep(0.2)
    await asyncio.sleep(5)  # what is told is sent every two seconds
    whole = []
    for name in names:
        spans = [each for _, each in collector.spans if each.trace_id.hex().startswith(name)]
        first: dict[str, int] = {}
        for each in sorted(spans, key=lambda it: it.start_time_unix_nano):
            first.setdefault(each.name, each.start_time_unix_nano)
        first.pop("session")
        if set(first) == set(STEPS):
            whole.append(list(first))
        known = {each.span_id for each in spans}
        assert {each.parent_span_id for each in spans} - known == {b""}, "a parent is missing"
    assert STEPS in whole
    pods = {pod for (pod,) in ask(f"sqlite:///{data}/customers.db", "SELECT pod_id FROM pod")}
    told = b"".join(each.SerializeToString() for _, each in collector.spans)
    assert not [pod for pod in pods if pod.encode() in told]


async def assert_told_by_kafka(brokers: Brokers, data: Path, out: Path) -> None:
    """Each party has read all that its topics have, once, and the readings of its own plants."""
    stored = "SELECT topic, number, content FROM topic_message ORDER BY topic, number"
    feed: dict[str, list[tuple[int, bytes]]] = {}
    for topic, number, content in ask(f"sqlite:///{data}/market.db", stored):
        feed.setdefault(topic, []).append((number, unpack(content)))
    assert {"validated_outcome_DSO", "validated_outcome_TSO", "Settlement_ACEAE"} <= set(feed)
    for party in ("DSO", "TSO", "ACEAE"):
        own = [topic for topic in feed if topic.endswith(f"_{party}")]
        count = sum(len(feed[topic]) for topic in own)
        read = await asyncio.to_thread(read_all, brokers, party, own, count=count)
        assert read == {topic: feed[topic] for topic in own}
    customers = f"sqlite:///{data}/customers.db"
    async with asyncio.timeout(60):
        while ask(customers, _OVERDUE)[0][0]:
            await asyncio.sleep(0.2)
    taken = ask(customers, _TAKEN)
    waiting = set(ask(customers, "SELECT topic, pod_id, start_s FROM measurement_mark"))
    for party in ("MO", "ACEAE", "ACEAE_2"):
        expected = {
            (pod, start_s): energy_wh
            for owner, pod, start_s, energy_wh in taken
            if party in ("MO", owner) and (f"measurements_{party}", pod, start_s) not in waiting
        }
        assert expected
        assert await _readings(brokers, party) == expected
    day = json.loads((out / "measurements.json").read_text())["measurements"]
    assert {each["podId"] for each in day} == {pod for _, pod, _, _ in taken}


_TAKEN = """
SELECT CASE WHEN start_s >= owned_from_s THEN aggregator_id END, pod_id, start_s, energy_wh
FROM measurement JOIN measurement_pod ON pod = number JOIN pod USING (pod_id)
"""
"""Tells all readings, each with the aggregator that may have it."""
_OVERDUE = """
SELECT count(*) FROM measurement_mark
WHERE marked_us < (SELECT max(marked_us) / 900000000 * 900000000 FROM measurement_mark)
"""
"""Counts readings that were to be published at a quarter-hour that has passed for sure."""


async def _readings(brokers: Brokers, party: str) -> dict[tuple[str, int], int]:
    """What a party has read of readings: energy by point of delivery and start, each once."""
    topic = f"measurements_{party}"
    read = await asyncio.to_thread(read_all, brokers, party, [topic], count=1)
    readings = [each for _, body in read[topic] for each in json.loads(body)["measurements"]]
    found = {
        (each["podId"], int(datetime.fromisoformat(each["startTime"]).timestamp())): each[
            "energyWh"
        ]
        for each in readings
    }
    assert len(found) == len(readings)
    return found


def _rules(data: Path) -> list[str]:
    return (data / "mosquitto" / "acl").read_text().splitlines()
