"""`platone demo italy --keep` leaves a server with the day in it until it is told to end."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

PATIENCE_S = 240


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_day_stays_until_it_is_ended(tmp_path: Path, how: signal.Signals) -> None:
    command = [sys.executable, "-m", "platone", "demo", "italy", "--out", str(tmp_path), "--keep"]
    demo = subprocess.Popen(  # noqa: S603 - our own program
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"COLUMNS": "160", "TMPDIR": str(tmp_path)},
        start_new_session=True,
    )
    too_late = threading.Timer(PATIENCE_S, demo.kill)
    too_late.start()
    try:
        assert demo.stdout is not None
        said = ""
        while "The day is on" not in said:
            line = demo.stdout.readline()
            assert line, said
            said += line
        (data,) = tmp_path.glob("platone-demo-*")
        assert f"Its data folder is {data}." in said
        address = re.findall(r"The day is on (https://\S+):", said)[0]
        with httpx.Client(base_url=address, verify=False) as http:  # noqa: S501 - on this machine
            page = http.get("/")
            assert (page.status_code, "Sign in" in page.text) == (200, True)
            _metering_goes_on(http, data / "credentials.json")
            demo.send_signal(how)
            assert demo.wait(60) == 0
            with pytest.raises(httpx.ConnectError):
                http.get("/", headers={"Connection": "close"})
    finally:
        too_late.cancel()
        if demo.poll() is None:
            demo.kill()
        if demo.stdout is not None:
            demo.stdout.close()


def _metering_goes_on(http: httpx.Client, file: Path) -> None:
    """When the market operator moves the clock by an hour, the meters measure that hour, too."""
    clients = {each["partyId"]: each for each in json.loads(file.read_text())["clients"]}

    def call(party: str, method: str, path: str, **more: Any) -> Any:
        secret = (clients[party]["clientId"], clients[party]["clientSecret"])
        form = {"grant_type": "client_credentials"}
        token = http.post("/oauth2/token", data=form, auth=secret).json()["access_token"]
        answer = http.request(method, path, headers={"Authorization": f"Bearer {token}"}, **more)
        return answer.raise_for_status().json()

    ended = datetime.fromisoformat(call("MO", "GET", "/api/clock")["now"])
    to = ended + timedelta(hours=1)
    call("MO", "PUT", "/api/clock", json={"now": to.isoformat()})
    asked = {"from": ended.isoformat(), "to": to.isoformat()}
    until_s = time.monotonic() + PATIENCE_S / 2
    found: list[Any] = []
    while len(found) < 5 * 4:  # five meters, four quarter-hours
        assert time.monotonic() < until_s, found
        time.sleep(0.5)
        found = call("DSO", "GET", "/api/scd/measurements", params=asked)["measurements"]
    assert {each["quality"] for each in found} == {"simulated"}


def test_a_server_of_others_is_not_kept(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "platone", "demo", "italy", "--out", str(tmp_path)]
    told = ["--server", "https://127.0.0.1:1", "--credentials", "none", "--keep"]
    done = subprocess.run(  # noqa: S603 - our own program
        [*command, *told], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr == "platone: a running server is kept by whoever runs it\n"
