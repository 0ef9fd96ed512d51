"""Ctrl-C stops a server in order; and one that a program started ends with that program."""

import ssl
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from platone.bootstrap import spawn_server


def test_an_interrupted_server_ends_in_order(tmp_path: Path) -> None:
    data = tmp_path / "data"
    server = spawn_server(data)
    trust = ssl.create_default_context(cafile=server.credentials.ca_file)
    alive = httpx.get(f"{server.credentials.base_url}/health/live", verify=trust)
    assert alive.status_code == 200
    server.stop()
    assert server.process.returncode == 130  # as a shell has it: ended by SIGINT
    assert (data / "server.log").read_text() == ""


_STARTER = """
import sys
from pathlib import Path
from platone.bootstrap import spawn_server
server = spawn_server(Path(sys.argv[1]))
print(server.credentials.base_url, flush=True)
sys.stdin.read()
"""


def test_a_server_ends_with_a_program_that_was_killed(tmp_path: Path) -> None:
    """Nobody is left to stop it then: it would hold its port and folder until somebody looks."""
    started = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", _STARTER, str(tmp_path / "data")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with started:
        assert started.stdout is not None
        address = started.stdout.readline().strip()
        trust = ssl.create_default_context(cafile=tmp_path / "data" / "ca.pem")
        assert httpx.get(f"{address}/health/live", verify=trust).status_code == 200
        started.kill()
    until_s = time.monotonic() + 60
    with pytest.raises(httpx.ConnectError):
        while time.monotonic() < until_s:
            httpx.get(f"{address}/health/live", verify=trust, timeout=30)
            time.sleep(0.2)
    assert (tmp_path / "data" / "server.log").read_text() == ""
