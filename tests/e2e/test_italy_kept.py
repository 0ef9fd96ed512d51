"""`platone demo italy --keep` leaves a server with the day in it until it is told to end."""

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

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
        env=os.environ | {"COLUMNS": "160"},
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
        address = re.findall(r"The day is on (https://\S+):", said)[0]
        with httpx.Client(base_url=address, verify=False) as http:  # noqa: S501 - on this machine
            page = http.get("/")
            assert (page.status_code, "Sign in" in page.text) == (200, True)
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


def test_a_server_of_others_is_not_kept(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "platone", "demo", "italy", "--out", str(tmp_path)]
    told = ["--server", "https://127.0.0.1:1", "--credentials", "none", "--keep"]
    done = subprocess.run(  # noqa: S603 - our own program
        [*command, *told], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr == "platone: a running server is kept by whoever runs it\n"
