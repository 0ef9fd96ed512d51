"""A data folder that was copied while its server ran, and one that has lost something."""

import itertools
import re
import shutil
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from platone.bootstrap import ServerFailed, spawn_server

START = datetime(2021, 10, 30, 7, 59, tzinfo=UTC)
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "files.md"


def copied(data: Path, target: Path) -> None:
    """Copies a running server's folder as the page says: ledger.db first, the chain last."""
    names = re.findall(r"`((?:ledger/)?\w+\.db)` (?=first|last)", PAGE.read_text("utf-8"))
    assert names == ["ledger.db", "ledger/chain.db"]
    others = [str(each.relative_to(data)) for each in data.rglob("*.db")]
    order = [names[0], *(each for each in others if each not in names), names[1]]
    left = shutil.ignore_patterns("*.db", "*.db-*", "lock", "mqtt-port")
    shutil.copytree(data, target, ignore=left)
    for name in order:
        with (
            closing(sqlite3.connect(data / name)) as source,
            closing(sqlite3.connect(target / name)) as copy,
        ):
            source.backup(copy)


def test_a_copy_made_while_running_opens(
    server_at: Callable[[datetime], Any], tmp_path: Path
) -> None:
    server = server_at(START)
    server.furnish()
    done = threading.Event()

    def trade() -> None:
        for price in itertools.count(1):
            if done.is_set():
                return
            server.call("ACEAE", "POST", "/api/flexibilityService", server.offer())
            server.call("ACEAE", "POST", "/api/contracts/agreements", {"number": price})

    trading = threading.Thread(target=trade)
    trading.start()
    copies = [tmp_path / f"copy-{number}" for number in range(3)]
    try:
        for copy in copies:
            copied(server.data, copy)
    finally:
        done.set()
        trading.join()
    for copy in copies:
        again = type(server)(copy, START)
        try:
            assert again.http.get("/health").status_code == 200
            assert again.get("AUDITOR", "/api/scd/pods")["pods"]
        finally:
            again.close()


@pytest.mark.parametrize("loss", ["market.db", "ledger/chain.db"])
@pytest.mark.parametrize("way", ["deleted", "emptied"])
def test_a_folder_that_has_lost_records_says_so(
    server_at: Callable[[datetime], Any], loss: str, way: str
) -> None:
    server = server_at(START)
    server.process.stop()
    for file in server.data.glob(f"{loss}*"):
        file.unlink()
    if way == "emptied":
        (server.data / loss).touch()
    before = sorted(each.name for each in server.data.rglob("*"))
    with pytest.raises(ServerFailed, match=re.escape(loss)):
        spawn_server(server.data, START)
    assert sorted(each.name for each in server.data.rglob("*")) == before
