"""A server in a process of its own, for whoever drives it from outside."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from platone.bootstrap.problem import ServerFailed
from platone.messages.identity import CredentialsFile

_START_S = 90.0
"""Seconds until a server must be ready: a first start takes six on two cores."""
_INPUT = 0
"""The file descriptor of standard input."""
_READ_BYTES = 4096
"""Bytes that are read of the input at once; none is ever written to it."""
_STOP_S = 20.0
"""Seconds until a server that was asked to end is taken for one that hangs, and is killed."""


class RunningServer:
    """A server that was started as a process of its own.

    Attributes:
        credentials: Its parties' clients.
        process: The process.
    """

    def __init__(self, process: "subprocess.Popen[str]", credentials: CredentialsFile) -> None:
        self.process = process
        self.credentials = credentials

    def stop(self) -> None:
        """Ask the server to stop, and wait; one that has ended already may be stopped, too."""
        with self.process:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self.process.kill()

    def kill(self) -> None:
        """End the server as a power cut would (SIGKILL)."""
        with self.process:
            self.process.kill()


def end_with_input() -> None:
    """Have this process interrupted (SIGINT) when its standard input ends.

    Whoever started it holds the other end of the input: so it ends with that process, also where
    that one was killed and could not say so.
    """
    threading.Thread(target=_interrupt_at_end, name="input", daemon=True).start()


def _interrupt_at_end() -> None:
    while os.read(_INPUT, _READ_BYTES):
        pass
    os.kill(os.getpid(), signal.SIGINT)


@contextlib.contextmanager
def spawned_server(
    data: Path, clock: datetime | None = None, port: int = 0, speed: float = 0.0
) -> Iterator[RunningServer]:
    """Start a server in a process of its own, and stop it at the end of the block."""
    server = spawn_server(data, clock, port, speed)
    try:
        yield server
    finally:
        server.stop()


def spawn_server(
    data: Path,
    clock: datetime | None = None,
    port: int = 0,
    speed: float = 0.0,
    contexts: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> RunningServer:
    """Start a server as a process of its own, and wait until it answers; it ends with this one.

    Args:
        data: Its data folder.
        clock: Start of its simulated clock; none for the machine's.
        port: Its HTTPS port; 0 takes a free one.
        speed: Simulated seconds a real second.
        contexts: The contexts that it serves; none: all of them.
        environment: Further variables of its environment, such as ``PLATONE_NAME``.

    Raises:
        ServerFailed: It ended, or did not answer in time; the detail holds its last words.
    """
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    command = [sys.executable, "-m", "platone", "serve", *contexts]
    command += ["--data", str(data), "--port", str(port), "--until-input-ends"]
    if clock is not None:
        command += ["--clock", clock.isoformat(), "--speed", str(speed)]
    log = data / "server.log"
    with log.open("w") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own program
            command,
            stdin=subprocess.PIPE,  # which ends with this process, however it ends
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=os.environ | dict(environment or {}),
        )
    too_late = threading.Timer(_START_S, process.kill)
    too_late.start()
    first_line = process.stdout.readline() if process.stdout else ""
    too_late.cancel()
    if "listens on" not in first_line:
        with process:
            process.kill()
        raise ServerFailed(f"The server did not start: {log.read_text()[-2000:]}")
    credentials = msgspec.json.decode(
        (data / "credentials.json").read_bytes(), type=CredentialsFile
    )
    return RunningServer(process, credentials)
