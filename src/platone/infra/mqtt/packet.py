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
_WILL, _WILL_MORE, _RESERVED, _CLEAN = 0x04, 0x38, 0x01, 0x02
"""Bits of CONNECT's flags (MQTT 3.1.1, 3.1.2.3)."""
_USER, _PASSWORD = 0x80, 0x40
"""Bits of CONNECT's flags that say what its payload holds (MQTT 3.1.1, 3.1.2.8 and 9)."""
_DUPLICATE = 0b1000
"""Flags of a PUBLISH of QoS 0 that is marked as sent again (MQTT 3.1.1, 3.3.1.1)."""
_HIGHEST_QOS = 2
"""Highest quality of service of the standard (MQTT 3.1.1, 4.3)."""


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

    def identifier(self) -> None:
        """Take a packet identifier, which is never 0 (section 2.3.1)."""
        if not self.number():
            raise MalformedPacket("a packet identifier is 0")

    def field(self) -> bytes:
        return self.take(self.number())

    def text(self) -> str:
        try:
            text = self.field().decode()
        except UnicodeDecodeError as error:
            raise MalformedPacket("a text is not UTF-8") from error
        if "\0" in text:  # section 1.5.3
            raise MalformedPacket("a text holds U+0000")
        return text

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
    if flags & _WILL:
        body.text()
        body.field()
    elif flags & _WILL_MORE:
        raise MalformedPacket("CONNECT tells of a will, and has none")
    if flags & _USER:
        body.text()
    if flags & _PASSWORD:
        body.field()
    if flags & _PASSWORD and not flags & _USER:
        raise MalformedPacket("CONNECT has a password and no user")
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
    if packet.flags == _DUPLICATE:
        raise MalformedPacket("a message of QoS 0 is never sent again")
    body = _Body(packet.body)
    topic = body.text()
    if packet.flags & 0b0010:
        body.identifier()
    return topic


def check_form(packet: Packet, most_filters: int) -> None:
    """Check that a packet other than CONNECT and PUBLISH is as the standard has it.

    Args:
        packet: The packet.
        most_filters: Most topic filters in one packet.

    Raises:
        MalformedPacket: It is not, or it has no place here.
    """
    body = _Body(packet.body)
    match packet.kind:
        case Kind.PUBACK:
            body.identifier()
        case Kind.SUBSCRIBE | Kind.UNSUBSCRIBE:
            _check_filters(body, most_filters, has_qos=packet.kind is Kind.SUBSCRIBE)
        case Kind.PINGREQ | Kind.DISCONNECT:
            pass
        case Kind.CONNECT | Kind.PUBLISH:
            raise MalformedPacket("a second CONNECT")
    has_flags = packet.kind in {Kind.SUBSCRIBE, Kind.UNSUBSCRIBE}
    if not body.is_empty or packet.flags != (0b0010 if has_flags else 0):
        raise MalformedPacket(f"{packet.kind.name} has wrong flags or surplus bytes")


def _check_filters(body: _Body, most: int, *, has_qos: bool) -> None:
    """Check a list of topic filters (sections 3.8.3, 3.10.3 and 4.7)."""
    body.identifier()
    count = 0
    while not body.is_empty:
        count += 1
        _check_filter(body.text())
        if has_qos and body.take(1)[0] > _HIGHEST_QOS:
            raise MalformedPacket("a subscription's QoS is none")
    if not 1 <= count <= most:
        raise MalformedPacket(f"{count} topic filters; 1 to {most} are accepted")


def _check_filter(topic_filter: str) -> None:
    """Check that wildcards stand alone in their levels, and ``#`` in the last (section 4.7.1)."""
    levels = topic_filter.split("/")
    is_mixed = any(len(level) > 1 and {"+", "#"} & set(level) for level in levels)
    if not topic_filter or is_mixed or "#" in levels[:-1]:
        raise MalformedPacket(f"{topic_filter[:80]!r} is no topic filter")
