"""`platone doctor` on a real server: what is broken is named with what to do, nothing else."""

import contextlib
import datetime as dt
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from typer.testing import CliRunner

from platone.bootstrap import RunningServer, ServerFailed, spawn_server, spawned_server
from platone.cli import app

NOW = dt.datetime.now(dt.UTC)
CONTEXTS = ("access", "customers")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data folder of a server that runs."""
    folder = tmp_path_factory.mktemp("doctor") / "data"
    server = spawn_server(folder, contexts=CONTEXTS, environment={"PLATONE_NAME": "metering"})
    yield folder
    server.stop()


@pytest.fixture
def stopped(running: Path, tmp_path: Path) -> Path:
    """A copy of that folder, on which no server runs, with a broker's port of its own."""
    folder = tmp_path / "copy"
    shutil.copytree(running, folder)
    (folder / "mqtt-port").unlink()
    return folder


def examined(folder: Path) -> tuple[int, dict[str, dict[str, Any]]]:
    """The status, and what is found by what was looked at; the worst where there are several."""
    args = ["doctor", "--data", str(folder), "--json"]
    told = CliRunner().invoke(app, args, env={"PLATONE_PORT": "0"})
    found = json.loads(told.stdout)["findings"]
    order = ["ok", "warning", "fault"]
    return told.exit_code, {
        each["about"]: each for each in sorted(found, key=lambda one: order.index(one["level"]))
    }


def bad(found: dict[str, dict[str, Any]]) -> set[str]:
    return {about for about, each in found.items() if each["level"] != "ok"}


def test_a_server_that_runs_is_well(running: Path) -> None:
    status, found = examined(running)
    assert (status, bad(found)) == (0, set())
    assert "runs at https://127.0.0.1:" in found["server"]["text"]


def test_a_server_that_does_not_run_is_well_too(stopped: Path) -> None:
    status, found = examined(stopped)
    assert (status, bad(found)) == (0, set())
    assert "does not run" in found["server"]["text"]


def expired(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - dt.timedelta(days=400))
        .not_valid_after(NOW - dt.timedelta(days=3))
        .sign(key, hashes.SHA256())
    )
    file = folder / "identity" / "server.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))


def damaged(folder: Path) -> None:
    file = folder / "customers.db"
    with contextlib.closing(sqlite3.connect(file)) as opened:
        opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(file.read_bytes())
    assert len(content) > 8192
    content[4096:] = b"\xa5" * (len(content) - 4096)  # all pages but the first
    file.write_bytes(content)


def seen_later(folder: Path) -> None:
    (folder / "machine-clock").write_text((NOW + dt.timedelta(days=900)).isoformat())


@pytest.mark.parametrize(
    ("broken", "about", "says"),
    [
        (expired, "certificate server", "Restart the server"),
        (damaged, "databases", "restore the newest backup"),
        (seen_later, "clock", "Set the clock right"),
        (lambda it: (it / "access.db").unlink(), "records", "Restore the folder"),
        (lambda it: (it / "access" / "receipt-key").chmod(0o644), "file rights", "chmod 600"),
        (lambda it: it.chmod(0o755), "file rights", "chmod 700"),
    ],
)
def test_what_is_broken_is_named_and_nothing_else(
    stopped: Path, broken: Callable[[Path], None], about: str, says: str
) -> None:
    broken(stopped)
    status, found = examined(stopped)
    assert (status, bad(found)) == (1, {about})
    assert found[about]["level"] == "fault"
    assert says in found[about]["advice"]


def test_a_copy_that_shares_the_brokers_port_is_told(running: Path, stopped: Path) -> None:
    shutil.copy(running / "mqtt-port", stopped / "mqtt-port")
    status, found = examined(stopped)
    assert (status, bad(found)) == (1, {"broker's port"})
    assert "copy" in found["broker's port"]["advice"]
    with (
        pytest.raises(ServerFailed, match="mqtt_port"),
        spawned_server(stopped) as started,
    ):
        assert isinstance(started, RunningServer)


def as_partner(running: Path, stopped: Path, name: str, port: str = "") -> None:
    """The running server as a partner of the copy, told by its own file, or at another port."""
    text = (running / "partner.toml").read_text("utf-8").replace('"metering"', f'"{name}"')
    if port:
        address = text.split('url = "', 1)[1].split('"', 1)[0]
        text = text.replace(address, f"{address.rpartition(':')[0]}:{port}")
    (stopped / "partners").mkdir(exist_ok=True)
    (stopped / "partners" / f"{name}.toml").write_text(text, "utf-8")


def test_partners_are_called(running: Path, stopped: Path) -> None:
    as_partner(running, stopped, "reached")
    as_partner(running, stopped, "away", "1")  # nobody listens there
    (stopped / "partners" / "broken.toml").write_text("name = 7")
    status, found = examined(stopped)
    assert (status, bad(found)) == (1, {"partner away", "partner broken"})
    assert "version 0." in found["partner reached"]["text"]


def test_a_folder_that_is_none_is_said_to_be(tmp_path: Path) -> None:
    status, found = examined(tmp_path)
    assert (status, bad(found)) == (1, {"data folder"})
    assert list(tmp_path.iterdir()) == []


def test_a_variable_that_is_no_setting_is_a_warning(
    stopped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLATONE_PROT", "8443")
    status, found = examined(stopped)
    assert (status, bad(found)) == (0, {"settings"})
