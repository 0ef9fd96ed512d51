"""The simulated meters end when they are told to, though their server does not answer."""

import asyncio
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from platone.identity.context import Identity

_ENDS_WITHIN_S = 30.0
"""Far below the minute that a server which is silent is waited for."""


def _found(data: Path, port: int) -> None:
    """Make the files of a server's first start."""

    async def found() -> None:
        identity = Identity(data, f"https://127.0.0.1:{port}")
        await identity.start()
        await identity.stop()

    asyncio.run(found())


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_meters_end_while_their_server_is_silent(tmp_path: Path, told: signal.Signals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes calls, and answers none
        silent.settimeout(120.0)
        data, out = tmp_path / "data", tmp_path / "out"
        _found(data, silent.getsockname()[1])
        command = ["demo", "meters", "--data", str(data), "--out", str(out)]
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell starts a background job
        try:
            running = subprocess.Popen([sys.executable, "-m", "platone", *command])  # noqa: S603
        finally:
            signal.signal(signal.SIGINT, before)
        try:
            called, _ = silent.accept()
            with called:
                running.send_signal(told)
                assert running.wait(_ENDS_WITHIN_S) == 0
        finally:
            running.kill()
            running.wait()
