"""Mosquitto in the embedded broker's place: a process of its own, with our rules.

How a device that stands no longer is hung up on::

    standing changes ─► the list is written ─► SIGHUP ─► a clean connection in the device's name,
                                                         by the inner door: it ends the device's
                                                         own, and its session
    somebody connects who does not stand (Mosquitto's log says so) ──────────► the same
"""

import asyncio
import contextlib
import logging
import os
import re
import secrets
import time
from collections.abc import Sequence
from pathlib import Path

from prometheus_client import Metric

from platone.infra.free_port import free_port
from platone.infra.key_file import write_private
from platone.infra.mqtt.bound import BrokerBounds
from platone.infra.mqtt.device_broker import BrokerFailed, connection_figures
from platone.infra.mqtt.mosquitto_control import take_over
from platone.infra.mqtt.mosquitto_file import (
    CONTROL_USER,
    Doors,
    access_list,
    configuration,
    password_line,
)
from platone.infra.mqtt.mosquitto_process import MosquittoProcess
from platone.infra.mqtt.standing import Standing
from platone.infra.mqtt.tls import TlsFiles
from platone.infra.supervision import Supervisor

_LONGEST_PAUSE_S = 5.0
"""Longest pause before it is started again, s."""
_REST = 4.0
"""Rest between two readings of the list, in times of the last one's length: it serves nobody
while it reads, 0.06 s with 1,000 devices and 2.7 s with 10,000."""
_LOCAL = "127.0.0.1"
_WAITING = 10_000
"""Names that wait to be hung up on; further ones are taken when they connect again."""
_NEWCOMER = re.compile(r"New client connected from \S+ as (.+) \(p\d+, c\d, k\d+, u'(.+)'\)\.")
_LEAVER = re.compile(r"Client (.+?) (?:disconnected|closed its connection|has exceeded timeout).*")
_BOUND = "max_connections"
"""The setting that Mosquitto names where it refuses a connection as one too many."""
_FAULT = "Error:"
_log = logging.getLogger(__name__)


class MosquittoBroker:
    """A Mosquitto that this server starts, tells who stands, and starts again where it ends.

    What differs from the embedded one: who may not connect is let in, and hung up on at once;
    meanwhile nothing that it says is taken, and it hears nothing. A subscription elsewhere is
    granted and stays silent, a publication elsewhere is acknowledged and thrown away. Devices
    have no pace.

    Args:
        tls: The broker's certificate, key, and the authority of its clients.
        standing: The devices that may connect.
        folder: Where its files are written.
        program: Name or path of Mosquitto's program.
        host: Address to listen on.
        port: Port to listen on; 0 for a free one.
        bounds: The bounds on its clients.

    Attributes:
        standing: The devices that may connect.
        supervisor: The loops that keep it, and tell it who stands.
    """

    def __init__(
        self,
        tls: TlsFiles,
        standing: Standing,
        folder: Path,
        *,
        program: str = "mosquitto",
        host: str = _LOCAL,
        port: int = 0,
        bounds: BrokerBounds | None = None,
    ) -> None:
        self.host = host
        self.port = port or free_port(host)
        self.standing = standing
        self.supervisor = Supervisor("broker")
        self._tls, self._folder, self._program = tls, folder, program
        self._bounds = bounds or BrokerBounds()
        self._control_port = 0
        self._secret = ""
        self._process: MosquittoProcess | None = None
        self._changed = asyncio.Event()
        self._withdrawn: set[str] = set()
        self._urgent = asyncio.Event()
        self._unwanted: asyncio.Queue[str] = asyncio.Queue(_WAITING)
        self._connected: set[str] = set()
        self._over = 0
        standing.at_end(self._withdraw)
        standing.at_change(self._changed.set)

    async def start(self) -> None:
        """Start Mosquitto, and keep it.

        Raises:
            BrokerFailed: It does not start; the detail has its last words.
        """
        self._process = await self._launched()
        self.supervisor.start("mosquitto", self._keep, longest_pause_s=_LONGEST_PAUSE_S)
        self.supervisor.start("standing", self._tell, longest_pause_s=_LONGEST_PAUSE_S)
        self.supervisor.start("hang-ups", self._refuse_next, longest_pause_s=_LONGEST_PAUSE_S)

    async def stop(self) -> None:
        """End Mosquitto, and with it all sessions."""
        await self.supervisor.stop()
        if self._process is not None:
            await self._process.end()
            self._process = None

    def read_certificate(self) -> None:
        """Use the certificate that its file has now, for new connections."""
        if self._process is not None:  # or else it reads it when it starts
            self._process.read_rules_again()

    async def measure(self) -> Sequence[Metric]:
        """Return the figures of its connections, as its log has told them."""
        return connection_figures(len(self._connected), self._over)

    @property
    def pid(self) -> int | None:
        """Return the number of its process, while it runs."""
        return self._process.pid if self._process else None

    async def _launched(self) -> MosquittoProcess:
        self._control_port = free_port(_LOCAL)
        self._secret = secrets.token_urlsafe(32)
        await asyncio.to_thread(self._write_files)
        return await MosquittoProcess.launch(self._program, self._folder / "mosquitto.conf")

    def _write_files(self) -> None:
        doors = Doors(
            host=self.host,
            port=self.port,
            control_port=self._control_port,
            tls=self._tls,
            user="root" if os.geteuid() == 0 else None,  # it would become another, and read nothing
        )
        for name, text in (
            ("mosquitto.conf", configuration(self._folder, doors, self._bounds)),
            ("password", password_line(self._secret, secrets.token_bytes(12))),
            ("nothing", ""),
        ):
            write_private(self._folder / name, text.encode())
        self._write_list()

    def _write_list(self) -> None:
        write_private(self._folder / "acl", access_list(self.standing.names).encode())

    async def _keep(self) -> None:
        """Listen to Mosquitto until it ends; start it where it has ended.

        Raises:
            BrokerFailed: It has ended.
        """
        if self._process is None:
            self._process = await self._launched()
            self._changed.set()  # since its list was written
        process = self._process
        async for line in process.lines():
            self._heed(line)
        self._process = None
        self._connected.clear()
        raise process.failure()

    def _heed(self, line: str) -> None:
        newcomer = _NEWCOMER.fullmatch(line)
        self._count(line, newcomer)
        if newcomer is None:
            _log.log(logging.WARNING if line.startswith(_FAULT) else logging.DEBUG, "%s", line)
        elif newcomer[2] != CONTROL_USER and not self.standing.holds(newcomer[2]):
            _log.info("refused %r", newcomer[2])
            self._refuse(newcomer[1])

    def _count(self, line: str, newcomer: re.Match[str] | None) -> None:
        if newcomer is not None and newcomer[2] != CONTROL_USER:
            self._connected.add(newcomer[1])
        elif (leaver := _LEAVER.fullmatch(line)) is not None:
            self._connected.discard(leaver[1])
        self._over += _BOUND in line

    def _withdraw(self, device: str) -> None:
        self._refuse(device)
        self._withdrawn.add(device)  # to be refused once more, if it is back before the list is
        self._urgent.set()

    def _refuse(self, client: str) -> None:
        with contextlib.suppress(asyncio.QueueFull):
            self._unwanted.put_nowait(client)

    async def _tell(self) -> None:
        """Wait until others stand than before, tell Mosquitto, and refuse who stands no longer.

        Raises:
            BrokerFailed: It does not answer; all is told again.
        """
        await self._changed.wait()
        self._changed.clear()
        self._urgent.clear()
        withdrawn, self._withdrawn = self._withdrawn, set()
        begun_s = time.monotonic()
        try:
            if (process := self._process) is not None:  # or else it reads it when it starts
                await asyncio.to_thread(self._write_list)
                process.read_rules_again()
                await self._take_over(CONTROL_USER)  # it answers when it has read the list
        except BaseException:
            self._withdrawn |= withdrawn
            self._changed.set()
            raise
        for device in withdrawn:
            self._refuse(device)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_REST * (time.monotonic() - begun_s)):
                await self._urgent.wait()

    async def _refuse_next(self) -> None:
        """Hang up on the next client that does not stand, and have its session forgotten.

        Raises:
            BrokerFailed: Mosquitto does not answer; the client is taken again.
        """
        client = await self._unwanted.get()
        if self._process is None or self.standing.holds(client):
            return  # its connection has ended with Mosquitto, or it was enrolled meanwhile
        try:
            await self._take_over(client)
        except BrokerFailed:
            self._refuse(client)
            raise

    async def _take_over(self, client: str) -> None:
        await take_over(client, self._control_port, self._secret)
