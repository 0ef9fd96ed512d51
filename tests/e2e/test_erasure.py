"""A customer is erased after the Italian day: from every answer, and from every byte on disk."""

import contextlib
import json
import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from platone import bootstrap
from platone.infra.packed import PackedAltered, unpack

from .rights_table import PARTIES, rights

START = datetime(2021, 6, 22, 8, 30, tzinfo=UTC)
DAY_END = "2021-06-23T22:00:00Z"
CUSTOMER, POD = "CUSTOMER-1", "IT002E60550189"
"""The customer with an account, and its plant, whose flexibility the TSO bought."""
OTHER = "IT002E60976796"
INDEX = 50
GRID = re.compile(r"/api/dso/(networks|alarms|alignment|stateEstimation)")
"""Routes that show the network, which names its connection points."""
ACCOUNT = {"identity.db", "credentials.json", "partner.toml"}
"""Where a customer's account stays: with its provider, and in what its partners are told."""


@pytest.fixture
def server(finished_day: Path, server_on: Any, tmp_path: Path) -> Iterator[Any]:
    running = [server_on(shutil.copytree(finished_day / "data", tmp_path / "data"), START)]
    try:
        yield running
    finally:
        running[-1].close()


def after_the_day(server: Any) -> None:
    moved = server.call("MO", "PUT", "/api/clock", {"now": DAY_END})
    assert moved.status_code == 200, moved.text


def done(server: Any, name: str, limit_s: float = 30) -> Any:
    return server.wait(
        lambda: (
            (found := server.get("DPO", f"/api/scd/erasures/{name}"))["state"] == "done" and found
        ),
        limit_s,
    )


def packed_values(file: Path) -> bytes:
    """What a database keeps packed, as it is read: its file alone would not tell."""
    found = []
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        tables = "SELECT name FROM sqlite_schema WHERE type = 'table'"
        for (table,) in database.execute(tables).fetchall():
            for row in database.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - our own name
                for value in (each for each in row if isinstance(each, bytes)):
                    with contextlib.suppress(PackedAltered):  # a salt may begin as what is packed
                        read = unpack(value)
                        found += [read] if read != value else []
    return b"\n".join(found)


def found_in(data: Path, *names: bytes) -> set[str]:
    """The files that hold one of these byte strings; of the DSO's all but the network."""
    with closing(sqlite3.connect(f"file:{data / 'dso.db'}?mode=ro", uri=True)) as database:
        networks = b"".join(row[0] for row in database.execute("SELECT content FROM networks"))
    found = set()
    for file in data.rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        if file.suffix == ".db":
            content += packed_values(file)
        for name in names:
            allowed = networks.count(name) if file.name == "dso.db" else 0
            if content.count(name) > allowed:
                found.add(file.name)
    return found


def reading_of(server: Any, pod: str) -> Any:
    """A reading whose value no other point of delivery has."""
    every = server.get("MDA", "/api/scd/measurements")["measurements"]
    others = {each["energyWh"] for each in every if each["podId"] != pod}
    own = [each for each in every if each["podId"] == pod and each["energyWh"] not in others]
    return max(own, key=lambda each: abs(each["energyWh"]))


def written(reading: Any) -> list[bytes]:
    """How a reading's value stands in messages and documents."""
    value = reading["energyWh"]
    return [f'{key}{quote}":{value}'.encode() for key in ("energyWh", "energy_wh")
            for quote in ("", "\\")]  # fmt: skip


def test_nothing_is_left_but_what_is_told(server: Any, finished_day: Path) -> None:
    (running,) = server
    after_the_day(running)
    reading, other = reading_of(running, POD), reading_of(running, OTHER)
    line = json.loads((finished_day / "out" / "settlement.json").read_text())
    line_id = f"{line['marketOutcomeId']}.{POD}.{INDEX}.0"
    data = running.data
    held = {name.partition("-")[0] for name in found_in(data, POD.encode())}
    assert {"access.db", "customers.db", "market.db", "ledger.db"} <= held
    assert found_in(data, *written(reading))
    asked = running.call(CUSTOMER, "POST", "/api/scd/erasures", {})
    assert asked.status_code == 202, asked.text
    erasure = done(running, asked.json()["id"])
    assert {part["state"] for part in erasure["parts"]} == {"done"}
    assert {part["context"] for part in erasure["parts"]} == {
        "dso", "identity", "market", "access", "aggregator", "ledger", "customers",
    }  # fmt: skip
    assert found_in(data, POD.encode(), *written(reading)) == set()
    assert found_in(data, CUSTOMER.encode()) == ACCOUNT
    assert found_in(data, reading["certificationHash"].encode()) == set()
    for identifier in (reading["certificationId"], line_id):
        for party in ("MDA", "AUDITOR", CUSTOMER, "ACEAE"):
            answer = running.call(party, "GET", f"/api/certification/proof/{identifier}")
            running.refuse(answer, 404, "record-erased")
    proof = running.call("MDA", "GET", f"/api/certification/proof/{other['certificationId']}")
    assert bootstrap.verify_file(proof.content).is_valid


def test_no_answer_names_the_erased(server: Any, finished_day: Path) -> None:
    (running,) = server
    after_the_day(running)
    outcome = json.loads((finished_day / "out" / "market-outcome.json").read_text())
    reading = reading_of(running, POD)
    asked = running.call("DPO", "POST", "/api/scd/erasures", {"customerId": CUSTOMER})
    done(running, asked.json()["id"])
    named = []
    values = {"identifier": outcome["marketOutcome"], "market_outcome": outcome["marketOutcome"]}
    for right in rights():
        if right.method != "GET" or right.outcome in {"no", "open"} or GRID.match(right.path):
            continue
        party = PARTIES[right.role]
        topic = {"topic": f"validated_outcome_{party}"}
        names = values | topic | {"device": reading["device"]}
        path = re.sub(r"\{(\w+)\}", lambda it: names.get(it[1], POD), right.path)  # noqa: B023
        answer = running.call(party, "GET", path)
        problem = answer.status_code >= 400
        if not problem and (POD in answer.text or reading["certificationHash"] in answer.text):
            named.append((str(right), path))
    assert named == []
    whole = running.get("MO", f"/api/settlement/{outcome['marketOutcome']}")
    left = {"IT002E61899978", "IT002E60974469", "erased"}  # which has the sums
    assert {part["pod"] for part in whole["flexibility"]} == left
    sessions = running.get("MO", "/api/marketSession")["sessions"]
    (session,) = [it["id"] for it in sessions if it["marketOutcome"] == outcome["marketOutcome"]]
    for path in (f"settlement/{outcome['marketOutcome']}", f"marketSession/{session}"):
        recording = running.call("MO", "GET", f"/api/{path}/recording")
        running.refuse(recording, 404, "recording-erased")
    again = running.call("DPO", "POST", "/api/scd/erasures", {"customerId": CUSTOMER})
    running.refuse(again, 404, "nothing-to-erase")


@pytest.mark.parametrize("pauses_s", [(0.0, 0.1, 0.3), (0.05, 0.6, 0.2), (1.0, 0.02, 0.4)])
def test_it_goes_on_after_kills(
    server: Any, server_on: Callable[..., Any], pauses_s: tuple[float, ...]
) -> None:
    (running,) = server
    after_the_day(running)
    name = running.call(CUSTOMER, "POST", "/api/scd/erasures", {}).json()["id"]
    for pause_s in pauses_s:
        time.sleep(pause_s)
        running.http.close()
        running.process.kill()
        running = server_on(running.data, START)
        server.append(running)
    done(running, name)
    assert found_in(running.data, POD.encode()) == set()
    assert len(running.get("MDA", "/api/scd/pods")["pods"]) == 4


def test_the_law_defers_what_tells_of_payments(
    finished_day: Path, server_on: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLATONE_PAYMENT_RECORDS_DAYS", "30")
    running = server_on(shutil.copytree(finished_day / "data", tmp_path / "data"), START)
    try:
        after_the_day(running)
        name = running.call(CUSTOMER, "POST", "/api/scd/erasures", {}).json()["id"]

        def parts() -> dict[str, Any]:
            told = running.get(CUSTOMER, f"/api/scd/erasures/{name}")["parts"]
            return {part["context"]: part for part in told}

        running.wait(lambda: parts()["dso"]["state"] == "done" and parts()["market"]["until"])
        waiting = {context for context, part in parts().items() if part["state"] == "waiting"}
        assert waiting == {"market", "access", "aggregator", "ledger", "customers"}
        assert "law" in parts()["market"]["reason"]
        until = datetime.fromisoformat(parts()["market"]["until"])
        assert until == datetime(2021, 6, 23, 14, tzinfo=UTC) + timedelta(days=30)
        offer = {"podId": POD, "aggregatorId": "ACEAE", "pnP": 500}
        again = running.call("ACEAE", "POST", "/api/scd/pods", offer)
        running.refuse(again, 409, "pod-ended")
        assert (
            running.call("MO", "PUT", "/api/clock", {"now": until.isoformat()}).status_code == 200
        )
        done(running, name)
        assert found_in(running.data, POD.encode()) == set()
    finally:
        running.close()


def test_only_the_person_and_the_officer_can_ask(server: Any) -> None:
    (running,) = server
    path = "/api/scd/erasures"
    for party in ("MO", "DSO", "TSO", "ACEAE", "AUDITOR", "MDA"):
        running.refuse(running.call(party, "POST", path, {}), 403, "role-missing")
    for wanted in ({"customerId": "CUSTOMER-2"}, {"podIds": [OTHER]}):
        running.refuse(running.call(CUSTOMER, "POST", path, wanted), 403, "not-owner")
    for context in ("market", "dso", "access", "aggregator", "contracts", "identity"):
        order = {"erasureId": "x", "podIds": [OTHER]}
        for party in ("MO", "DSO", "ACEAE", "AUDITOR", CUSTOMER, "DPO"):
            answer = running.call(party, "POST", f"/api/{context}/erasures", order)
            running.refuse(answer, 403, "role-missing")
