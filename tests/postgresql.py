"""A PostgreSQL server of the tests' own, on a socket and a free port of this machine."""

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.component import missing

from platone.infra.free_port import free_port

USER = "platone"
_START_S = 60
"""Longest start or stop of the server, s: a busy machine takes seconds for it."""

_TRIES = 60
"""Tries of a start after a kill, half a second apart."""


class Server:
    """A running server; anybody on this machine may come in as anybody.

    Attributes:
        folder: Its folder, which holds its socket.
        port: Its port on this machine.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port("127.0.0.1")
        self._data = str(folder / "data")
        _run(folder, "initdb", "-D", self._data, "-U", USER, "-A", "trust", "--no-sync")
        with (folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write("fsync = off\n")  # processes are killed here, the machine is not
        self.start()

    def start(self) -> None:
        options = f"-c listen_addresses=127.0.0.1 -p {self.port} -k {self.folder}"
        log = str(self.folder / "log")
        _run(self.folder, "pg_ctl", "-D", self._data, "-w", "-o", options, "-l", log, "start")

    def stop(self) -> None:
        _run(self.folder, "pg_ctl", "-D", self._data, "-m", "immediate", "stop")

    def kill(self) -> None:
        """End all of its processes as a power cut would, but for what the system has written."""
        pid = int((self.folder / "data" / "postmaster.pid").read_text("utf-8").splitlines()[0])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()
        for each in (pid, *map(int, children)):
            os.kill(each, 9)

    def restart(self) -> None:
        """Start it again after a kill, as soon as the machine has let the dead one go."""
        for _ in range(_TRIES):
            try:
                self.start()
            except subprocess.CalledProcessError:
                time.sleep(0.5)
            else:
                return
        pytest.fail("the killed database does not start again")

    def psql(self, statement: str, database: str = "postgres", user: str = USER) -> str:
        """Run statements by the database's own program; return what it says, an error too."""
        command = ["psql", "-h", str(self.folder), "-p", str(self.port), "-U", user, "-d", database]
        done = subprocess.run(  # noqa: S603 - the database's own program
            [*command, "-v", "ON_ERROR_STOP=1", "-qAt", "-f", "-"],
            input=statement,
            capture_output=True,
            text=True,
            check=False,
            timeout=_START_S,
        )
        return done.stdout.strip() if done.returncode == 0 else done.stderr

    def database(self) -> str:
        """Make a database, whose texts are ordered by bytes; return its address."""
        name = f"d{secrets.token_hex(6)}"
        made = self.psql(f"CREATE DATABASE {name} TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
        assert not made, made
        return self.address(name)

    def address(self, database: str, user: str = USER) -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"


def _run(folder: Path, *command: str) -> None:
    own = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    subprocess.run(  # noqa: S603 - the database's own programs
        [*own, *command], check=True, cwd=folder, timeout=_START_S, stdout=subprocess.DEVNULL
    )


def installed() -> bool:
    """Whether PostgreSQL's own programs are on this machine."""
    return shutil.which("initdb") is not None and shutil.which("pg_ctl") is not None


@contextmanager
def running() -> Iterator[Server]:
    """Start a server, and end it with its folder."""
    if not installed():
        missing("PostgreSQL", "initdb and pg_ctl are not installed")
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    folder.chmod(0o755)
    if os.getuid() == 0:  # the server refuses root
        shutil.chown(folder, "postgres")
    server = Server(folder)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)
