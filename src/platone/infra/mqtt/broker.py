"""The embedded broker: MQTT 3.1.1 over mutual TLS, every client bound to its certificate."""

import asyncio
import logging
from dataclasses import dataclass, field

from amqtt.adapters import StreamWriterAdapter

from platone.infra.bounded_listener import MOST_BY_ADDRESS, MOST_CONNECTIONS, listen
from platone.infra.mqtt.gate import GatedReader
from platone.infra.mqtt.packet import (
    Connect,
    MalformedPacket,
    Refusal,
    parse_connect,
    read_packet,
)
from platone.infra.mqtt.router import LISTENER, Router
from platone.infra.mqtt.tls import TlsFiles, common_name, server_context

MAX_PACKET_BYTES = 128 * 1024
"""Longest packet that is read, bytes: the longest message of readings fits."""
_CONNECT_S = 10.0
"""Longest time of a TLS handshake, and from then to CONNECT, s."""
_TAKE_OVER_S = 5.0
"""Longest wait for the end of an older connection of the same client, s."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class _Connection:
    writer: asyncio.StreamWriter
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class MqttBroker:
    """A broker in this process, for device messages.

    A client must show a certificate of our authority; its client id must be the certificate's
    common name, and so only the holder of the key can take over its session. Sessions that are
    not clean outlive a disconnection, but not this process: senders keep what matters until the
    application's own receipt has come.

    Args:
        tls: The broker's certificate, key, and the authority of its clients.
        host: Address to listen on.
        port: Port to listen on; 0 for a free one, which ``port`` tells after ``start``.
        max_packet_bytes: Longest accepted packet.
        max_connections: How many clients may be connected at once.
        max_connections_by_address: How many of one address.
    """

    def __init__(
        self,
        tls: TlsFiles,
        host: str = "127.0.0.1",
        port: int = 0,
        max_packet_bytes: int = MAX_PACKET_BYTES,
        max_connections: int = MOST_CONNECTIONS,
        max_connections_by_address: int = MOST_BY_ADDRESS,
    ) -> None:
        self.host = host
        self.port = port
        self._tls = tls
        self._max_packet_bytes = max_packet_bytes
        self._max_connections = max_connections
        self._max_by_address = max_connections_by_address
        self._router: Router | None = None
        self._server: asyncio.Server | None = None
        self._connections: dict[str, _Connection] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            OSError: The port is taken.
        """
        for name in ("amqtt", "transitions"):
            # They report every hang-up as an error, with a traceback.
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._router = Router()
        await self._router.start()
        listener = listen(
            self.host,
            self.port,
            most=self._max_connections,
            most_by_address=self._max_by_address,
        )
        self._server = await asyncio.start_server(
            self._accept,
            sock=listener,
            ssl=server_context(self._tls),
            ssl_handshake_timeout=_CONNECT_S,
            ssl_shutdown_timeout=1.0,
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Hang up on everybody and forget all sessions."""
        if self._server is None or self._router is None:
            return
        self._server.close()
        await self._router.shutdown()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()
        self._server = self._router = None

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        identity = common_name(writer.get_extra_info("ssl_object"))
        try:
            async with asyncio.timeout(_CONNECT_S):
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
            connect = parse_connect(await read_packet(reader, self._max_packet_bytes))
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
        if router is None:
            return
        connection = self._connections[identity] = _Connection(writer)
        gate = GatedReader(reader, identity, connect, self._max_packet_bytes, router.admit)
        try:
            await router.external_connected(gate, StreamWriterAdapter(writer), LISTENER)
        finally:
            if self._connections.get(identity) is connection:
                del self._connections[identity]
            router.forget(identity)
            connection.ended.set()

    async def _end_former(self, identity: str) -> None:
        """Wait for the end of an older connection of the same client.

        amqtt would let both share one session, and mark it as away when the older one ends.
        """
        async with asyncio.timeout(_TAKE_OVER_S):
            while (former := self._connections.get(identity)) is not None:
                former.writer.transport.abort()
                await former.ended.wait()
