"""The gate between a client's socket and the broker library: nothing unchecked gets past.

amqtt 0.12 looks up the session of the claimed client id, and even deletes it, before it asks
anyone whether the client may have it; it sends last wills past its topic rules, and never hangs
up on a silent client. So it is only given packets that were read, checked and bounded here.
"""

import asyncio
import logging
from collections.abc import Callable

from amqtt.adapters import ReaderAdapter

from platone.infra.mqtt.acl import Action
from platone.infra.mqtt.bound import BrokerBounds
from platone.infra.mqtt.packet import (
    Connect,
    Kind,
    MalformedPacket,
    Packet,
    check_form,
    published_topic,
    read_packet,
)
from platone.infra.mqtt.room import Room

_log = logging.getLogger(__name__)


MayDo = Callable[[str, str, Action], bool]
"""A rule that tells if an identity may do something with a topic now."""


class GatedReader(ReaderAdapter):  # type: ignore[misc] # amqtt carries no types
    """A reader of a client's packets, each one checked before the broker library gets it.

    Args:
        reader: The client's TLS stream.
        identity: Common name of the client's certificate.
        connect: The CONNECT packet that was admitted.
        bounds: The bounds of packets.
        may: Knows the identity's rights.
        room: Keeps its pace, and waits for room for its messages.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        identity: str,
        connect: Connect,
        bounds: BrokerBounds,
        may: MayDo,
        room: Room,
    ) -> None:
        self._reader = reader
        self._identity = identity
        self._bounds = bounds
        self._may = may
        self._room = room
        # Section 3.1.2.10: one and a half times the announced interval.
        self._silence_s = connect.keep_alive_s * 1.5 or None
        self._admitted = connect.packet().encoded()
        self._at = 0
        self._is_closed = False

    async def read(self, n: int = -1) -> bytes:
        """Return the next ``n`` bytes of the current packet, or of the next one.

        Raises:
            asyncio.IncompleteReadError: The connection ended, or the client broke a rule.
        """
        if self._at == len(self._admitted):
            self._admitted, self._at = await self._next(), 0
        piece = self._admitted[self._at : self._at + n] if n >= 0 else self._admitted[self._at :]
        self._at += len(piece)
        if len(piece) < n:
            self._is_closed = True
            raise asyncio.IncompleteReadError(piece, n)
        return piece

    def feed_eof(self) -> None:
        """End the stream."""
        self._is_closed = True

    async def _next(self) -> bytes:
        if self._is_closed:
            raise asyncio.IncompleteReadError(b"", 1)
        try:
            async with asyncio.timeout(self._silence_s):
                packet = await read_packet(self._reader, self._bounds.packet_bytes)
            await self._check(packet)
        except (MalformedPacket, OSError) as error:  # silence is a TimeoutError, an OSError
            _log.info("hung up on %s: %r", self._identity, error)
            self._is_closed = True
            raise asyncio.IncompleteReadError(b"", 1) from error
        return packet.encoded()

    async def _check(self, packet: Packet) -> None:
        size = len(packet.body)
        if packet.kind is not Kind.PUBLISH:
            check_form(packet, self._bounds.filters)
            await self._room.keep_pace(self._identity, size)
            return
        topic = published_topic(packet)
        if not self._may(self._identity, topic, Action.PUBLISH):
            raise MalformedPacket(f"no right to publish to {topic!r}")
        await self._room.keep_pace(self._identity, size, topic)
        await self._room.enter(self._identity)
