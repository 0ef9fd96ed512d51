"""The embedded broker: MQTT 3.1.1 over mutual TLS, every client bound to its certificate."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from amqtt.adapters import StreamWriterAdapter
from prometheus_client import Metric

from platone.infra.bounded_listener import listen
from platone.infra.ending import end_part, end_tasks
from platone.infra.mqtt.acl import is_device
from platone.infra.mqtt.arrival import Arrivals
from platone.infra.mqtt.bound import BrokerBounds
from platone.infra.mqtt.device_broker import connection_figures
from platone.infra.mqtt.gate import GatedReader
from platone.infra.mqtt.packet import (
    Connect,
    MalformedPacket,
    Refusal,
    parse_connect,
    read_packet,
)
from platone.infra.mqtt.router import LISTENER, Router
from platone.infra.mqtt.standing import Standing
from platone.infra.mqtt.tls import TlsFiles, common_name, reload_context, server_context
from platone.infra.supervision import Supervisor

_LONGEST_PAUSE_S = 1.0
"""Longest pause after a connection could not be accepted, s."""
_SHUTDOWN_S = 5.0
"""Longest wait for the library to end its sessions, s; then their connections are cut."""
_TAKE_OVER_S = 5.0
"""Longest wait for the end of an older connection of the same client, s."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class _Connection:
    writer: asyncio.StreamWriter
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class MqttBroker:
    """A broker in this process, for device messages.

    A client must show a certificate of our authority, and be one of our services or an enrolled
    device; its client id must be the certificate's common name, and so only the holder of the key
    can take over its session. A device that is revoked is hung up on at once. Sessions that are
    not clean outlive a disconnection, but not this process: senders keep what matters until the
    application's own receipt has come.

    Args:
        tls: The broker's certificate, key, and the authority of its clients.
        standing: The devices that may connect.
        host: Address to listen on.
        port: Port to listen on; 0 for a free one, which ``port`` tells after ``start``.
        bounds: The bounds on its clients.

    Attributes:
        standing: The devices that may connect.
        supervisor: The loop that accepts connections.
    """

    def __init__(
        self,
        tls: TlsFiles,
        standing: Standing,
        host: str = "127.0.0.1",
        port: int = 0,
        bounds: BrokerBounds | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.standing = standing
        self.supervisor = Supervisor("broker")
        self._tls = tls
        self._context = server_context(tls)
        self._bounds = bounds or BrokerBounds()
        self._router: Router | None = None
        self._arrivals: Arrivals | None = None
        self._connections: dict[str, _Connection] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        standing.at_end(self._hang_up)

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            OSError: The port is taken.
        """
        for name in ("amqtt", "transitions"):
            # They report every hang-up as an error, with a traceback.
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._router = Router(self.standing, self._bounds)
        await self._router.start()
        listener = listen(
            self.host,
            self.port,
            most=self._bounds.connections,
            most_by_address=self._bounds.connections_by_address,
        )
        self.port = listener.getsockname()[1]
        arrivals = Arrivals(listener, self._context, self._bounds, self._serve)
        self._arrivals = arrivals
        self.supervisor.start("arrivals", arrivals.take_one, longest_pause_s=_LONGEST_PAUSE_S)

    def read_certificate(self) -> None:
        """Use the certificate that its file has now, for new connections."""
        reload_context(self._context, self._tls)

    async def measure(self) -> Sequence[Metric]:
        """Return the figures of its connections as they are now."""
        refused = 0 if self._arrivals is None else self._arrivals.refused
        return connection_figures(len(self._connections), refused)

    async def stop(self) -> None:
        """Hang up on everybody and forget all sessions."""
        if self._arrivals is None or self._router is None:
            return
        await self.supervisor.stop()
        await end_part("the broker's sessions", self._router.shutdown(), _SHUTDOWN_S)
        await self._arrivals.close()
        await end_tasks(self._tasks)
        self._arrivals = self._router = None

    def _hang_up(self, identity: str) -> None:
        """End the connection of a device that stands no longer, and forget its session."""
        if self._router is not None:
            task = asyncio.create_task(self._forget(identity, self._router))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _forget(self, identity: str, router: Router) -> None:
        await self._end_former(identity)
        await router.drop_session(identity)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        identity = common_name(writer.get_extra_info("ssl_object"))
        try:
            async with asyncio.timeout(self._bounds.connect_s):
                connect = await self._admit(identity, reader, writer)
            if connect is not None:
                await self._attend(identity, connect, reader, writer)
        except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
            _log.debug("connection of %r ended: %r", identity, error)
        finally:
            writer.transport.abort()

    async def _admit(
        self, identity: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Connect | None:
        """Read CONNECT; None where the client was refused."""
        refusal: Refusal | None = None
        connect: Connect | None = None
        try:
            connect = parse_connect(await read_packet(reader, self._bounds.packet_bytes))
        except MalformedPacket as error:
            refusal = Refusal.PROTOCOL
            _log.info("refused %r: %s", identity, error)
        if connect is not None:
            refusal = self._refusal(identity, connect)
        if refusal is None:
            return connect
        _log.info("refused %r: %s", identity, refusal.name)
        writer.write(refusal.packet())
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        return None

    def _refusal(self, identity: str, connect: Connect) -> Refusal | None:
        if not identity or connect.client_id != identity:
            return Refusal.IDENTIFIER
        if not self.standing.holds(identity):
            is_early = is_device(identity) and not self.standing.is_known
            return Refusal.UNAVAILABLE if is_early else Refusal.NOT_AUTHORISED
        if connect.has_will:
            return Refusal.NOT_AUTHORISED
        return None

    async def _attend(
        self,
        identity: str,
        connect: Connect,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        await self._end_former(identity)
        router = self._router
        if router is None or not self.standing.holds(identity):  # it was revoked meanwhile
            return
        connection = self._connections[identity] = _Connection(writer)
        gate = GatedReader(reader, identity, connect, self._bounds, router.may, router.room)
        try:
            await router.external_connected(gate, StreamWriterAdapter(writer), LISTENER)
        finally:
            if self._connections.get(identity) is connection:
                del self._connections[identity]
            router.room.forget(identity)
            connection.ended.set()

    async def _end_former(self, identity: str) -> None:
        """Wait for the end of an older connection of the same client.

        amqtt would let both share one session, and mark it as away when the older one ends.
        """
        async with asyncio.timeout(_TAKE_OVER_S):
            while (former := self._connections.get(identity)) is not None:
                former.writer.transport.abort()
                await former.ended.wait()
