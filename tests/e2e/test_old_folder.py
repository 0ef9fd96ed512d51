"""A data folder of version 0.1, kept as it was left, is opened, brought up, and goes on.

It was made by the server of that version: a point of delivery is registered in it, and a text is
certified. Its databases have no revisions yet, and lack what later ones brought.
"""

import ssl
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.records import ask

from platone.bootstrap import ServerFailed, spawn_server
from platone.infra.db import sqlite_url

KEPT = Path(__file__).parents[1] / "data" / "folder" / "version-0.1.tar.xz"
POD = "/api/scd/pods/IT002E61899978"
BROUGHT = {"customers": "notice", "identity": "invitation", "ledger": "proposal"}

READING = f"""
INSERT INTO measurement VALUES ('IT002E61899978', 1624348800, 15, 1, 0, 0, 569637, -1000,
    'measured', 'M-1', '0x{"5A" * 20}', 7, 'reading-7', '{"0b" * 32}', 1624349720000007)
"""  # noqa: S608 - our own words
"""A reading as version 0.1 stored it, which had no more of it in common than its row."""
READ = {
    "podId": "IT002E61899978",
    "startTime": "2021-06-22T08:00:00Z",
    "durationMinutes": 15,
    "energyWh": 569637,
    "reactiveEnergyVarh": -1000,
    "quality": "measured",
    "meterId": "M-1",
    "device": "0x" + "5A" * 20,
    "sequence": 7,
    "certificationId": "reading-7",
    "certificationHash": "0b" * 32,
    "receivedAt": "2021-06-22T08:15:20.000007Z",
    "revision": 0,
    "version": 1,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with tarfile.open(KEPT) as kept:
        kept.extractall(tmp_path, filter="data")
    for each in (tmp_path / "data").rglob("*"):
        each.chmod(0o700 if each.is_dir() else 0o600)
    return tmp_path / "data"


@pytest.fixture
def call(folder: Path) -> Iterator[Any]:
    """Calls to a server on the folder."""
    server = spawn_server(folder)
    secret = {each.client_id: each.client_secret for each in server.credentials.clients}
    trust = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    with httpx.Client(verify=trust, base_url=server.credentials.base_url, timeout=60) as http:

        def ask_as(party: str, method: str, path: str, **more: Any) -> httpx.Response:
            grant = {"grant_type": "client_credentials"}
            token = http.post("/oauth2/token", data=grant, auth=(party, secret[party])).json()
            headers = {"Authorization": f"Bearer {token['access_token']}"}
            return http.request(method, path, headers=headers, **more)

        yield ask_as
    server.stop()


def tables(folder: Path, context: str) -> set[str]:
    asked = "SELECT name FROM sqlite_schema WHERE type = 'table'"
    return {name for (name,) in ask(sqlite_url(folder / f"{context}.db"), asked)}


def test_an_old_folder_is_brought_up_and_goes_on(
    folder: Path, request: pytest.FixtureRequest
) -> None:
    assert ask(sqlite_url(folder / "customers.db"), READING) == []
    for context, table in BROUGHT.items():
        assert table not in tables(folder, context)
    call = request.getfixturevalue("call")
    for context, table in BROUGHT.items():
        assert {table, "alembic_version"} <= tables(folder, context)
    assert call("MO", "GET", POD).json()["aggregatorId"] == "ACEAE"
    (reading,) = call("MO", "GET", "/api/scd/measurements").json()["measurements"]
    assert reading == READ
    assert call("MO", "GET", "/api/certification/proof/old-record").status_code == 200
    another = {"podId": "IT002E60974469", "aggregatorId": "ACEAE", "pnP": 4000.0}
    assert call("ACEAE", "POST", "/api/scd/pods", json=another).status_code == 201
    new = {"id": "new-record", "kind": "marketOutcome", "content": "as it is"}
    new["salt"] = "0x" + "08" * 32
    made = call("MO", "POST", "/api/certification", json={"records": [new]})
    assert made.status_code == 201, made.text
    order = {"partyId": "MO", "roles": ["MarketOperator"]}
    assert call("MO", "POST", "/api/identity/invitations", json=order).status_code == 201


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("ALTER TABLE outcome RENAME COLUMN record TO note", "outcome (without record)"),
        ("DROP TABLE moved_gate", "without moved_gate"),
    ],
)
def test_a_folder_that_is_no_versions_is_refused(folder: Path, statement: str, says: str) -> None:
    ask(sqlite_url(folder / "customers.db"), statement)
    with pytest.raises(ServerFailed, match="made by another version") as refused:
        spawn_server(folder)
    assert says in str(refused.value)
