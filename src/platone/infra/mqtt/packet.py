"""Packets of MQTT 3.1.1, the part that our clients use, read strictly.

A packet that does not fill its declared length exactly is refused: what follows it could then be
read as something else by one reader than by another. Section numbers are those of the OASIS
standard MQTT 3.1.1.
"""

import asyncio
from dataclasses import dataclass
from enum import IntEnum

_LENGTH_BYTES = 4
"""Most bytes of a remaining length (section 2.2.3)."""
_MORE = 0x80
"""Bit of a length byte that says that another one follows."""
_PROTOCOL = b"\x00\x04MQTT\x04"
_WILL, _RESERVED, _CLEAN = 0x04, 0x01, 0x02
"""Bits of CONNECT's flags (MQTT 3.1.1, 3.1.2.3)."""
_USER, _PASSWORD = 0x80, 0x40
"""Bits of CONNECT's flags that say what its payload holds (MQTT 3.1.1, 3.1.2.8 and 9)."""


class MalformedPacket(Exception):
    """The bytes are not a packet of the accepted part of MQTT 3.1.1."""


class OversizePacket(MalformedPacket):
    """The packet declares more bytes than are accepted."""


class Kind(IntEnum):
    """Control packet types (section 2.2.1) that a client may send here: QoS 0 and 1 only."""

    CONNECT = 1
    PUBLISH = 3
    PUBACK = 4
    SUBSCRIBE = 8
    UNSUBSCRIBE = 10
    PINGREQ = 12
    DISCONNECT = 14


class Refusal(IntEnum):
    """Return codes of CONNACK (section 3.2.2.3)."""

    PROTOCOL = 1
    IDENTIFIER = 2
    UNAVAILABLE = 3
    NOT_AUTHORISED = 5

    def packet(self) -> bytes:
        """Return the CONNACK packet with this code."""
        return bytes([0x20, 2, 0, self])


@dataclass(frozen=True, slots=True)
class Packet:
    """A control packet: its kind, its flags (4 bits) and what follows the fixed header."""

    kind: Kind
    flags: int
    body: bytes

    def encoded(self) -> bytes:
        """Return the packet as it goes over the wire."""
        length, digits = len(self.body), bytearray()
        while True:
            length, digit = divmod(length, _MORE)
            digits.append(digit | (_MORE if length else 0))
            if not length:
                return bytes([self.kind << 4 | self.flags]) + bytes(digits) + self.body


@dataclass(frozen=True, slots=True)
class Connect:
    """The contents of a CONNECT packet.

    Attributes:
        client_id: The identifier that the client claims.
        is_clean: Whether its former session is to be forgotten.
        keep_alive_s: Longest silence that it announces, s; 0 for any.
        has_will: Whether it leaves a message to be published when it vanishes.
    """

    client_id: str
    is_clean: bool
    keep_alive_s: int
    has_will: bool

    def packet(self) -> Packet:
        """Return a CONNECT of the same session, without will, user, password and keep-alive."""
        name = self.client_id.encode()
        flags = _CLEAN if self.is_clean else 0
        body = _PROTOCOL + bytes([flags, 0, 0]) + len(name).to_bytes(2, "big") + name
        return Packet(Kind.CONNECT, 0, body)


async def read_packet(reader: asyncio.StreamReader, max_bytes: int) -> Packet:
    """Read the next packet whole.

    Args:
        reader: The stream.
        max_bytes: Longest accepted remainder after the fixed header.

    Raises:
        MalformedPacket: It is none of the accepted kinds, or too long.
        asyncio.IncompleteReadError: The stream ended.
    """
    first = (await reader.readexactly(1))[0]
    try:
        kind = Kind(first >> 4)
    except ValueError as error:
        raise MalformedPacket(f"packet type {first >> 4}") from error
    length = 0
    for position in range(_LENGTH_BYTES):
        digit = (await reader.readexactly(1))[0]
        length |= (digit & ~_MORE) << (7 * position)
        if not digit & _MORE:
            break
    else:
        raise MalformedPacket("remaining length of more than four bytes")
    if length > max_bytes:
        raise OversizePacket(f"{length} bytes, {max_bytes} are accepted")
    return Packet(kind, first & 0x0F, await reader.readexactly(length))


class _Body:
    """A reader of fields from a packet's body that minds where it ends."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def take(self, count: int) -> bytes:
        taken = self._body[self._at : self._at + count]
        if len(taken) < count:
            raise MalformedPacket("a field runs past the end of its packet")
        self._at += count
        return taken

    def number(self) -> int:
        return int.from_bytes(self.take(2), "big")

    def field(self) -> bytes:
        return self.take(self.number())

    def text(self) -> str:
        try:
            return self.field().decode()
        except UnicodeDecodeError as error:
            raise MalformedPacket("a text is not UTF-8") from error

    @property
    def is_empty(self) -> bool:
        return self._at == len(self._body)


def parse_connect(packet: Packet) -> Connect:
    """Read a CONNECT packet (section 3.1).

    Raises:
        MalformedPacket: It is no CONNECT of MQTT 3.1.1.
    """
    if packet.kind is not Kind.CONNECT or packet.flags:
        raise MalformedPacket("the first packet must be CONNECT")
    body = _Body(packet.body)
    if body.take(len(_PROTOCOL)) != _PROTOCOL:
        raise MalformedPacket("only MQTT 3.1.1 is spoken here")
    flags = body.take(1)[0]
    keep_alive_s, client_id = body.number(), body.text()
    rest = 2 * bool(flags & _WILL) + bool(flags & _USER) + bool(flags & _PASSWORD)
    for _ in range(rest):
        body.field()
    if flags & _RESERVED or not body.is_empty:
        raise MalformedPacket("CONNECT has reserved flags or surplus bytes")
    return Connect(client_id, bool(flags & _CLEAN), keep_alive_s, bool(flags & _WILL))


def published_topic(packet: Packet) -> str:
    """Return the topic of a PUBLISH packet (section 3.3).

    Raises:
        MalformedPacket: It is not of QoS 0 or 1, is to be retained, or does not hold together.
    """
    if packet.flags & 0b0101:
        raise MalformedPacket("QoS 2 and retained messages are not accepted")
    body = _Body(packet.body)
    topic = body.text()
    if packet.flags & 0b0010:
        body.take(2)
    return topic


def check_form(packet: Packet) -> None:
    """Check that a packet other than CONNECT and PUBLISH fills its length exactly.

    Raises:
        MalformedPacket: It does not, or it has no place here.
    """
    body = _Body(packet.body)
    match packet.kind:
        case Kind.PUBACK:
            body.take(2)
        case Kind.SUBSCRIBE | Kind.UNSUBSCRIBE:
            body.take(2)
            while not body.is_empty:
                body.text()
                if packet.kind is Kind.SUBSCRIBE:
                    body.take(1)
        case Kind.PINGREQ | Kind.DISCONNECT:
            pass
        case Kind.CONNECT | Kind.PUBLISH:
            raise MalformedPacket("a second CONNECT")
    has_flags = packet.kind in {Kind.SUBSCRIBE, Kind.UNSUBSCRIBE}
    if not body.is_empty or packet.flags != (0b0010 if has_flags else 0):
        raise MalformedPacket(f"{packet.kind.name} has wrong flags or surplus bytes")
