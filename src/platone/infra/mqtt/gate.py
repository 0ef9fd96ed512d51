"""The gate between a client's socket and the broker library: nothing unchecked gets past.

amqtt 0.12 looks up the session of the claimed client id, and even deletes it, before it asks
anyone whether the client may have it; it sends last wills past its topic rules, and never hangs
up on a silent client. So it is only given packets that were read, checked and bounded here.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from amqtt.adapters import ReaderAdapter

from platone.infra.mqtt.acl import Action, allowed
from platone.infra.mqtt.packet import (
    Connect,
    Kind,
    MalformedPacket,
    Packet,
    check_form,
    published_topic,
    read_packet,
)

_log = logging.getLogger(__name__)

Admit = Callable[[str], Awaitable[None]]


class GatedReader(ReaderAdapter):  # type: ignore[misc] # amqtt carries no types
    """A reader of a client's packets, each one checked before the broker library gets it.

    Args:
        reader: The client's TLS stream.
        identity: Common name of the client's certificate.
        connect: The CONNECT packet that was admitted.
        max_bytes: Longest accepted packet.
        admit: Waits until there is room for another message of an identity.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        identity: str,
        connect: Connect,
        max_bytes: int,
        admit: Admit,
    ) -> None:
        self._reader = reader
        self._identity = identity
        self._max_bytes = max_bytes
        self._admit = admit
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
                packet = await read_packet(self._reader, self._max_bytes)
            await self._check(packet)
        except (MalformedPacket, OSError) as error:  # silence is a TimeoutError, an OSError
            _log.info("hung up on %s: %r", self._identity, error)
            self._is_closed = True
            raise asyncio.IncompleteReadError(b"", 1) from error
        return packet.encoded()

    async def _check(self, packet: Packet) -> None:
        if packet.kind is not Kind.PUBLISH:
            check_form(packet)
            return
        topic = published_topic(packet)
        if not allowed(self._identity, topic, Action.PUBLISH):
            raise MalformedPacket(f"no right to publish to {topic!r}")
        await self._admit(self._identity)
