"""A data folder that was copied while its server ran, and one that has lost something."""

import re
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from platone.bootstrap import ServerFailed, spawn_server

START = datetime(2021, 10, 30, 7, 59, tzinfo=UTC)


def command(*arguments: object) -> tuple[int, str]:
    line = [sys.executable, "-m", "platone", *map(str, arguments)]
    done = subprocess.run(line, check=False, capture_output=True, text=True, timeout=120)  # noqa: S603
    return done.returncode, done.stdout + done.stderr


def taken(state: Any) -> dict[str, Any]:
    """The offers that a state of the market shows, by name."""
    (services,) = (state[path] for path in state if path.endswith("/services"))
    return {each["playerServiceId"]: each for each in services["flexibilityServices"]}


def test_a_running_server_is_backed_up_and_comes_back(
    server_at: Callable[[datetime], Any], tmp_path: Path
) -> None:
    """Under load; what was acknowledged before a backup began is in it, and the chain holds it.

    The old server is killed before the backup takes its place, as after the loss of a disk.
    """
    server = server_at(START)
    server.furnish()
    done, answered = threading.Event(), []

    def trade() -> None:
        while not done.is_set():
            offer = server.offer()
            answer = server.call("ACEAE", "POST", "/api/flexibilityService", offer)
            if answer.status_code == 201:
                answered.append(offer["playerServiceId"])
            record = {"id": f"record-{len(answered)}", "kind": "marketOutcome"}
            record |= {"content": "as it was", "salt": "0x" + "07" * 32}
            server.call("MO", "POST", "/api/certification", {"records": [record]})

    trading = threading.Thread(target=trade)
    trading.start()
    before: list[list[str]] = []
    copies = [tmp_path / f"copy-{number}" for number in range(3)]
    try:
        for copy in copies:
            server.wait(lambda: len(answered) > len(before) + 2)
            before.append([*answered])
            code, said = command("backup", copy, "--data", server.data)
            assert code == 0, said
    finally:
        done.set()
        trading.join()
    server.process.process.kill()
    server.process.process.wait()
    for copy, known in zip(copies, before, strict=True):
        folder = tmp_path / f"data-of-{copy.name}"
        assert command("restore", copy, "--data", folder)[0] == 0
        again = type(server)(folder, START)
        try:
            assert again.http.get("/health").status_code == 200
            assert set(known) <= set(taken(again.state("scd")))
            last = f"/api/certification/proof/record-{len(known) - 1}"
            assert again.call("MO", "GET", last).status_code == 200
            again._number = server._number  # names of offers go on
            again.works()
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
