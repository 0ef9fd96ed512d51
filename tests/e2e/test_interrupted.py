"""Ctrl-C stops a server in order, and nothing is left to say of it."""

import ssl
from pathlib import Path

import httpx

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
