"""The few forms of Protocol Buffers (proto3) that CometBFT's messages are made of.

A message is a row of fields, each with its number. A field with its default is left out, as
CometBFT leaves it out: what is hashed and signed has one form.
"""

from collections.abc import Iterator
from typing import Any

_VARINT, _FIXED64, _OCTETS, _FIXED32 = 0, 1, 2, 5
"""The kinds of fields on the wire."""
_LONGEST_VARINT = 10
"""Bytes of the longest number: 64 bits, seven a byte."""
_LIMIT = 2**64
"""Numbers are below this."""

Fields = dict[int, list[Any]]
"""The values of a message's fields by number: numbers, and bytes of texts and inner messages."""


class ProtobufInvalid(ValueError):
    """Bytes are no message: one of its fields is cut off, or of a kind that is not used."""


def varint(value: int) -> bytes:
    """Return a whole number from 0 below 2**64, seven bits a byte, the lowest first."""
    found = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def number(field: int, value: int) -> bytes:
    """Return a field with a whole number that is not negative; nothing for 0."""
    return varint(field << 3 | _VARINT) + varint(value) if value else b""


def fixed(field: int, value: int) -> bytes:
    """Return a field with a whole number of eight bytes; nothing for 0."""
    return varint(field << 3 | _FIXED64) + value.to_bytes(8, "little") if value else b""


def octets(field: int, value: bytes) -> bytes:
    """Return a field with bytes; nothing where there are none."""
    return inner(field, value) if value else b""


def text(field: int, value: str) -> bytes:
    """Return a field with a text; nothing for an empty one."""
    return octets(field, value.encode())


def inner(field: int, value: bytes) -> bytes:
    """Return a field with a message or an item of a list: written even where it is empty."""
    return varint(field << 3 | _OCTETS) + varint(len(value)) + value


def timestamp(seconds: int, nanoseconds: int) -> bytes:
    """Return an instant as a message: seconds since 1970, and their part of a second."""
    return number(1, seconds) + number(2, nanoseconds)


def read(content: bytes) -> Fields:
    """Return the fields of a message.

    Raises:
        ProtobufInvalid: It is none.
    """
    found: Fields = {}
    for field, value in _items(content):
        found.setdefault(field, []).append(value)
    return found


def first(fields: Fields, field: int, default: Any) -> Any:
    """Return a field's value; the default where it was left out, or is of another kind."""
    values = fields.get(field)
    return values[-1] if values and isinstance(values[-1], type(default)) else default


def items(fields: Fields, field: int) -> list[bytes]:
    """Return the items of a list of bytes or messages."""
    return [value for value in fields.get(field, []) if isinstance(value, bytes)]


def _items(content: bytes) -> Iterator[tuple[int, int | bytes]]:
    place = 0
    while place < len(content):
        key, place = read_varint(content, place)
        kind = key & 7
        if kind == _VARINT:
            value, place = read_varint(content, place)
            yield key >> 3, value
            continue
        if kind == _OCTETS:
            length, place = read_varint(content, place)
        elif kind in {_FIXED64, _FIXED32}:
            length = 8 if kind == _FIXED64 else 4
        else:
            raise ProtobufInvalid(f"Field {key >> 3} is of a kind that is not used.")
        if place + length > len(content):
            raise ProtobufInvalid(f"Field {key >> 3} is cut off.")
        piece = content[place : place + length]
        place += length
        yield key >> 3, piece if kind == _OCTETS else int.from_bytes(piece, "little")


def read_varint(content: bytes, place: int) -> tuple[int, int]:
    """Read a number at a place; with the place behind it.

    Raises:
        ProtobufInvalid: It is cut off, or too long.
    """
    value = 0
    for step, byte in enumerate(content[place : place + _LONGEST_VARINT]):
        value |= (byte & 0x7F) << 7 * step
        if byte < 0x80:  # noqa: PLR2004 - the bit that says that more follows
            if value >= _LIMIT:
                break
            return value, place + step + 1
    raise ProtobufInvalid("A number is cut off, or has more than 64 bits.")
